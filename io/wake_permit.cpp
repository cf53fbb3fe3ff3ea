// Leaving and taking the permit.
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
  // U1: see the essay; every change of the state is of this kind.
  if (state_.exchange(state::permitted, std::memory_order_acq_rel) != state::asleep) {
    return false;
  }
  const std::uint64_t one = 1;
  static_cast<void>(!write(event_.get(), &one, sizeof(one)));  // Full only after 2^64 wake-ups.
  return true;
}

bool wake_permit::prepare_to_sleep() noexcept {
  state expected = state::awake;
  if (state_.compare_exchange_strong(expected, state::asleep, std::memory_order_acq_rel)) {  // U1
    return true;
  }
  state_.exchange(state::awake,
                  std::memory_order_acq_rel);  // U1: nobody leaves `permitted` but us.
  return false;
}

void wake_permit::woke_up() noexcept {
  // U2: relaxed; a permit that comes after this look is there for the next park(). So a turn that only
  // looks around changes nothing, and needs no exchange.
  if (state_.load(std::memory_order_relaxed) != state::awake) {
    state_.exchange(state::awake, std::memory_order_acq_rel);  // U1
  }
}

}  // namespace jackdaw::io
