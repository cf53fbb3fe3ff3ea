// The PROXY protocol: what a load balancer says of its client before it passes the client's bytes on.
//
// Source: haproxy.org/download/2.9/doc/proxy-protocol.txt, sections 2.1 and 2.2.
#pragma once

#include <jackdaw/io/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace jackdaw::http {

enum class proxy_progress : std::uint8_t {
  need_more,  ///< What is there may be the begin of a header.
  complete,
  malformed,  ///< Whoever sent this is no proxy: the connection is of no use.
};

struct proxy_header {
  proxy_header(proxy_progress how_far, std::size_t bytes) noexcept
      : outcome(how_far), size(bytes) {}

  proxy_progress outcome;
  std::size_t size;  ///< Of the complete header.
  std::optional<io::address>
      source;  ///< Nothing: the sender itself (LOCAL, UNKNOWN, a local socket).
};

/// What a header takes at most that is not malformed: more need not be waited for.
inline constexpr std::size_t proxy_header_bytes_max = 4096;

/// Looks at what a connection begins with: version 1 or 2. The verdict does not depend on how the bytes arrive.
[[nodiscard]] proxy_header read_proxy_header(std::span<const std::byte> bytes);

}  // namespace jackdaw::http
