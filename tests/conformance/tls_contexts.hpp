// What the scripts about TLS begin with: a certificate for one occasion, and both contexts that know it.
#pragma once

#include "python.hpp"
#include <jackdaw/io/tls/tls_context.hpp>
#include <jackdaw/io/tls/tls_error.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace jackdaw::conformance {

struct tls_contexts {
  tls_contexts() {
    std::FILE* const openssl = ::popen(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
        "-subj /CN=jackdaw.example -addext subjectAltName=DNS:jackdaw.example -keyout - "
        "2>/dev/null",
        "r");
    std::string pem;
    std::array<char, 4096> piece{};
    while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), openssl)) {
      pem.append(piece.data(), count);
    }
    if (::pclose(openssl) != 0) {
      throw std::runtime_error("openssl made no certificate");
    }
    io::tls_options server;
    server.certificate_pem = pem;
    server.key_pem = pem;
    of_server.emplace(io::tls_context::server(server));
    io::tls_options client;
    client.trusted_pem = pem;
    client.resumption = false;  // Python asks for a session only if it is given one.
    of_client.emplace(io::tls_context::client(client));
  }

  std::optional<io::tls_context> of_server;
  std::optional<io::tls_context> of_client;
};

[[nodiscard]] inline const tls_contexts& contexts() {
  static const tls_contexts made;
  return made;
}

inline constexpr const char* tls_name = "jackdaw.example";

/// "SSLError" if isinstance(e, ssl.SSLError) else type(e).__name__
[[nodiscard]] inline std::string kind(const std::exception_ptr& error) {
  if (error != nullptr && is_error<io::tls_error>(error)) {
    return "SSLError";
  }
  return type_name(error);
}

}  // namespace jackdaw::conformance
