// tests/io/asyncio/staggered_race_test.cpp
//
// Goal: attempts begin when the one before has failed or its time is over, the first that succeeds ends the others,
// and nothing of the race is left (S108). Method: attempts that wait for what the test does, over a virtual clock.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/asyncio/staggered_race.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using namespace std::chrono_literals;

class staggered_race_test : public testing::io_test {};
JACKDAW_OVER_IO(staggered_race_test, testing::loop_kinds());

// What one attempt does: fails or succeeds after so long.
struct plan {
  std::string name;
  duration takes;
  bool succeeds;
  std::shared_ptr<std::string> log;
};

task<std::string> attempt_as(plan own) {
  *own.log += "+" + own.name;
  try {
    co_await jackdaw::sleep(own.takes);
  } catch (const cancelled_error&) {
    *own.log += "x" + own.name;
    throw;
  }
  *own.log += "-" + own.name;
  if (!own.succeeds) {
    throw std::runtime_error(own.name);
  }
  co_return own.name;
}

std::string summary(const race_outcome<std::string>& outcome) {
  std::string text = outcome.winner.value_or("nobody") + ":";
  for (const std::exception_ptr& each : outcome.exceptions) {
    text += each == nullptr ? "." : is_error<cancelled_error>(each) ? "c" : "e";
  }
  return text;
}

// Delays are a day where the test says that it does not pass.
constexpr duration never = 24h;

task<std::string> raced(std::vector<plan> plans, std::optional<duration> delay) {
  const auto log = plans.empty() ? nullptr : plans.front().log;
  auto racing = staggered_race(std::move(plans), &attempt_as, delay);
  const auto outcome = co_await std::move(racing);
  co_return summary(outcome) + " " + (log != nullptr ? *log : "");
}

TEST_P(staggered_race_test, the_next_begins_when_one_has_failed) {
  const auto log = std::make_shared<std::string>();
  EXPECT_EQ(run(raced({{"a", 0s, false, log}, {"b", 0s, false, log}, {"c", 0s, true, log}}, never)),
            "c:ee. +a-a+b-b+c-c");
  log->clear();
  EXPECT_EQ(
      run(raced({{"a", 0s, false, log}, {"b", 0s, true, log}, {"c", 0s, true, log}}, std::nullopt)),
      "b:e. +a-a+b-b");
}

TEST_P(staggered_race_test, the_next_begins_when_one_takes_long_and_the_first_to_succeed_wins) {
  const auto log = std::make_shared<std::string>();
  EXPECT_EQ(run(raced({{"a", never, true, log}, {"b", 0s, true, log}}, 1ms)), "b:c. +a+b-bxa");
  log->clear();
  EXPECT_EQ(run(raced({{"a", never, true, log}, {"b", 0s, true, log}}, 0s)), "b:c. +a+b-bxa");
}

TEST_P(staggered_race_test, all_may_fail_and_there_may_be_none) {
  const auto log = std::make_shared<std::string>();
  EXPECT_EQ(run(raced({{"a", 0s, false, log}, {"b", 0s, false, log}}, 1ms)), "nobody:ee +a-a+b-b");
  EXPECT_EQ(run(raced({}, 1ms)), "nobody: ");
}

struct gate_plan {
  std::shared_ptr<event> gate;
  std::string name;
};

task<std::string> attempt_behind(gate_plan own) {
  co_await own.gate->wait();
  co_return own.name;
}

// One gate for both: they succeed in the same turn.
task<std::string> at_once() {
  const auto gate = std::make_shared<event>();
  std::vector<gate_plan> plans(2);
  plans[0] = {gate, "a"};
  plans[1] = {gate, "b"};
  const std::optional<duration> no_time = 0s;
  auto racing = spawn(staggered_race(std::move(plans), &attempt_behind, no_time));
  for (int turn = 0; turn < 6; ++turn) {
    co_await yield();
  }
  gate->set();
  const auto outcome = co_await racing;
  co_return summary(outcome);
}

TEST_P(staggered_race_test, of_two_in_one_turn_the_first_wins) {
  EXPECT_EQ(run(at_once()), "a:.c");
}

task<std::string> cancelled_from_outside(std::shared_ptr<std::string> log) {
  std::vector<plan> plans;
  plans.push_back({"a", never, true, log});
  plans.push_back({"b", never, true, log});
  const std::optional<duration> no_time = 0s;
  auto racing = spawn(staggered_race(std::move(plans), &attempt_as, no_time));
  for (int turn = 0; turn < 6; ++turn) {
    co_await yield();
  }
  racing.cancel();
  for (int turn = 0; turn < 6; ++turn) {
    co_await yield();
  }
  EXPECT_TRUE(racing.cancelled());
  EXPECT_EQ(jackdaw::asyncio::all_tasks().size(), 1U);  // This one.
  co_return *log;
}

TEST_P(staggered_race_test, a_cancelled_race_cancels_its_attempts) {
  EXPECT_EQ(run(cancelled_from_outside(std::make_shared<std::string>())), "+a+bxaxb");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
