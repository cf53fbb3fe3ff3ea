// The key function of the interfaces, and what all buffers have in common.
#include <jackdaw/io/asyncio/transports.hpp>

#include <stdexcept>
#include <string>

namespace jackdaw::io::asyncio {

base_transport::~base_transport() = default;

write_buffer_limits write_buffer_limits_of(std::optional<std::size_t> high,
                                           std::optional<std::size_t> low,
                                           std::size_t high_default) {
  write_buffer_limits limits;
  limits.high = high ? *high : low ? 4 * *low : high_default;
  limits.low = low ? *low : limits.high / 4;
  if (limits.high < limits.low) {
    throw std::invalid_argument("high (" + std::to_string(limits.high) + ") must be >= low (" +
                                std::to_string(limits.low) + ") must be >= 0");
  }
  return limits;
}

}  // namespace jackdaw::io::asyncio
