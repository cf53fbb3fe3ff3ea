// A driver that sleeps like a thread until the first operation, and is a driver with I/O from then on.
//
// A ring costs 100 to 200 us to make and to end; a program that computes, or that has not come to its I/O
// yet, does not pay for it. Operations do not go through here: making the real driver puts it into the
// thread's context, where io_driver::current() finds it at once from then on.
//
// The change of places
// --------------------
// A waker may have looked at `real_`, found nothing, and be on its way to the parker while the owner makes
// the real driver. No permit is lost, because both sides go through the parker's lock after their own
// step: a waker wakes the parker and then looks at `real_` again; the owner publishes `real_` and then
// takes the parker's permit over to the real driver. Whoever comes to the lock second sees the step of the
// first. A permit too many costs one turn.
//
// L1: `real_` is published with release and read with acquire, by wakers; by the owner as it likes.
#pragma once

#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/runtime/thread_parker.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace jackdaw::io {

using io_driver_factory = std::function<std::unique_ptr<io_driver>()>;

class lazy_driver final : public driver {
 public:
  explicit lazy_driver(io_driver_factory make);

  void park(time_point deadline, work_list& ready) override;
  void wake() noexcept override;
  void count_into(driver_counters& where) noexcept override;

  /// The driver with I/O, which replaces this one in the thread's context; made if need be. Throws what
  /// the factory throws, and may be asked again then. Threads: the owner.
  [[nodiscard]] io_driver& real();

  /// The lazy driver that `candidate` is, or null.
  [[nodiscard]] static lazy_driver* from(driver* candidate) noexcept;

 private:
  io_driver_factory make_;
  thread_parker parker_;
  std::unique_ptr<io_driver> made_;
  std::atomic<io_driver*> real_{nullptr};
};

}  // namespace jackdaw::io
