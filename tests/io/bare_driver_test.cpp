// tests/io/bare_driver_test.cpp
//
// Goal: a driver by itself sleeps and is woken as driver.hpp says. Method: both drivers without a
// scheduler; what wakes them is another thread, or a permit that was left before.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/uring_driver.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <type_traits>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;

template <class Driver>
class bare_driver_test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::is_same_v<Driver, uring_driver> && !testing::io_uring_refusal().empty()) {
      std::cout << "NOT TESTED: " << testing::io_uring_refusal() << std::endl;
      GTEST_SKIP() << testing::io_uring_refusal();
    }
  }
  steady_clock clock_;
};

struct driver_name {
  template <class Driver>
  static std::string GetName(int /*index*/) {  // NOLINT(readability-identifier-naming)
    return std::is_same_v<Driver, uring_driver> ? "uring" : "epoll";
  }
};
using drivers = ::testing::Types<uring_driver, epoll_driver>;
TYPED_TEST_SUITE(bare_driver_test, drivers, driver_name);

// Closing a ring does not stop what is in flight (P20).
TYPED_TEST(bare_driver_test, it_comes_and_goes_and_leaves_no_descriptor_behind) {
  const std::size_t before = testing::open_descriptors();
  for (int round = 0; round < 50; ++round) {
    TypeParam driver(this->clock_);
    if (round % 2 == 0) {  // The ring's own read is under way.
      work_list ready;
      driver.park(at_once, ready);
      EXPECT_TRUE(ready.empty());
    }
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

TYPED_TEST(bare_driver_test, a_permit_that_was_left_before_ends_the_next_park_at_once) {
  TypeParam driver(this->clock_);
  work_list ready;
  driver.wake();
  driver.park(never, ready);
  EXPECT_EQ(driver.statistics().wakes, 0U) << "nobody slept: no system call for it";
  const auto begin = this->clock_.now();
  driver.park(begin + 5ms, ready);
  EXPECT_GE(this->clock_.now() - begin, 4ms) << "one permit ends one park";
}

TYPED_TEST(bare_driver_test, a_wake_from_another_thread_ends_a_park_that_would_last_for_ever) {
  TypeParam driver(this->clock_);
  for (int round = 0; round < testing::scaled(2000); ++round) {
    std::atomic<bool> woken{false};
    std::thread waker([&] {
      woken.store(true);
      driver.wake();
    });
    work_list ready;
    while (!woken.load()) {
      driver.park(never, ready);
    }
    waker.join();
    driver.park(at_once, ready);
  }
}

}  // namespace
}  // namespace jackdaw::io
