// The eventfd behind the permit.
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/wake_permit.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace jackdaw::io {

wake_permit::wake_permit() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) {
    throw error(errno, "eventfd");
  }
}

bool wake_permit::wake() noexcept {
  if (!state_.permit()) {
    return false;
  }
  const std::uint64_t one = 1;
  static_cast<void>(!write(event_.get(), &one, sizeof(one)));  // Full only after 2^64 wake-ups.
  return true;
}

}  // namespace jackdaw::io
