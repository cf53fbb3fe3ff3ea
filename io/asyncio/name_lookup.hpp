// Names and addresses: loop.getaddrinfo(), loop.getnameinfo(), and what takes either.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/io/asyncio/socket_name.hpp>
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/runtime/task.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace jackdaw::io::asyncio {

/// What getaddrinfo() is asked for, beside the name: 0 is anything. See getaddrinfo(3).
struct address_query {
  address_query() = default;

  int family = AF_UNSPEC;
  int type = 0;
  int proto = 0;
  int flags = 0;
};

struct address_info {
  int family = AF_UNSPEC;
  int type = 0;
  int proto = 0;
  std::string canonical_name;  // Of the first one, with AI_CANONNAME.
  io::address address;
};

/// The addresses of a host, in the system's order of preference. A host of "" is none: ours, for binding with
/// AI_PASSIVE. A service may be a number, a name, or "".
///
/// Suspends      Always: it runs in the blocking pool.
/// Errors        resolve_error.
/// Cancellation  Leaves at once; the look-up ends by itself in its thread.
/// Source        loop.getaddrinfo, without what has no internet address.
task<std::vector<address_info>> getaddrinfo(std::string host, std::string service,
                                            address_query query = {});

/// A host and a service.
struct name_info {
  std::string host;
  std::string service;
};

/// The names of an address; numbers for what has none, unless NI_NAMEREQD is among the flags: getnameinfo(3).
///
/// The rest as getaddrinfo(). Source: loop.getnameinfo.
task<name_info> getnameinfo(address of, int flags = 0);

/// An address, or a name that is looked up when it is needed. Source: asyncio's tuple (host, port), or a path.
class endpoint_name {
 public:
  endpoint_name(socket_name name)  // NOLINT(google-explicit-constructor): it is one.
      : what_(std::move(name)) {}
  endpoint_name(const io::address& internet)  // NOLINT(google-explicit-constructor)
      : what_(socket_name(internet)) {}
  endpoint_name(std::string host, std::uint16_t port)
      : what_(std::make_pair(std::move(host), port)) {}

  /// Null if it has to be looked up.
  [[nodiscard]] const socket_name* known() const noexcept {
    return std::get_if<socket_name>(&what_);
  }
  /// The addresses that it means, of `family` if that is not AF_UNSPEC. Throws resolve_error; error if there are
  /// none; std::invalid_argument if it is a path.
  [[nodiscard]] task<std::vector<address>> addresses(int family) const;

 private:
  std::variant<socket_name, std::pair<std::string, std::uint16_t>> what_;
};

/// The addresses of a host for TCP; one that is written as a number is not looked up, and does not suspend.
task<std::vector<address>> addresses_of(std::string host, std::uint16_t port, int family);

/// The same, families in turns, after `first` of the first one. Source: asyncio's interleave; RFC 8305, section 4.
[[nodiscard]] std::vector<address> interleaved(const std::vector<address>& all, std::size_t first);

}  // namespace jackdaw::io::asyncio
