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

/// What runs in each turn in which a descriptor can be read, for as long as it is watched: level-triggered,
/// and no operation of any task. For selectors that have many descriptors of their own behind that one.
struct standing_watch : work {
  standing_watch(run_function function, int watched) noexcept
      : work(function), descriptor(watched) {}

  const int descriptor;
  /// It has been handed over and has not run yet: whoever runs it clears this first.
  bool queued = false;
};

/// A driver with an outside world. One per worker; made, used and destroyed on that worker's thread,
/// but for wake(), post_start() and post_cancel().
class io_driver : public driver {
 public:
  io_driver() noexcept;

  /// Hands the operation to the kernel, or completes it on the spot and returns its result (which is
  /// never pending()).
  [[nodiscard]] virtual int start(operation& starting) = 0;
  static constexpr int pending = -0x7FFF'FFFF;

  /// Asks the kernel to end it. Its end is reported as any other's. Threads: the owner.
  virtual void cancel(operation& pending_one) noexcept = 0;

  /// Hands `added` over in each park() that finds its descriptor readable, in line with what else has
  /// happened. One in the life of a driver; end_watch() before its descriptor is closed. Throws io::error.
  /// Threads: the owner.
  virtual void watch(standing_watch& added) = 0;
  virtual void end_watch() noexcept = 0;

  /// start() from another thread: through the inbox. Its task is armed already, and goes on here.
  void post_start(operation& begun) noexcept;
  /// cancel() from another thread: through the inbox.
  void post_cancel(operation& pending_one) noexcept;

  /// An operation of `task` has completed on the spot. True: it was one of so many in a row that the task
  /// has to let others run before it goes on, or a peer that is faster than we are would keep the
  /// worker for itself. Threads: the owner.
  [[nodiscard]] bool must_give_way(const task_record& task) noexcept;
  static constexpr unsigned on_the_spot_max = 64;

  /// The driver of this thread; a lazy_driver makes its real one now. Throws std::logic_error if its
  /// runtime has none with I/O, and io::error if none can be had.
  [[nodiscard]] static io_driver& current();
  /// Makes the real driver of a lazy_driver, if this thread has one: who opens a socket is about to use it,
  /// and should not find the descriptors used up by then. Throws io::error if none can be had.
  static void prepare();

 protected:
  /// A park(): whoever runs after it has not run without a pause.
  void forget_runner() noexcept { runner_ = nullptr; }
  /// Whether it holds something. A hint: what others put there they announce by wake().
  [[nodiscard]] bool inbox_filled() const noexcept {
    return inbox_filled_.load(std::memory_order_relaxed);  // M1
  }
  /// The descriptor of a standing watch can be read.
  static void hand_over(standing_watch& readable, work_list& ready) noexcept {
    if (!readable.queued) {
      readable.queued = true;
      ready.push_back(readable);
    }
  }
  /// Starts and cancels what the inbox holds; appends what it finds ended.
  void drain_inbox(work_list& ready) noexcept;
  /// Reports the end of an operation.
  static void complete(operation& ended, int result, work_list& ready) noexcept;

 private:
  void start_posted(operation* first, work_list& ready) noexcept;

  const task_record* runner_ =
      nullptr;  // Whose operations completed on the spot; compared, never followed.
  unsigned on_the_spot_ = 0;
  spin_lock inbox_lock_;
  operation* inbox_ = nullptr;   // To be cancelled; under the lock.
  operation* starts_ = nullptr;  // To be started; under the lock.
  std::atomic<bool> inbox_filled_{false};
};

}  // namespace jackdaw::io
