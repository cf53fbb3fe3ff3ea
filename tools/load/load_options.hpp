// What `jackdaw load` is asked to do.
#pragma once

#include <jackdaw/runtime/clock.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace jackdaw::load {

/// An http URL, taken apart.
struct target {
  std::string host;       // Without the brackets of an IPv6 literal.
  std::string port;       // In digits; "80" if the URL names none.
  std::string authority;  // As in the URL, for the Host field.
  std::string path;       // With the query; "/" if the URL names none.
};

/// Throws std::invalid_argument that says what is wrong with it.
[[nodiscard]] target parse_url(std::string_view url);

struct load_options {
  target to;
  unsigned connections = 64;
  unsigned pipeline = 1;       ///< Requests that a connection sends at once; closed loop only.
  double rate = 0;             ///< Requests per second over all connections; 0: closed loop.
  std::uint64_t requests = 0;  ///< End after that many; 0: after `time`.
  duration time = std::chrono::seconds(10);
  duration connect_timeout = std::chrono::seconds(5);
  duration response_timeout = std::chrono::seconds(10);
  std::string json_file;  ///< If not empty: gets the report.
};

}  // namespace jackdaw::load
