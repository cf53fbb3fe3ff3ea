// What io asks of a driver beyond sleeping: to start operations, and to cancel them.
//
// M1: the inbox's flag is written under its lock and read without, relaxed: a hint that spares the lock;
// wake() after the write makes sure that the owner looks once more.
#pragma once

#include <jackdaw/io/operation.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/driver.hpp>

#include <atomic>

namespace jackdaw::io {

/// A driver with an outside world. One per worker; made, used and destroyed on that worker's thread,
/// but for wake() and post_cancel().
class io_driver : public driver {
 public:
  io_driver() noexcept;

  /// Hands the operation to the kernel, or completes it on the spot and returns its result (which is
  /// never pending()).
  [[nodiscard]] virtual int start(operation& starting) = 0;
  static constexpr int pending = -0x7FFF'FFFF;

  /// Asks the kernel to end it. Its end is reported as any other's. Threads: the owner.
  virtual void cancel(operation& pending_one) noexcept = 0;

  /// The same from another thread: through the inbox.
  void post_cancel(operation& pending_one) noexcept;

  /// The driver of this thread. Throws std::logic_error if its runtime has none with I/O.
  [[nodiscard]] static io_driver& current();

 protected:
  /// Cancels what the inbox holds; appends what it finds ended.
  void drain_inbox(work_list& ready) noexcept;
  /// Reports the end of an operation.
  static void complete(operation& ended, int result, work_list& ready) noexcept;

 private:
  spin_lock inbox_lock_;
  operation* inbox_ = nullptr;  // Under the lock.
  std::atomic<bool> inbox_filled_{false};
};

}  // namespace jackdaw::io
