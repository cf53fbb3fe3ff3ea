// tests/runtime/multi_thread/timer_queue_test.cpp
//
// Goal: timers fire once, in order, and never after disarm(); a disarmed one leaves nothing behind.
// Method: a sorted map as oracle; an owner that fires while another thread disarms and destroys.
#include "../../support/stress.hpp"
#include "../manual_scheduler.hpp"
#include <jackdaw/runtime/multi_thread/timer_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::manual_scheduler;
using testing::random_numbers;
using testing::scaled;

constexpr time_point at(duration since_start) { return time_point(since_start); }

/// Writes its number when it fires.
struct logged_timer : timer {
  logged_timer(std::vector<int>& target, int value) noexcept
      : timer(&logged_timer::ring), log(&target), number(value) {}
  static void ring(timer& self) noexcept {
    auto& alarm = static_cast<logged_timer&>(self);
    alarm.log->push_back(alarm.number);
    if (alarm.then) {
      alarm.then();
    }
  }
  std::vector<int>* log;
  int number;
  std::function<void()> then;
};

class timer_queue_test : public ::testing::Test {
 protected:
  timer_queue& queue() { return scheduler.timers(); }
  logged_timer& make(int number) { return timers.emplace_back(log, number); }

  manual_scheduler scheduler;
  manual_scheduler::entered scope{scheduler};
  std::vector<int> log;
  std::deque<logged_timer> timers;
};

TEST_F(timer_queue_test, an_empty_queue_has_no_deadline) {
  EXPECT_EQ(queue().next_deadline(), never);
  EXPECT_EQ(queue().size(), 0U);
  queue().fire_due(at(1h));
  queue().fire_due(never);
}

TEST_F(timer_queue_test, the_earliest_deadline_is_the_next_whatever_the_order_of_arming) {
  make(0).arm(at(3s));
  EXPECT_EQ(queue().next_deadline(), at(3s));
  make(1).arm(at(1s));
  EXPECT_EQ(queue().next_deadline(), at(1s));
  make(2).arm(at(2s));
  EXPECT_EQ(queue().next_deadline(), at(1s));
  queue().fire_due(at(1s));
  EXPECT_EQ(queue().next_deadline(), at(2s));
  queue().fire_due(at(1h));
  EXPECT_EQ(log, (std::vector{1, 2, 0}));
  EXPECT_EQ(queue().next_deadline(), never);
}

TEST_F(timer_queue_test, timers_fire_at_their_deadline_and_not_before) {
  make(0).arm(at(5s));
  queue().fire_due(at(5s) - 1ns);
  EXPECT_TRUE(log.empty());
  queue().fire_due(at(5s));
  EXPECT_EQ(log, (std::vector{0}));
}

TEST_F(timer_queue_test, all_with_the_same_deadline_fire) {
  for (int number = 0; number < 50; ++number) {
    make(number).arm(at(1s));
  }
  queue().fire_due(at(1s));
  std::sort(log.begin(), log.end());
  ASSERT_EQ(log.size(), 50U);
  EXPECT_EQ(log.front(), 0);
  EXPECT_EQ(log.back(), 49);
  EXPECT_EQ(std::adjacent_find(log.begin(), log.end()), log.end());
}

