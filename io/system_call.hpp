// An operation as a plain system call that does not wait: what the epoll driver lives on.
#pragma once

#include <jackdaw/io/operation.hpp>

#include <cstddef>
#include <span>

namespace jackdaw::io {

/// Performs the operation now. A result, a negative errno, or -EAGAIN if it would have to wait.
/// `scratch` is memory for receive_lent.
[[nodiscard]] int perform(operation& wanted, std::span<std::byte> scratch) noexcept;

/// The events of poll(2) that tell when -EAGAIN is over.
[[nodiscard]] unsigned events_of(const operation& wanted) noexcept;

}  // namespace jackdaw::io
