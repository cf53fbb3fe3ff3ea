// Signals as something to await.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task.hpp>

#include <initializer_list>
#include <memory>
#include <vector>

namespace jackdaw::io {

/// While it exists its signals do not have their default effect: each arrival can be awaited.
///
/// A handler counts and writes to an eventfd, which works whatever the signal masks of the program's
/// threads are; several arrivals of the same signal before they are fetched count as one, as they do
/// in the kernel.
///
/// Threads       Made and destroyed anywhere; awaited by one task at a time.
/// Errors        The constructor throws io::error; SIGKILL and SIGSTOP cannot be had (EINVAL), nor can a
///               signal that another signal_set has (EBUSY).
/// Source        sigaction(2). asyncio: loop.add_signal_handler.
class signal_set {
 public:
  explicit signal_set(std::initializer_list<int> signals);
  signal_set(const signal_set&) = delete;
  signal_set& operator=(const signal_set&) = delete;
  /// Restores what the signals did before.
  ~signal_set();

  /// Waits for the next signal of the set; gives its number. Cancellation loses none.
  task<int> next();
  task<result<int>> try_next();
  /// The next signal of the set if one has arrived, or 0: never waits.
  [[nodiscard]] int poll() noexcept;
  /// Becomes readable with each arrival, for loops that watch descriptors. It stays the set's.
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

 private:
  [[nodiscard]] int take_pending() noexcept;
  void restore() noexcept;

  file_descriptor event_;
  std::vector<int> signals_;
};

}  // namespace jackdaw::io
