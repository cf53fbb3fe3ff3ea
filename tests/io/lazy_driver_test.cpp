// tests/io/lazy_driver_test.cpp
//
// Goal: who does no I/O makes no driver, who does makes one, and no wake-up is lost between the two places
// to sleep. Method: programs whose descriptors and factories are counted; two threads that hand a plain
// number to each other while one of them changes places, and never wait by the clock.
#include "../support/echo.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/lazy_driver.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace jackdaw::io {
namespace {

using testing::io_test;

const clock& test_clock() {
  static const steady_clock instance;
  return instance;
}

std::unique_ptr<io_driver> make_epoll() { return std::make_unique<epoll_driver>(test_clock()); }

// What real() does to the thread's context lasts as long as this.
class own_context {
 public:
  own_context() : before_(current_context()) {}
  own_context(const own_context&) = delete;
  own_context& operator=(const own_context&) = delete;
  ~own_context() { current_context() = before_; }

 private:
  execution_context before_;
};

// -- Programs -----------------------------------------------------------------------------------------

class lazy_driver_test : public io_test {};
JACKDAW_OVER_IO(lazy_driver_test, testing::all_io_kinds());

task<std::pair<std::size_t, std::size_t>> descriptors_without_and_with_io() {
  co_await jackdaw::sleep(std::chrono::milliseconds(1));
  const std::size_t without = testing::open_descriptors();
  const std::size_t echoed = co_await testing::echo_among(1, 1);
  EXPECT_EQ(echoed, 1U);
  co_return std::pair(without, testing::open_descriptors());
}

TEST_P(lazy_driver_test, a_program_has_no_descriptor_more_before_its_first_operation) {
  auto wanted = options();
  wanted.workers = GetParam().is_loop() ? 0 : 1;
  const std::size_t before = testing::open_descriptors();
  const auto counts = jackdaw::io::run(descriptors_without_and_with_io(), wanted);
  EXPECT_EQ(counts.first, before);
  EXPECT_GT(counts.second, before);
  EXPECT_EQ(testing::open_descriptors(), before);
}

// -- The driver alone -----------------------------------------------------------------------------------

TEST(lazy_driver_alone_test, it_is_made_once_and_takes_its_place_in_the_context) {
  const own_context restored;
  int made = 0;
  lazy_driver lazy([&made] {
    ++made;
    return make_epoll();
  });
  EXPECT_EQ(lazy_driver::from(&lazy), &lazy);
  EXPECT_EQ(lazy_driver::from(nullptr), nullptr);
  current_context().driver = &lazy;
  io_driver& real = io_driver::current();
  EXPECT_EQ(current_context().driver, &real);
  EXPECT_EQ(lazy_driver::from(&real), nullptr);
  current_context().driver = &lazy;  // As a loop does at the begin of each of its runs.
  EXPECT_EQ(&io_driver::current(), &real);
  EXPECT_EQ(made, 1);
}

TEST(lazy_driver_alone_test, what_the_factory_throws_is_thrown_and_it_may_be_asked_again) {
  const own_context restored;
  bool refuse = true;
  lazy_driver lazy(
      [&refuse] { return refuse ? throw error(EMFILE, "epoll_create1") : make_epoll(); });
  EXPECT_THROW(static_cast<void>(lazy.real()), error);
  work_list ready;
  lazy.wake();
  lazy.park(never, ready);  // Still asleep and awake as before.
  refuse = false;
  EXPECT_NO_THROW(static_cast<void>(lazy.real()));
}

TEST(lazy_driver_alone_test, a_permit_moves_with_it) {
  const own_context restored;
  lazy_driver lazy(&make_epoll);
  work_list ready;
  lazy.wake();
  static_cast<void>(lazy.real());
  lazy.park(never, ready);
  lazy.wake();
  lazy.park(never, ready);
  EXPECT_TRUE(ready.empty());
}

TEST(lazy_driver_alone_test, it_counts_in_one_place_before_and_after) {
  const own_context restored;
  driver_counters elsewhere;
  {
    lazy_driver lazy(&make_epoll);
    lazy.count_into(elsewhere);
    work_list ready;
    lazy.park(at_once, ready);
    static_cast<void>(lazy.real());
    lazy.park(at_once, ready);
  }
  EXPECT_EQ(elsewhere.snapshot().polls, 2U);
}

// Each round a new driver; the owner changes places at any instant of the other's wake-up.
TEST(lazy_driver_alone_test, a_waker_that_meets_the_change_of_places_is_not_lost) {
  const own_context restored;
  for (int round = 0; round < testing::scaled(3'000); ++round) {
    lazy_driver lazy(&make_epoll);
    int ball = 0;  // Plain: wake() and park() must order the accesses.
    std::atomic<bool> begin{false};
    std::atomic<bool> thrown{false};
    std::thread waker([&] {
      while (!begin.load()) {
      }
      for (int spin = 0; spin < round % 64; ++spin) {
        std::this_thread::yield();
      }
      ball = 1;
      thrown.store(true, std::memory_order_relaxed);
      lazy.wake();
    });
    begin.store(true);
    static_cast<void>(lazy.real());
    work_list ready;
    while (!thrown.load(std::memory_order_relaxed)) {
      lazy.park(never, ready);
    }
    waker.join();
    EXPECT_EQ(ball, 1);
  }
}

}  // namespace
}  // namespace jackdaw::io
