// Descriptors that travel beside the bytes of a message: their form in msghdr's control memory.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace jackdaw::io {

/// Per message, by the kernel (SCM_MAX_FD).
inline constexpr std::size_t passed_descriptors_max = 253;

/// Memory of `length` bytes for msg_control; none for none.
struct control_memory {
  std::unique_ptr<std::byte[]> memory;
  std::size_t length = 0;
};

/// That says: these travel with it. If they are too many, one too many: the kernel refuses that.
[[nodiscard]] control_memory control_to_pass(std::span<const int> descriptors);
/// With room for `count` of them, at most passed_descriptors_max, and not for one more.
[[nodiscard]] control_memory control_to_receive(std::size_t count);
/// Takes over what came with a message. `into` has room: it was reserved before the kernel was asked.
void take_passed(msghdr& received, std::vector<file_descriptor>& into) noexcept;

}  // namespace jackdaw::io
