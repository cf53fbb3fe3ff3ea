// The permit that wake() leaves for a driver, with an eventfd for the case that its owner sleeps.
//
//   awake ──prepare_to_sleep()──► asleep ──wake(): write to the eventfd──► permitted
//     │                             └──────────── woke_up() ──────► awake      │
//     └──wake()──► permitted ──prepare_to_sleep() is refused, woke_up()──► awake ◄┘
//
// However many threads call wake(), one of them writes, and only if the owner sleeps: the others find
// the permit there. All changes are exchanges (acquire and release), so what a waker did before is
// visible to the owner when it has taken the permit.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/base/memory.hpp>

#include <atomic>
#include <cstdint>

namespace jackdaw::io {

/// The diagram's states, without the descriptor.
template <class Memory = std_memory>
class permit_state {
 public:
  /// wake(). True: the owner sleeps, and it is the caller's to wake.
  [[nodiscard]] bool permit() noexcept {
    // U1: see the essay; every change of the state is of this kind.
    return state_.exchange(state::permitted, std::memory_order_acq_rel) == state::asleep;
  }

  // --- The owner; see wake_permit ---
  [[nodiscard]] bool prepare_to_sleep() noexcept {
    state expected = state::awake;
    if (state_.compare_exchange_strong(expected, state::asleep, std::memory_order_acq_rel)) {  // U1
      return true;
    }
    // U1: nobody leaves `permitted` but us.
    state_.exchange(state::awake, std::memory_order_acq_rel);
    return false;
  }
  void woke_up() noexcept {
    // U2: relaxed; a permit that comes after this look is there for the next park(). So a turn that only
    // looks around changes nothing, and needs no exchange.
    if (state_.load(std::memory_order_relaxed) != state::awake) {
      state_.exchange(state::awake, std::memory_order_acq_rel);  // U1
    }
  }

 private:
  enum class state : std::uint8_t { awake, asleep, permitted };

  typename Memory::template atomic<state> state_{state::awake};
};

class wake_permit {
 public:
  /// Throws io::error if there is no descriptor to be had.
  wake_permit();

  /// Threads: any. True if it had to write.
  bool wake() noexcept;

  // --- The owner ---
  /// False: a permit is there; it has been taken, and the owner must not sleep.
  [[nodiscard]] bool prepare_to_sleep() noexcept { return state_.prepare_to_sleep(); }
  /// After sleeping, or instead of it: takes a permit if there is one.
  void woke_up() noexcept { state_.woke_up(); }
  /// Becomes readable when a sleeper is woken; reading it is the owner's business.
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

 private:
  file_descriptor event_;
  permit_state<> state_;
};

}  // namespace jackdaw::io
