// Configuring OpenSSL, and the tickets of a client.
#include <jackdaw/io/tls/tls_context.hpp>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>

namespace jackdaw::io {
namespace {

constexpr std::size_t names_max = 1024;  // Of servers that a client keeps a ticket of.

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using session_pointer = std::unique_ptr<SSL_SESSION, freed_by<&SSL_SESSION_free>>;
using bio_pointer = std::unique_ptr<BIO, freed_by<&BIO_free_all>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<&X509_free>>;
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;

[[noreturn]] void refuse(const std::string& what) {
  tls_problem problem(tls_failure::configuration, error_number_of(tls_failure::configuration),
                      "TLS " + what);
  if (const std::string reason = take_tls_complaint(); !reason.empty()) {
    problem.text += ": " + reason;
  }
  throw tls_error(problem);
}

void require(bool fine, const std::string& what) {
  if (!fine) {
    refuse(what);
  }
}

bio_pointer reader_of(const std::string& text) {
  return bio_pointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Length and bytes of each, as they go over the wire.
std::string wire_format(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& each : protocols) {
    if (each.empty() || each.size() > 255) {
      refuse("protocol names have 1 to 255 bytes");
    }
    wire += static_cast<char>(each.size());
    wire += each;
  }
  return wire;
}

const unsigned char* bytes_of(const std::string& text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_address(const std::string& name) noexcept {
  std::array<unsigned char, sizeof(in6_addr)> unused{};
  return inet_pton(AF_INET, name.c_str(), unused.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), unused.data()) == 1;
}

}  // namespace

class tls_context::state {
 public:
  state(const tls_options& options, bool server);
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { SSL_CTX_free(context_); }

  [[nodiscard]] bool is_server() const noexcept { return server_; }
  [[nodiscard]] SSL* make_connection(const std::string& server_name);

 private:
  void configure(const tls_options& options);
  void take_certificate(const tls_options& options) const;
  void take_chain(const std::string& pem) const;
  void take_trust(const tls_options& options) const;
  void name_peer(SSL* connection, const std::string& server_name) const;
  void resume(SSL* connection, const std::string& server_name);

  static int choose_protocol(SSL* connection, const unsigned char** chosen, unsigned char* length,
                             const unsigned char* offered, unsigned offered_length, void* own);
  static int choose_host(SSL* connection, int* alert, void* own);
  static int keep_session(SSL* connection, SSL_SESSION* session);

  bool server_;
  bool resumption_;
  tls_verification verification_;
  std::string protocols_;
  SSL_CTX*
      context_;  // Last of those that the constructor makes: what throws before it leaks nothing.
  std::map<std::string, tls_context, std::less<>> hosts_;

