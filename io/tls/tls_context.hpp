// What the connections of one side have in common: certificates, trust, protocols, resumable sessions.
#pragma once

#include <jackdaw/io/tls/tls_error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct ssl_st;
struct ssl_session_st;

namespace jackdaw::io {

struct tls_options;

enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

enum class tls_verification : std::uint8_t {
  full,   // The chain leads to somebody trusted; of a server also: the certificate is for its name.
  chain,  // Only the chain: whoever has any certificate of theirs may be the peer.
  none,   // Anybody may be the peer. For tests.
};

/// Copies share everything.
///
/// Threads       Any.
/// Errors        Making one throws tls_error, kind configuration, with the name of the file.
/// Cost          Reads files, and the system's authorities (some ms): make it once.
/// Source        SSL_CTX_new(3). Python: ssl.SSLContext, create_default_context().
class tls_context {
 public:
  /// Verifies, with the system's authorities.
  [[nodiscard]] static tls_context client();
  [[nodiscard]] static tls_context client(const tls_options& options);
  [[nodiscard]] static tls_context server(const tls_options& options);

  [[nodiscard]] bool is_server() const noexcept;

  // --- For the engine ---

  /// A connection's state. A client's has the name it asks for and checks, and a session if there is one.
  [[nodiscard]] ssl_st* make_connection(const std::string& server_name) const;

 private:
  class state;
  explicit tls_context(std::shared_ptr<state> made) noexcept : state_(std::move(made)) {}

  std::shared_ptr<state> state_;
};

/// PEM text and file names are alternatives; text goes first.
struct tls_options {
  tls_options() = default;

  /// Our certificate, and those between it and the root, in this order; and its key. A server has to have
  /// them, a client may.
  std::string certificate_file;
  std::string certificate_pem;
  std::string key_file;
  std::string key_pem;

  /// Whose signature counts. Without them: the system's certificate authorities.
  std::string trusted_file;
  std::string trusted_pem;
  /// A client's default is full. A server's is none: clients are not asked for a certificate; with any
  /// other they must have one.
  std::optional<tls_verification> verification;

  /// Protocols over TLS, best first: {"h2", "http/1.1"}. A server that has some refuses a client that offers
  /// only others (RFC 7301), and takes one that offers none.
  std::vector<std::string> alpn;
  tls_version version_min = tls_version::tls_1_2;

  /// Server: how many tickets a client gets for later connections without a full handshake. 0: none. A client that
  /// opens several at once has use for more; each costs the handshake about 12 us.
  unsigned session_tickets = 1;
  /// Client: to use the tickets it gets, each once, for the same name.
  bool resumption = true;

  /// Server: the context for clients that ask for this name (SNI); for others it is this one. Certificates
  /// and protocols are taken from it.
  std::vector<std::pair<std::string, tls_context>> hosts;
};

/// What OpenSSL complained about on this thread, in words; forgets it.
[[nodiscard]] std::string take_tls_complaint();

}  // namespace jackdaw::io
