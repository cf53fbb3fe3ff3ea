// What may be asked of TLS.
#include <jackdaw/io/asyncio/ssl_context.hpp>

#include <stdexcept>

namespace jackdaw::io::asyncio {
namespace {

void require(bool fine, const std::string& what) {
  if (!fine) {
    throw std::invalid_argument(what);
  }
}

duration positive(duration given, const char* name) {
  require(given > duration::zero(), std::string(name) + " should be a positive number");
  return given;
}

void require_no_timeouts(const start_tls_options& options) {
  require(!options.ssl_handshake_timeout, "ssl_handshake_timeout is only meaningful with ssl");
  require(!options.ssl_shutdown_timeout, "ssl_shutdown_timeout is only meaningful with ssl");
}

}  // namespace

ssl_maker::~ssl_maker() = default;

ssl_setup::ssl_setup(ssl_context ssl, const start_tls_options& options)
    : context(std::move(ssl)), server_hostname(options.server_hostname.value_or("")) {
  if (options.ssl_handshake_timeout) {
    handshake_timeout = positive(*options.ssl_handshake_timeout, "ssl_handshake_timeout");
  }
  if (options.ssl_shutdown_timeout) {
    shutdown_timeout = positive(*options.ssl_shutdown_timeout, "ssl_shutdown_timeout");
  }
}

ssl_setup ssl_setup::of_client(const ssl_options& options, const std::string& host) {
  if (!options.ssl) {
    require(!options.server_hostname, "server_hostname is only meaningful with ssl");
    require_no_timeouts(options);
    return {};
  }
  require(options.server_hostname.has_value() || !host.empty(),
          "You must set server_hostname when using ssl without a host");
  require(!options.ssl.maker().is_server(), "a client needs the context of a client");
  ssl_setup setup(options.ssl, options);
  setup.server_hostname = options.server_hostname.value_or(host);
  return setup;
}

ssl_setup ssl_setup::of_server(const ssl_options& options) {
  if (!options.ssl) {
    require_no_timeouts(options);
    return {};
  }
  require(options.ssl.maker().is_server(), "a server needs the context of a server");
  return {options.ssl, options};
}

}  // namespace jackdaw::io::asyncio
