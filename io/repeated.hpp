// System calls that signals interrupt.
#pragma once

#include <cerrno>

namespace jackdaw::io {

/// Calls `call` again while signals interrupt it; gives what it gives, or the negative errno.
template <class Call>
auto repeated(Call call) noexcept {
  auto returned = call();
  while (returned < 0 && errno == EINTR) {
    returned = call();
  }
  return returned < 0 ? static_cast<decltype(returned)>(-errno) : returned;
}

}  // namespace jackdaw::io
