// Watching, and passing the wheel.
#include <jackdaw/adapters/foreign_loop.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/base/assert.hpp>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace jackdaw::adapters {
namespace {

// After so many events others may have the worker, and the driver looks whether its own wait is over.
constexpr int events_per_turn_max = 64;

static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP);

}  // namespace

class foreign_loop::seat {
 public:
  seat(foreign_loop& loop, waiter& taker) : loop_(&loop), taker_(&taker) {
    const std::lock_guard held(loop_->lock_);
    loop_->seated_.push_back(taker_);
  }
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;
  ~seat() {
    const std::lock_guard held(loop_->lock_);
    loop_->seated_.remove(taker_);
    if (loop_->driving_ == taker_) {
      loop_->driving_ = nullptr;
    }
    if (loop_->driving_ == nullptr && !loop_->seated_.empty()) {
      loop_->seated_.front()->turn_.set();
    }
  }

 private:
  foreign_loop* loop_;
  waiter* taker_;
};

foreign_loop::foreign_loop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!epoll_) {
    throw io::error(errno, "epoll_create1");
  }
  if (!timer_) {
    throw io::error(errno, "timerfd_create");
  }
  if (const int status = watch(timer_.get(), POLLIN); status != 0) {
    throw io::error(-status, "epoll_ctl");
  }
}

foreign_loop::~foreign_loop() { JACKDAW_ASSERT(seated_.empty()); }

int foreign_loop::watch(int descriptor, std::uint32_t events) noexcept {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.fd = descriptor;
  if (events == 0) {
    return epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr) == 0 ? 0 : -errno;
  }
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &wanted) == 0 ||
      (errno == ENOENT && epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &wanted) == 0)) {
    return 0;
  }
  return -errno;
}

void foreign_loop::set_timer(std::optional<duration> from_now) noexcept {
  itimerspec wanted{};
  if (from_now.has_value()) {
    const auto wait_ns = std::max<duration::rep>(from_now->count(), 1);  // 0 would disarm it.
    wanted.it_value.tv_sec = wait_ns / 1'000'000'000;
    wanted.it_value.tv_nsec = wait_ns % 1'000'000'000;
  }
  static_cast<void>(timerfd_settime(timer_.get(), 0, &wanted, nullptr));
}

void foreign_loop::complete(waiter& awaited) noexcept {
  awaited.done_ = true;
  awaited.turn_.set();
}

foreign_loop::role foreign_loop::next_role(waiter& mine) noexcept {
  const std::lock_guard held(lock_);
  if (mine.done_) {
    return role::done;
  }
  if (driving_ == nullptr || driving_ == &mine) {
    driving_ = &mine;
    return role::driver;
  }
  mine.turn_.clear();
  return role::passenger;
}

// One event per call: what is done about the first one may close the descriptor of the second, and its
// number may be another one's by then.
void foreign_loop::turn() {
  const std::lock_guard held(lock_);
  for (int count = 0; count < events_per_turn_max; ++count) {
    epoll_event happened{};
    if (epoll_wait(epoll_.get(), &happened, 1, 0) != 1) {
      return;
    }
    if (happened.data.fd != timer_.get()) {
      on_ready(happened.data.fd, happened.events);
      continue;
    }
    std::uint64_t expirations = 0;
    if (read(timer_.get(), &expirations, sizeof(expirations)) > 0) {
      on_timer();
    }
  }
}

task<void> foreign_loop::wait_for(waiter& mine) {
  const seat taken(*this, mine);
  while (true) {
    const role next = next_role(mine);
    if (next == role::done) {
      co_return;
    }
    if (next == role::passenger) {
      co_await mine.turn_.wait();
      continue;
    }
    static_cast<void>(co_await io::readable(epoll_.get()));
    turn();
  }
}

}  // namespace jackdaw::adapters
