// tests/runtime/timer_test.cpp
//
// Goal: idle, armed, firing, idle; and that nothing runs after disarm(). Method: a scheduler driven by
// hand, and a canceller on another thread.
#include "../support/stress.hpp"
#include "manual_scheduler.hpp"
#include <jackdaw/runtime/timer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <thread>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::manual_scheduler;

constexpr time_point at(duration since_start) { return time_point(since_start); }

struct counting_timer : timer {
  counting_timer() noexcept : timer(&counting_timer::count) {}
  static void count(timer& self) noexcept { ++static_cast<counting_timer&>(self).fired; }
  int fired = 0;
};

class timer_test : public ::testing::Test {
 protected:
  manual_scheduler scheduler;
  manual_scheduler::entered scope{scheduler};
};

TEST_F(timer_test, an_idle_timer_may_be_disarmed_and_destroyed) {
  counting_timer alarm;
  EXPECT_EQ(alarm.deadline(), never);
  alarm.disarm();
  alarm.disarm();
  EXPECT_EQ(alarm.fired, 0);
}

TEST_F(timer_test, it_fires_once_when_its_deadline_has_come) {
  counting_timer alarm;
  alarm.arm(at(5s));
  EXPECT_EQ(alarm.deadline(), at(5s));
  scheduler.timers().fire_due(at(5s) - 1ns);
  EXPECT_EQ(alarm.fired, 0);
  scheduler.timers().fire_due(at(5s));
  scheduler.timers().fire_due(at(1h));
  EXPECT_EQ(alarm.fired, 1);
}

TEST_F(timer_test, it_may_be_armed_again_after_it_fired_and_after_it_was_disarmed) {
  counting_timer alarm;
  for (int round = 1; round <= 3; ++round) {
    alarm.arm(at(round * 1s));
    scheduler.timers().fire_due(at(round * 1s));
    EXPECT_EQ(alarm.fired, round);
    alarm.arm(at(1h));
    alarm.disarm();
  }
  scheduler.timers().fire_due(at(2h));
  EXPECT_EQ(alarm.fired, 3);
}

TEST_F(timer_test, a_disarmed_timer_leaves_nothing_behind) {
  counting_timer alarm;
  alarm.arm(at(5s));
  EXPECT_EQ(scheduler.timers().size(), 1U);
  alarm.disarm();
  EXPECT_EQ(scheduler.timers().size(), 0U);
  EXPECT_EQ(scheduler.timers().next_deadline(), never);
}

TEST_F(timer_test, arming_it_twice_is_caught) {
  counting_timer alarm;
  alarm.arm(at(5s));
  EXPECT_DEATH(alarm.arm(at(6s)), "state::idle");
  alarm.disarm();
}

TEST_F(timer_test, destroying_an_armed_one_is_caught) {
  counting_timer alarm;
  alarm.arm(at(5s));
  EXPECT_DEATH({ alarm.~counting_timer(); }, "state::idle");
  alarm.disarm();
}

TEST(timer_outside_test, outside_of_a_runtime_it_cannot_be_armed_and_stays_idle) {
  counting_timer alarm;
  EXPECT_THROW(alarm.arm(at(5s)), std::logic_error);
  alarm.disarm();
}

TEST_F(timer_test, one_that_could_not_be_armed_is_idle) {
  scheduler.refuse_timers = true;
  counting_timer alarm;
  EXPECT_THROW(alarm.arm(at(5s)), std::bad_alloc);
  scheduler.refuse_timers = false;
  alarm.arm(at(5s));
  scheduler.timers().fire_due(at(5s));
  EXPECT_EQ(alarm.fired, 1);
}

TEST_F(timer_test, disarm_from_another_thread_waits_until_the_function_has_returned) {
  struct slow_timer : timer {
    slow_timer() noexcept : timer(&slow_timer::ring) {}
    static void ring(timer& self) noexcept {
      auto& alarm = static_cast<slow_timer&>(self);
      alarm.rings.store(true);
      while (!alarm.may_return.load()) {
        std::this_thread::yield();
      }
      alarm.finished = true;
    }
    std::atomic<bool> rings{false};
    std::atomic<bool> may_return{false};
    bool finished = false;  // Plain: disarm() must order the accesses.
  };
  for (int round = 0; round < testing::scaled(200); ++round) {
    slow_timer alarm;
    alarm.arm(at(1s));
    std::thread canceller([&alarm] {
      while (!alarm.rings.load()) {
        std::this_thread::yield();
      }
      alarm.may_return.store(true);
      alarm.disarm();
      EXPECT_TRUE(alarm.finished);
    });
    scheduler.timers().fire_due(at(1s));
    canceller.join();
  }
}

}  // namespace
}  // namespace jackdaw
