// A counter behind a descriptor (eventfd): how a thread or a library that knows no coroutines wakes a task.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstdint>

namespace jackdaw::io {

/// Threads       signal(): any thread, of the runtime or not. wait(): any number of tasks; each signal that
///               is counted is given to one of them.
class event_descriptor {
 public:
  /// A new one, close-on-exec, that counts `initial`. Throws io::error.
  explicit event_descriptor(std::uint32_t initial = 0);

  /// Adds to the count, and wakes a waiter. Never waits: throws io::error with EAGAIN if the count would pass
  /// 2^64 - 2.
  void signal(std::uint64_t count = 1);
  /// Waits until the count is not 0; takes all of it.
  ///
  /// Suspends      Always on io_uring; on epoll if the count is 0.
  /// Errors        io::error; the try_ form returns it as a result.
  /// Cancellation  Loses nothing: a count that was not returned is still there.
  /// Source        eventfd(2).
  task<std::uint64_t> wait();
  task<result<std::uint64_t>> try_wait();

  /// For foreign code that signals by write(2).
  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }

 private:
  file_descriptor descriptor_;
};

}  // namespace jackdaw::io