  std::mutex lock_;
  std::map<std::string, session_pointer, std::less<>> sessions_;  // Under the lock.
};

tls_context::state::state(const tls_options& options, bool server)
    : server_(server),
      resumption_(!server && options.resumption),
      verification_(
          options.verification.value_or(server ? tls_verification::none : tls_verification::full)),
      protocols_(wire_format(options.alpn)),
      context_(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) {
  require(context_ != nullptr, "cannot be set up");
  try {
    configure(options);
  } catch (...) {
    SSL_CTX_free(context_);
    throw;
  }
}

void tls_context::state::configure(const tls_options& options) {
  ERR_clear_error();
  SSL_CTX_set_app_data(context_, this);
  const bool only_1_3 = options.version_min == tls_version::tls_1_3;
  require(SSL_CTX_set_min_proto_version(context_, only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1,
          "version");
  SSL_CTX_set_options(
      context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle connection keeps no buffers of OpenSSL's, and a repeated write may come from elsewhere.
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  take_certificate(options);
  if (verification_ != tls_verification::none) {
    take_trust(options);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  } else {
    // Where nobody is trusted there are no certificates to complete ours with: OpenSSL would search in each handshake.
    SSL_CTX_set_mode(context_, SSL_MODE_NO_AUTO_CHAIN);
  }
  if (server_) {
    static constexpr std::string_view here = "jackdaw";
    SSL_CTX_set_session_id_context(context_, reinterpret_cast<const unsigned char*>(here.data()),
                                   static_cast<unsigned>(here.size()));
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);  // The client keeps the state.
    SSL_CTX_set_num_tickets(context_, options.session_tickets);
    if (options.session_tickets == 0) {
      SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
    }
    if (!protocols_.empty()) {
      SSL_CTX_set_alpn_select_cb(context_, &state::choose_protocol, this);
    }
    for (const auto& [name, host] : options.hosts) {
      require(host.is_server(), "host " + name + " has a context for clients");
      hosts_.emplace(name, host);
    }
    // What OpenSSL has as macros with casts of C in them.
    SSL_CTX_callback_ctrl(context_, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                          reinterpret_cast<void (*)()>(&state::choose_host));
    SSL_CTX_set_tlsext_servername_arg(context_, this);
    return;
  }
  if (!protocols_.empty()) {
    require(SSL_CTX_set_alpn_protos(context_, bytes_of(protocols_),
                                    static_cast<unsigned>(protocols_.size())) == 0,
            "protocols");
  }
  if (resumption_) {
    SSL_CTX_set_session_cache_mode(context_,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context_, &state::keep_session);
  }
}

void tls_context::state::take_certificate(const tls_options& options) const {
  const bool has_any = !options.certificate_pem.empty() || !options.certificate_file.empty();
  if (!has_any) {
    require(!server_, "server needs a certificate");
    return;
  }
  if (!options.certificate_pem.empty()) {
    take_chain(options.certificate_pem);
  } else {
    require(SSL_CTX_use_certificate_chain_file(context_, options.certificate_file.c_str()) == 1,
            "certificate " + options.certificate_file);
  }
  if (!options.key_pem.empty()) {
    const bio_pointer text = reader_of(options.key_pem);
    const key_pointer key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    require(key != nullptr && SSL_CTX_use_PrivateKey(context_, key.get()) == 1, "key");
  } else {
    require(SSL_CTX_use_PrivateKey_file(context_, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1,
            "key " + options.key_file);
  }
  require(SSL_CTX_check_private_key(context_) == 1, "key and certificate");
}

void tls_context::state::take_chain(const std::string& pem) const {
  const bio_pointer text = reader_of(pem);
  const certificate_pointer own(PEM_read_bio_X509_AUX(text.get(), nullptr, nullptr, nullptr));
  require(own != nullptr && SSL_CTX_use_certificate(context_, own.get()) == 1, "certificate");
  while (true) {
    const certificate_pointer next(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) {
      ERR_clear_error();  // The end of the text is an error to the reader.
      return;
    }
    require(SSL_CTX_add1_chain_cert(context_, next.get()) == 1, "certificate chain");
  }
}

void tls_context::state::take_trust(const tls_options& options) const {
  if (options.trusted_pem.empty() && options.trusted_file.empty()) {
    require(SSL_CTX_set_default_verify_paths(context_) == 1, "certificate authorities");
    return;
  }
  if (options.trusted_pem.empty()) {
    require(SSL_CTX_load_verify_file(context_, options.trusted_file.c_str()) == 1,
            "trusted certificates " + options.trusted_file);
    return;
  }
  const bio_pointer text = reader_of(options.trusted_pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(context_);
  int count = 0;
  while (true) {
    const certificate_pointer next(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) {
      break;
    }
    require(X509_STORE_add_cert(store, next.get()) == 1, "trusted certificate");
    ++count;
  }
  require(count > 0, "trusted certificates");
  ERR_clear_error();
}

// -- Connections ----------------------------------------------------------------------------------

SSL* tls_context::state::make_connection(const std::string& server_name) {
  ERR_clear_error();
  SSL* const connection = SSL_new(context_);
  require(connection != nullptr, "connection");
  if (server_) {
    SSL_set_accept_state(connection);
    return connection;
  }
  SSL_set_connect_state(connection);
  try {
    name_peer(connection, server_name);
    resume(connection, server_name);
  } catch (...) {
    SSL_free(connection);
    throw;
  }
  return connection;
}

void tls_context::state::name_peer(SSL* connection, const std::string& server_name) const {
  if (server_name.empty()) {
    require(verification_ != tls_verification::full,
            "client needs the name of the server, to check its certificate");
    return;
  }
  const bool address = is_address(server_name);
  if (!address) {
    require(SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(server_name.c_str())) == 1,
            "server name");
  }
  if (verification_ != tls_verification::full) {
    return;
  }
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named =
      address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), server_name.c_str())
              : SSL_set1_host(connection, server_name.c_str());
  require(named == 1, "server name " + server_name);
}

// A ticket is used once: who sees it twice on the wire could link the connections.
void tls_context::state::resume(SSL* connection, const std::string& server_name) {
  if (!resumption_ || server_name.empty()) {
    return;
  }
  session_pointer session;
  {
    const std::lock_guard held(lock_);
    if (auto node = sessions_.extract(server_name); !node.empty()) {
      session = std::move(node.mapped());
    }
  }
  if (session != nullptr) {
    SSL_set_session(connection, session.get());
  }
}

// Within a call for a connection; only of a peer that was verified as the context demands. An address has
// no SNI, so its connections are not resumed.
int tls_context::state::keep_session(SSL* connection, SSL_SESSION* session) {
  auto* const own = static_cast<state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  const char* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr || SSL_SESSION_is_resumable(session) == 0) {
    return 0;
  }
  try {
    const std::lock_guard held(own->lock_);
    if (own->sessions_.size() >= names_max && !own->sessions_.contains(name)) {
      own->sessions_.erase(own->sessions_.begin());
    }
    session_pointer& kept = own->sessions_[name];
    kept.reset(session);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return 1;  // The reference is ours.
}

int tls_context::state::choose_protocol(SSL* /*connection*/, const unsigned char** chosen,
                                        unsigned char* length, const unsigned char* offered,
                                        unsigned offered_length, void* own) {
  const std::string& ours = static_cast<state*>(own)->protocols_;
  unsigned char* found = nullptr;
  const int status = SSL_select_next_proto(
      &found, length, bytes_of(ours), static_cast<unsigned>(ours.size()), offered, offered_length);
  *chosen = found;
  return status == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int tls_context::state::choose_host(SSL* connection, int* /*alert*/, void* own) {
  const auto& hosts = static_cast<state*>(own)->hosts_;
  const char* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  const auto found = name != nullptr ? hosts.find(std::string_view(name)) : hosts.end();
  if (found != hosts.end()) {
    SSL_set_SSL_CTX(connection, found->second.state_->context_);
  }
  return SSL_TLSEXT_ERR_OK;
}

tls_context tls_context::client() { return client(tls_options()); }

tls_context tls_context::client(const tls_options& options) {
  return tls_context(std::make_shared<state>(options, false));
}

tls_context tls_context::server(const tls_options& options) {
  return tls_context(std::make_shared<state>(options, true));
}

bool tls_context::is_server() const noexcept { return state_->is_server(); }

ssl_st* tls_context::make_connection(const std::string& server_name) const {
  return state_->make_connection(server_name);
}

std::string take_tls_complaint() {
  // The first one is the cause, later ones are who noticed.
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) {
    return "";
  }
  const char* const reason = ERR_reason_error_string(first);
  return reason != nullptr ? reason : "error " + std::to_string(first);
}

}  // namespace jackdaw::io
