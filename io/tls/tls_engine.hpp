// TLS without a stream: plain bytes on one side, encrypted bytes on the other, and nothing ever waits.
//
//             handshake()                       the peer's close_notify
//   beginning ──────────► open ────────────────────────────────────────► read() gives ended
//       │                   │ say_goodbye(): write() fails from then on
//       └───────────────────┴────────► failed    fail(), or what OpenSSL found; for good
//
// Two tasks, one connection
// -------------------------
// OpenSSL's connection is not for two threads, but one task may read while another writes. So each call
// holds the lock, for the time of some encryption and never across a suspension. Encrypted output leaves
// in the order in which it was made: whoever has the turn to send calls begin_send() until nothing is left,
// and what a cancelled sender had taken and not sent stays in its buffer for the next one.
#pragma once

#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/tls/tls_context.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace jackdaw::io {

/// What the handshake agreed on.
struct tls_session {
  std::string version;           // "TLSv1.3"
  std::string cipher;            // "TLS_AES_256_GCM_SHA384"
  int cipher_bits = 0;           // Of its secret: 256.
  std::string alpn;              // "" if there is none.
  std::string server_name;       // What the client asked for; "" if it did not.
  std::string peer_subject;      // Of the peer's certificate: "CN = example.org"; "" without.
  std::string peer_certificate;  // All of it, in DER; "" without.
  bool resumed = false;          // By a ticket.
};

/// Threads       Any, at the same time; but handshake() alone.
class tls_engine {
 public:
  enum class step : std::uint8_t {
    done,
    input,   // It needs more from the peer: send what there is, receive, take_input(), and again.
    ended,   // read(): the peer said good-bye.
    failed,  // See problem(). There may be an alert to send.
  };

  tls_engine(tls_context context, const std::string& server_name);
  tls_engine(const tls_engine&) = delete;
  tls_engine& operator=(const tls_engine&) = delete;
  ~tls_engine();

  [[nodiscard]] step handshake();
  /// `count` is at least 1 when done.
  [[nodiscard]] step read(std::span<std::byte> into, std::size_t& count);
  /// Takes up to write_bytes_max of `from`. Never asks for input.
  [[nodiscard]] step write(std::span<const std::byte> from, std::size_t& count);
  static constexpr std::size_t write_bytes_max = std::size_t{64} * 1024;
  /// close_notify. Again: nothing.
  [[nodiscard]] step say_goodbye();

  /// What arrived; it is consumed.
  void take_input(byte_buffer& arrived);
  /// Adds what is to be sent to `sending`, which holds what was not sent last time. False: it is empty.
  [[nodiscard]] bool begin_send(byte_buffer& sending);
  [[nodiscard]] bool has_output() const;
  /// Bytes that wait in it, encrypted: that arrived and were not read, and that nobody has begun to send.
  [[nodiscard]] std::size_t pending_input() const;
  [[nodiscard]] std::size_t pending_output() const;

  /// From outside: the stream below failed, or ended. The first failure counts.
  void fail(tls_failure kind, int number, std::string text);
  [[nodiscard]] tls_problem problem() const;
  /// After the handshake.
  [[nodiscard]] tls_session session() const;

 private:
  struct callbacks;

  [[nodiscard]] step judge(int status, tls_failure kind);
  void note_failure(tls_failure kind, int number, std::string text);

  mutable std::mutex lock_;
  tls_context context_;
  byte_buffer input_;
  byte_buffer output_;
  bool is_sending_ = false;  // begin_send() gave something that may not have been sent yet.
  bool said_goodbye_ = false;
  tls_problem problem_;
  ssl_st* connection_;
};

}  // namespace jackdaw::io