TEST_F(timer_queue_test,
       equal_deadlines_fire_in_order_of_arming_wherever_time_stood_when_they_were_armed) {
  const duration far = 3h + 7s + 11ns;
  int number = 0;
  // The later ones are armed when the earlier ones have come down some levels of the wheel.
  for (const duration now : {0ns, 1ns, 10'000'000'000ns, 10'000'000'000'000ns}) {
    queue().fire_due(at(now));
    for (int times = 0; times < 3; ++times) {
      make(number++).arm(at(far));
    }
  }
  queue().fire_due(at(far) - 1ns);
  EXPECT_TRUE(log.empty());
  make(number++).arm(at(far));
  queue().fire_due(at(far));
  EXPECT_EQ(log.size(), static_cast<std::size_t>(number));
  EXPECT_TRUE(std::is_sorted(log.begin(), log.end()));
}

TEST_F(timer_queue_test, what_is_overdue_when_it_is_armed_fires_in_order_of_deadlines_too) {
  queue().fire_due(at(1h));
  make(2).arm(at(3s));
  make(0).arm(at(1s));
  make(3).arm(at(3s));
  make(1).arm(at(2s));
  make(4).arm(at(1h));
  EXPECT_EQ(queue().next_deadline(), at(1s));
  queue().fire_due(at(1h));
  EXPECT_EQ(log, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(timer_queue_test, when_the_earliest_of_few_is_disarmed_the_next_deadline_is_exact) {
  for (std::size_t number = 0; number < timer_queue::look_max; ++number) {
    make(static_cast<int>(number)).arm(at(40s + duration(number)));
  }
  for (std::size_t number = 0; number + 1 < timer_queue::look_max; ++number) {
    timers[number].disarm();
    EXPECT_EQ(queue().next_deadline(), at(40s + duration(number + 1)));
  }
  timers.back().disarm();
  EXPECT_EQ(queue().next_deadline(), never);
}

TEST_F(timer_queue_test,
       when_the_earliest_of_many_is_disarmed_a_sleeper_wakes_for_nothing_once_a_level_at_most) {
  constexpr int count = 10 * static_cast<int>(timer_queue::look_max);
  for (int number = 0; number < count; ++number) {
    make(number).arm(at(40s + duration(number) * 1000));
  }
  timers.front().disarm();
  const time_point earliest = at(40s + 1000ns);
  int wakes_for_nothing = 0;
  while (log.empty()) {
    const time_point next = queue().next_deadline();
    ASSERT_LE(next, earliest) << "too late";
    queue().fire_due(next);
    wakes_for_nothing += log.empty() ? 1 : 0;
  }
  EXPECT_EQ(log, (std::vector{1}));
  EXPECT_LE(wakes_for_nothing, 10);
  for (logged_timer& alarm : timers) {
    alarm.disarm();
  }
}

TEST_F(timer_queue_test, a_deadline_that_has_always_passed_fires_at_the_next_look) {
  make(0).arm(at_once);
  EXPECT_EQ(queue().next_deadline(), at_once);
  queue().fire_due(at(0s));
  EXPECT_EQ(log, (std::vector{0}));
}

TEST_F(timer_queue_test, a_deadline_that_never_comes_can_be_disarmed) {
  logged_timer& alarm = make(0);
  alarm.arm(never);
  EXPECT_EQ(queue().size(), 1U);
  queue().fire_due(at(1h));
  EXPECT_TRUE(log.empty());
  alarm.disarm();
  EXPECT_EQ(queue().size(), 0U);
}

TEST_F(timer_queue_test, disarming_moves_the_next_deadline) {
  logged_timer& first = make(0);
  first.arm(at(1s));
  make(1).arm(at(2s));
  first.disarm();
  EXPECT_EQ(queue().next_deadline(), at(2s));
  queue().fire_due(at(2s));
  EXPECT_EQ(log, (std::vector{1}));
}

TEST_F(timer_queue_test, a_function_may_disarm_a_timer_that_is_due_as_well) {
  logged_timer& first = make(0);
  logged_timer& second = make(1);
  first.then = [&second] { second.disarm(); };
  first.arm(at(1s));
  second.arm(at(2s));
  queue().fire_due(at(3s));
  EXPECT_EQ(log, (std::vector{0}));
  EXPECT_EQ(queue().size(), 0U);
}

TEST_F(timer_queue_test, a_function_may_arm_a_timer_that_is_due_already) {
  logged_timer& first = make(0);
  logged_timer& second = make(1);
  first.then = [&second] { second.arm(at(1s)); };
  first.arm(at(1s));
  queue().fire_due(at(1s));
  EXPECT_EQ(log, (std::vector{0, 1}));
}

TEST_F(timer_queue_test, a_queue_that_goes_away_with_timers_is_caught) {
  EXPECT_DEATH(
      {
        timer_queue other;
        logged_timer& alarm = make(0);
        timer_access::begin(alarm, scheduler, at(1s));
        other.arm(alarm);
      },
      "size_ == 0");
}

TEST_F(timer_queue_test, a_million_armed_and_disarmed_leave_nothing) {
  constexpr int count = scaled(1'000'000);
  constexpr int alive = 1000;
  std::deque<logged_timer> ring;
  for (int number = 0; number < alive; ++number) {
    ring.emplace_back(log, number);
  }
  auto random = random_numbers(70);
  for (int step = 0; step < count; ++step) {
    logged_timer& alarm = ring[static_cast<std::size_t>(step % alive)];
    alarm.disarm();
    alarm.arm(at(duration(random() % 1'000'000)));
  }
  EXPECT_EQ(queue().size(), static_cast<std::size_t>(alive));
  for (logged_timer& alarm : ring) {
    alarm.disarm();
  }
  EXPECT_EQ(queue().size(), 0U);
  EXPECT_EQ(queue().next_deadline(), never);
  EXPECT_TRUE(log.empty());
}

TEST_F(timer_queue_test, a_burst_of_timers_fires_in_order_and_is_forgotten) {
  constexpr int count = scaled(50'000);
  auto random = random_numbers(71);
  std::vector<duration> deadlines;
  for (int number = 0; number < count; ++number) {
    deadlines.emplace_back(random() % 1000);
    make(number).arm(at(deadlines.back()));
  }
  queue().fire_due(at(1h));
  EXPECT_EQ(log.size(), static_cast<std::size_t>(count));
  EXPECT_TRUE(std::is_sorted(log.begin(), log.end(), [&](int a, int b) {
    return deadlines[static_cast<std::size_t>(a)] < deadlines[static_cast<std::size_t>(b)];
  }));
  EXPECT_EQ(queue().size(), 0U);
}

/// Random operations on a queue, and on a sorted map beside it.
class random_timers {
 public:
  random_timers(manual_scheduler& scheduler, std::size_t count)
      : queue_(scheduler.timers()), armed_(count, false) {
    for (std::size_t number = 0; number < count; ++number) {
      timers_.emplace_back(log_, static_cast<int>(number));
    }
  }

  void toggle(std::size_t number, duration from_now) {
    if (armed_[number]) {
      timers_[number].disarm();
      erase(number);
    } else {
      timers_[number].arm(now_ + from_now);
      armed_[number] = true;
      oracle_.emplace(now_ + from_now, number);
    }
  }

  void advance(duration step) {
    now_ += step;
    log_.clear();
    queue_.fire_due(now_);
    time_point last = at_once;
    for (const int number : log_) {
      const time_point deadline = timers_[static_cast<std::size_t>(number)].deadline();
      ASSERT_LE(last, deadline) << "out of order";
      ASSERT_LE(deadline, now_) << "too early";
      ASSERT_TRUE(armed_[static_cast<std::size_t>(number)]) << "fired though not armed";
      last = deadline;
      erase(static_cast<std::size_t>(number));
    }
    ASSERT_TRUE(oracle_.empty() || oracle_.begin()->first > now_) << "too late";
  }

  void check() const {
    ASSERT_EQ(queue_.size(), oracle_.size());
    ASSERT_EQ(queue_.next_deadline(), oracle_.empty() ? never : oracle_.begin()->first);
  }

  void disarm_all() {
    for (logged_timer& alarm : timers_) {
      alarm.disarm();
    }
    oracle_.clear();
  }

 private:
  void erase(std::size_t number) {
    armed_[number] = false;
    const auto [begin, end] = oracle_.equal_range(timers_[number].deadline());
    oracle_.erase(
        std::find_if(begin, end, [&](const auto& pair) { return pair.second == number; }));
  }

  timer_queue& queue_;
  time_point now_{};
  std::vector<int> log_;
  std::deque<logged_timer> timers_;
  std::vector<bool> armed_;
  std::multimap<time_point, std::size_t> oracle_;
};

TEST_F(timer_queue_test, random_arms_and_disarms_agree_with_a_sorted_map) {
  for (const std::size_t count : {1U, 3U, 20U, 300U}) {
    auto random = random_numbers(72 + count);
    random_timers world(scheduler, count);
    for (int step = 0; step < scaled(50'000); ++step) {
      if (random() % 8 == 0) {
        world.advance(duration(random() % 10));
      } else {
        world.toggle(random() % count, duration(random() % 100) - 2ns);
      }
      world.check();
      if (HasFatalFailure()) {
        break;
      }
    }
    world.disarm_all();
    world.check();
  }
}

TEST_F(timer_queue_test, deadlines_from_nanoseconds_to_centuries_agree_with_a_sorted_map) {
  auto random = random_numbers(79);
  random_timers world(scheduler, 100);
  const auto any_length = [&random] { return duration(random() >> (1 + random() % 63)); };
  for (int step = 0; step < scaled(50'000); ++step) {
    if (random() % 8 == 0) {
      world.advance(any_length() / 1'000'000);
    } else {
      world.toggle(random() % 100, any_length() / 1000);
    }
    world.check();
    if (HasFatalFailure()) {
      break;
    }
  }
  world.disarm_all();
  world.check();
}

/// Its death is seen: whoever fires it afterwards touches freed memory.
struct watched_timer : timer {
  watched_timer() noexcept : timer(&watched_timer::ring) {}
  static void ring(timer& self) noexcept {
    auto& alarm = static_cast<watched_timer&>(self);
    alarm.rings += 1;
    alarm.data.push_back(alarm.rings);
  }
  int rings = 0;  // Plain, as all here: disarm() must order the accesses.
  std::vector<int> data;
};

TEST_F(timer_queue_test,
       after_disarm_on_another_thread_the_timer_may_be_destroyed_while_others_fire) {
  constexpr int rounds = scaled(1000);
  constexpr std::size_t count = 32;
  std::vector<std::unique_ptr<watched_timer>> alarms(count);
  std::atomic<int> round_of_canceller{0};
  std::atomic<int> finished{0};
  int rang = 0;
  int rang_twice = 0;
  std::thread canceller([&, random = random_numbers(80)]() mutable {
    for (int round = 1; round <= rounds; ++round) {
      while (round_of_canceller.load() < round) {
        std::this_thread::yield();
      }
      std::shuffle(alarms.begin(), alarms.end(), random);
      for (auto& alarm : alarms) {
        alarm->disarm();
        rang += alarm->rings;
        rang_twice += alarm->rings > 1 ? 1 : 0;
        alarm.reset();
      }
      finished.store(round);
    }
  });
  for (int round = 1; round <= rounds; ++round) {
    for (std::size_t index = 0; index < count; ++index) {
      alarms[index] = std::make_unique<watched_timer>();
      alarms[index]->arm(at(duration(index)));
    }
    round_of_canceller.store(round);
    for (std::size_t now = 0; finished.load() < round; ++now) {
      queue().fire_due(at(duration(std::min(now, count))));
      if (now >= count) {
        std::this_thread::yield();
      }
    }
    ASSERT_EQ(queue().size(), 0U);
  }
  canceller.join();
  EXPECT_EQ(rang_twice, 0);
  RecordProperty("rang", rang);
}

}  // namespace
}  // namespace jackdaw
