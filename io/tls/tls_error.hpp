// What can go wrong with TLS beyond what the kernel says.
#pragma once

#include <jackdaw/io/error.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace jackdaw::io {

enum class tls_failure : std::uint8_t {
  none,
  configuration,  // A certificate, a key or a name that cannot be used: the program's mistake. EINVAL.
  certificate,  // The peer's certificate is not to be trusted. EKEYREJECTED.
  handshake,    // No agreement, or the peer refused: its alert is in the text. EBADMSG.
  protocol,     // What came later is not TLS, or was tampered with. EBADMSG.
  truncated,  // The connection ended without a farewell: what is missing may matter. ECONNABORTED.
  finished,   // Writing after shutdown_write(). EPIPE.
  lower,      // The stream below failed; the number is its errno.
};

/// A failure with its words; the number is an errno, for io::meaning_of() and for results.
struct tls_problem {
  tls_problem() = default;
  tls_problem(tls_failure what, int error_number, std::string words)
      : kind(what), number(error_number), text(std::move(words)) {}

  tls_failure kind = tls_failure::none;
  int number = 0;
  std::string text;

  [[nodiscard]] bool happened() const noexcept { return kind != tls_failure::none; }
};

/// what() names what was done, the peer, and the reason: "TLS handshake with example.org at
/// 93.184.216.34:443: certificate verify failed: certificate has expired".
class tls_error : public error {
 public:
  explicit tls_error(const tls_problem& problem);

  [[nodiscard]] tls_failure kind() const noexcept { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  tls_failure kind_;
  std::string text_;
};

/// The errno for a kind; `lower` has its own.
[[nodiscard]] int error_number_of(tls_failure kind) noexcept;

}  // namespace jackdaw::io
