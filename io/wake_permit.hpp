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

#include <atomic>
#include <cstdint>

namespace jackdaw::io {

class wake_permit {
 public:
  /// Throws io::error if there is no descriptor to be had.
  wake_permit();

  /// Threads: any. True if it had to write.
  bool wake() noexcept;

  // --- The owner ---
  /// False: a permit is there; it has been taken, and the owner must not sleep.
  [[nodiscard]] bool prepare_to_sleep() noexcept;
  /// After sleeping, or instead of it: takes a permit if there is one.
  void woke_up() noexcept;
  /// Becomes readable when a sleeper is woken; reading it is the owner's business.
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

 private:
  enum class state : std::uint8_t { awake, asleep, permitted };

  file_descriptor event_;
  std::atomic<state> state_{state::awake};
};

}  // namespace jackdaw::io
