// Calls of OpenSSL, and the two buffers it takes for a network.
#include <jackdaw/io/tls/tls_engine.hpp>
#include <jackdaw/runtime/base/assert.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>

namespace jackdaw::io {

// How much of ours is in one, and what is added to it: of TLS 1.3 22 bytes, of TLS 1.2 up to 93 with the oldest ciphers.
constexpr std::size_t record_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t record_overhead = 96;

// A BIO over our buffers. OpenSSL's own memory BIO would keep the largest size it ever had.
struct tls_engine::callbacks {
  static int read(BIO* bio, char* into, int length) {
    auto& own = *static_cast<tls_engine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto available = own.input_.readable();
    const std::size_t count = std::min(available.size(), static_cast<std::size_t>(length));
    if (count == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(into, available.data(), count);
    own.input_.consume(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int length) {
    auto& own = *static_cast<tls_engine*>(BIO_get_data(bio));
    try {
      own.output_.append(std::as_bytes(std::span(from, static_cast<std::size_t>(length))));
    } catch (const std::bad_alloc&) {
      return -1;  // Through C no exception may pass.
    }
    return length;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const table = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "jackdaw");
      BIO_meth_set_read(table, &callbacks::read);
      BIO_meth_set_write(table, &callbacks::write);
      BIO_meth_set_ctrl(table, &callbacks::control);
      return table;
    }();
    return made;
  }
};

tls_engine::tls_engine(tls_context context, const std::string& server_name)
    : context_(std::move(context)), connection_(context_.make_connection(server_name)) {
  BIO* const bio = BIO_new(callbacks::method());
  if (bio == nullptr) {
    SSL_free(connection_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(connection_, bio, bio);
}

tls_engine::~tls_engine() {
  ERR_clear_error();
  // OpenSSL would make its ticket useless, as was the rule before TLS 1.1, if we did not say good-bye.
  if (problem_.kind != tls_failure::protocol) {
    SSL_set_shutdown(connection_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  SSL_free(connection_);
}

void tls_engine::note_failure(tls_failure kind, int number, std::string text) {
  if (!problem_.happened()) {
    const int known = kind == tls_failure::lower ? number : error_number_of(kind);
    problem_ = tls_problem(kind, known, std::move(text));
  }
}

// After a call that did not succeed: why.
tls_engine::step tls_engine::judge(int status, tls_failure kind) {
  switch (SSL_get_error(connection_, status)) {
    case SSL_ERROR_WANT_READ:
      return step::input;
    case SSL_ERROR_ZERO_RETURN:
      return step::ended;
    default:
      break;
  }
  const unsigned long cause = ERR_peek_error();
  const bool of_certificate =
      ERR_GET_LIB(cause) == ERR_LIB_SSL && ERR_GET_REASON(cause) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  std::string text = take_tls_complaint();
  if (of_certificate) {
    text += ": ";
    text += X509_verify_cert_error_string(SSL_get_verify_result(connection_));
  }
  note_failure(of_certificate ? tls_failure::certificate : kind, 0, std::move(text));
  return step::failed;
}

tls_engine::step tls_engine::handshake() {
  const std::lock_guard held(lock_);
  if (problem_.happened()) {
    return step::failed;
  }
  ERR_clear_error();
  const int status = SSL_do_handshake(connection_);
  if (status == 1) {
    return step::done;
  }
  const step next = judge(status, tls_failure::handshake);
  if (next == step::ended) {
    note_failure(tls_failure::handshake, 0, "the peer said good-bye");
    return step::failed;
  }
  return next;
}

tls_engine::step tls_engine::read(std::span<std::byte> into, std::size_t& count) {
  JACKDAW_ASSERT(!into.empty());
  const std::lock_guard held(lock_);
  if (problem_.happened()) {
    return step::failed;
  }
  // Each wait begins with this question. OpenSSL would get and free 16 KiB to answer it.
  const bool has_ended = (SSL_get_shutdown(connection_) & SSL_RECEIVED_SHUTDOWN) != 0;
  if (input_.empty() && !has_ended && SSL_has_pending(connection_) == 0) {
    return step::input;
  }
  ERR_clear_error();
  const int status = SSL_read_ex(connection_, into.data(), into.size(), &count);
  return status == 1 ? step::done : judge(status, tls_failure::protocol);
}

tls_engine::step tls_engine::write(std::span<const std::byte> from, std::size_t& count) {
  JACKDAW_ASSERT(!from.empty());
  const std::lock_guard held(lock_);
  if (problem_.happened()) {
    return step::failed;
  }
  ERR_clear_error();
  const std::size_t taken = std::min(from.size(), write_bytes_max);
  // At once for all records: growing with each of them would copy the ones before.
  static_cast<void>(output_.prepare(taken + (taken / record_bytes_max + 1) * record_overhead));
  const int status = SSL_write_ex(connection_, from.data(), taken, &count);
  if (status == 1) {
    return step::done;
  }
  const step next = judge(status, tls_failure::protocol);
  // Renegotiation is refused, so that writing never has to read.
  JACKDAW_ASSERT(next == step::failed);
  return next;
}

tls_engine::step tls_engine::say_goodbye() {
  const std::lock_guard held(lock_);
  if (problem_.happened()) {
    return step::failed;
  }
  if (!said_goodbye_) {
    said_goodbye_ = true;
    ERR_clear_error();
    // 0: ours is sent, the peer's has not come.
    if (const int status = SSL_shutdown(connection_); status < 0) {
      return judge(status, tls_failure::protocol);
    }
  }
  return step::done;
}

void tls_engine::take_input(byte_buffer& arrived) {
  const std::lock_guard held(lock_);
  if (input_.empty()) {
    input_ = std::move(arrived);
  } else {
    input_.append(arrived.readable());
    arrived.consume(arrived.size());
  }
}

bool tls_engine::begin_send(byte_buffer& sending) {
  const std::lock_guard held(lock_);
  if (sending.empty()) {
    sending = std::move(output_);
  }
  is_sending_ = !sending.empty();
  return is_sending_;
}

bool tls_engine::has_output() const {
  const std::lock_guard held(lock_);
  return is_sending_ || !output_.empty();
}

std::size_t tls_engine::pending_input() const {
  const std::lock_guard held(lock_);
  return input_.size();
}

std::size_t tls_engine::pending_output() const {
  const std::lock_guard held(lock_);
  return output_.size();
}

void tls_engine::fail(tls_failure kind, int number, std::string text) {
  const std::lock_guard held(lock_);
  note_failure(kind, number, std::move(text));
}

tls_problem tls_engine::problem() const {
  const std::lock_guard held(lock_);
  return problem_;
}

tls_session tls_engine::session() const {
  const std::lock_guard held(lock_);
  tls_session found;
  found.version = SSL_get_version(connection_);
  found.cipher = SSL_get_cipher_name(connection_);
  found.cipher_bits = SSL_get_cipher_bits(connection_, nullptr);
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(connection_, &protocol, &length);
  found.alpn.assign(reinterpret_cast<const char*>(protocol), length);
  if (const char* const name = SSL_get_servername(connection_, TLSEXT_NAMETYPE_host_name)) {
    found.server_name = name;
  }
  if (X509* const certificate = SSL_get0_peer_certificate(connection_)) {
    BIO* const text = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(text, &bytes);
    found.peer_subject.assign(bytes, static_cast<std::size_t>(std::max(count, 0L)));
    BIO_free(text);
    unsigned char* der = nullptr;
    if (const int der_length = i2d_X509(certificate, &der); der_length > 0) {
      found.peer_certificate.assign(reinterpret_cast<const char*>(der),
                                    static_cast<std::size_t>(der_length));
      OPENSSL_free(der);
    }
  }
  found.resumed = SSL_session_reused(connection_) == 1;
  return found;
}

}  // namespace jackdaw::io
