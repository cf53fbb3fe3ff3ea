// What a library with callbacks asks of an event loop: descriptors to watch, a timer, and somebody who calls it.
//
// One descriptor for all
// ----------------------
// Such a library closes a descriptor at once after saying that it need not be watched any more, but a wait
// that is in flight wants its descriptor open. So the library's descriptors and its timer are watched by an
// epoll instance of our own, which forgets one synchronously, and tasks wait for the epoll instance.
//
// Who drives
// ----------
// Nobody is spawned, so nobody has to be stopped: those who wait for the library drive it, one at a time.
//
//               wait_for()                        turn()
//   passenger ◄──────────── seated ────────────► driver ───► done: complete() was called for it
//       │  ▲                                       │ ▲
//       │  └── turn_.set(): it is its turn,        │ │
//       │      or it is done                       │ │
//       └──────────────────────────────────────────┼─┘ when nobody drives
//                                                  ▼
//                             leaves (done, cancelled, error): offers the wheel to the oldest
//
// Invariant: while anybody is seated, somebody drives or has been offered the wheel. Whoever leaves without
// having taken the offer makes it to the next one.
//
// The library is called under lock_ only, which no task holds while it is suspended.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>

namespace jackdaw::adapters {

class foreign_loop {
 public:
  foreign_loop(const foreign_loop&) = delete;
  foreign_loop& operator=(const foreign_loop&) = delete;

 protected:
  /// What one task waits for.
  class waiter {
   public:
    waiter() = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

   private:
    friend class foreign_loop;
    bool done_ = false;  // Under the lock.
    event turn_;
  };

  /// Throws io::error if it gets no descriptors.
  foreign_loop();
  /// Nobody waits any more.
  virtual ~foreign_loop();

  /// Held around each call of the library.
  [[nodiscard]] std::mutex& lock() noexcept { return lock_; }

  // --- Under the lock: for the library's callbacks ---

  /// Watches for POLLIN, POLLOUT or both; 0: not any more. 0, or a negative errno.
  int watch(int descriptor, std::uint32_t events) noexcept;
  /// On_timer() is called once, then; a new time replaces it. nullopt: not at all.
  void set_timer(std::optional<duration> from_now) noexcept;
  /// The wait is over. Only from on_ready() and on_timer(), or while nobody waits.
  void complete(waiter& awaited) noexcept;

  // --- Called under the lock, by whoever drives ---

  /// `events` as of poll(2). May come without reason.
  virtual void on_ready(int descriptor, std::uint32_t events) = 0;
  virtual void on_timer() {}

  /// Waits until complete(mine), and drives the library when it is our turn.
  ///
  /// Errors        What on_ready() and on_timer() throw, to whoever drives.
  /// Cancellation  Leaves at once. What `mine` waited for is the caller's to take back.
  task<void> wait_for(waiter& mine);

 private:
  enum class role : std::uint8_t { done, driver, passenger };
  class seat;

  [[nodiscard]] role next_role(waiter& mine) noexcept;
  void turn();

  std::mutex lock_;
  io::file_descriptor epoll_;
  io::file_descriptor timer_;
  std::list<waiter*> seated_;        // Under the lock.
  const waiter* driving_ = nullptr;  // Under the lock.
};

}  // namespace jackdaw::adapters
