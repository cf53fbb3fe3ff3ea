// The chosen platform, and a driver that watches the real world while virtual time passes.
#include "platform.hpp"

#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/uring_driver.hpp>

#include <utility>

namespace jackdaw::conformance {
namespace {

std::unique_ptr<io::io_driver> make_real_driver(io::backend backend, const clock& time) {
  if (backend == io::backend::epoll) {
    return std::make_unique<io::epoll_driver>(time);
  }
  return std::make_unique<io::uring_driver>(time);
}

// A driver of io in a world of virtual time. It is asked at every turn, and does all the waiting that only
// another thread can end; where a deadline can, the virtual driver decides when time jumps. Both get every
// wake-up, since the loop sleeps in one or the other: the permit that the other one keeps makes a later
// park() return early, which any driver may do.
class watchful_driver final : public io::io_driver {
 public:
  watchful_driver(io::backend backend, std::shared_ptr<jumping_time> time)
      : time_(std::move(time)),
        real_(make_real_driver(backend, time_->clock)),
        timekeeper_(time_->world) {}

  void park(time_point deadline, work_list& ready) override {
    drain_inbox(ready);
    if (deadline == never && ready.empty()) {
      real_->park(never, ready);
      drain_inbox(ready);
      return;
    }
    real_->park(at_once, ready);
    if (ready.empty()) {
      timekeeper_.park(deadline, ready);
    }
  }
  void wake() noexcept override {
    timekeeper_.wake();
    real_->wake();
  }
  [[nodiscard]] int start(io::operation& starting) override {
    real_->count_into(counters());  // By now it is known where the loop wants them.
    return real_->start(starting);
  }
  void cancel(io::operation& pending_one) noexcept override { real_->cancel(pending_one); }
  void watch(io::standing_watch& added) override { real_->watch(added); }
  void end_watch() noexcept override { real_->end_watch(); }

 private:
  std::shared_ptr<jumping_time> time_;
  std::unique_ptr<io::io_driver> real_;
  virtual_driver timekeeper_;
};

const clock& real_clock() {
  static const steady_clock instance;
  return instance;
}

}  // namespace

platform& chosen_platform() noexcept {
  static platform chosen;
  return chosen;
}

driver_factory virtual_time_drivers(std::shared_ptr<jumping_time> time) {
  return [time = std::move(time), backend = chosen_platform().backend](unsigned) {
    return backend ? std::unique_ptr<driver>(std::make_unique<watchful_driver>(*backend, time))
                   : std::make_unique<virtual_driver>(time->world);
  };
}

driver_factory virtual_time_drivers_with_io(std::shared_ptr<jumping_time> time) {
  const auto backend = chosen_platform().backend.value_or(io::backend::epoll);
  return [time = std::move(time), backend](unsigned) {
    return std::make_unique<watchful_driver>(backend, time);
  };
}

driver_factory real_time_drivers() {
  const auto backend = chosen_platform().backend;
  if (!backend) {
    return {};
  }
  return [backend](unsigned) { return make_real_driver(*backend, real_clock()); };
}

}  // namespace jackdaw::conformance
