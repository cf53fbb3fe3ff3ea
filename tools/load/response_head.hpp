// As much of a response's head as a load generator must understand, and not a byte more: it competes
// with the server for the same cores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jackdaw::load {

struct response_head {
  enum class state : std::uint8_t { incomplete, complete, malformed };

  state found = state::incomplete;
  unsigned status = 0;
  std::size_t head_bytes = 0;    // Up to and with the empty line.
  std::uint64_t body_bytes = 0;  // That follow.
  bool closes = false;           // The server will close the connection after it.

  [[nodiscard]] bool interim() const noexcept { return status >= 100 && status < 200; }
  [[nodiscard]] bool good() const noexcept { return status >= 200 && status < 400; }
};

/// Looks at the beginning of `bytes`. A reply whose end only the end of the connection tells, or that
/// is chunked, counts as malformed: such replies cannot be timed here.
[[nodiscard]] response_head parse_response_head(std::string_view bytes) noexcept;

}  // namespace jackdaw::load
