// What all connections of a server share: options, counters, the registry, and whether it drains.
#pragma once

#include <jackdaw/io/tls/tls_context.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/tools/http/access_log.hpp>
#include <jackdaw/tools/http/address_counts.hpp>
#include <jackdaw/tools/http/admission.hpp>
#include <jackdaw/tools/http/connection_registry.hpp>
#include <jackdaw/tools/http/delay.hpp>
#include <jackdaw/tools/http/file_tree.hpp>
#include <jackdaw/tools/http/request_parser.hpp>
#include <jackdaw/tools/http/server_metrics.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jackdaw::http {

struct server_options {
  std::string address = "127.0.0.1:8080";  ///< Port 0: any that is free.
  request_limits limits;
  duration header_timeout = std::chrono::seconds(10);  ///< From a request's first byte, or connect.
  duration body_timeout = std::chrono::seconds(30);    ///< From the end of the head.
  duration idle_timeout = std::chrono::seconds(60);    ///< Between two requests.
  duration write_timeout = std::chrono::seconds(30);   ///< For one batch of replies.
  duration grace = std::chrono::seconds(5);            ///< For requests in progress at SIGTERM.
  duration idle_grace = std::chrono::seconds(1);       ///< For a next request, if others go on.
  std::size_t connections_max = 65'536;                ///< Beyond it: 503, and close.
  std::size_t in_flight_max = 0;                       ///< Connections being answered; 0: no cap.
  duration delay_max{0};                               ///< Of a request before its turn; 0: any.
  std::size_t per_address_max = 0;                     ///< Connections; 0: no cap.
  std::string root;             ///< If not empty: the directory whose files are served.
  std::string tls_certificate;  ///< If not empty: TLS, with this file; PEM, the chain included.
  std::string tls_key;          ///< The file of its key.
  std::string access_log;       ///< If not empty: a line per request goes there; "-": stdout.
  bool reuse_port = false;      ///< Several servers on one address.
  std::vector<std::string> command;  ///< What SIGUSR2 starts anew.
  bool proxy_protocol = false;       ///< Every connection begins by saying whom it is for.
  std::string port_file;             ///< If not empty: gets "address:port" once the server listens.
  std::string stats_file;            ///< If not empty: gets the content of /stats at the end.

  /// Whether somebody wants to know who the clients are.
  [[nodiscard]] bool wants_clients() const noexcept {
    return per_address_max != 0 || !access_log.empty();
  }
};

/// Lifetime: outlives the runtime, so that no connection can outlive it.
struct server_context {
  /// Throws io::error if a directory or a file is not there, or not what it should be.
  explicit server_context(server_options chosen);

  const server_options options;
  const std::unique_ptr<file_tree> files;       // Null if none are served.
  const std::optional<io::tls_context> tls;     // Nothing without TLS.
  const std::unique_ptr<http::access_log> log;  // Null if there is none.
  server_metrics metrics;
  connection_registry registry;
  address_counts addresses;
  flight_count in_flight;  // Counted only if there is a cap.
  delay_watch delays;
  std::atomic<unsigned> turning_away{0};  // Connections that are being told 503.
  std::atomic<bool> draining{false};      // Every reply may be a connection's last, and says so.
  std::atomic<bool> ends_idle{false};     // And who waits for a request waits in vain.
  event all_closed;                       // Set when the last connection leaves while draining.
};

/// The content of /stats: one line of JSON. In a task of the server.
[[nodiscard]] std::string stats_json(const server_context& server);

/// The content of /metrics. In a task of the server.
[[nodiscard]] std::string metrics_text(const server_context& server);

}  // namespace jackdaw::http
