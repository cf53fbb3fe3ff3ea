// tests/runtime/asyncio/task_turns_test.cpp
//
// Goal: how many turns of the loop each thing costs that a task does, and in which order tasks run (S39 to
// S47): programs behave as in asyncio only if every await costs the same number of turns. Method: a
// callback in every turn counts them. The same numbers, recorded from CPython, are in
// tests/conformance/cases/hop_counts.trace.
#include "../../support/leak_check.hpp"
#include "../../support/runtime_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;
using jackdaw::testing::failure_log;
using jackdaw::testing::trace;

class task_turns_test : public ::testing::Test {
 protected:
  static loop_options options(virtual_world& world, const virtual_clock& clock,
                              failure_log& failures) {
    loop_options options;
    options.make_driver = [&world](unsigned) { return std::make_unique<virtual_driver>(world); };
    options.time_source = &clock;
    options.on_failure = failures.handler();
    return options;
  }

  /// A callback that writes its name.
  [[nodiscard]] auto writes(std::string name) {
    return [this, name = std::move(name)] { log.add(name); };
  }
  void run_one_turn() {
    loop.stop();
    loop.run_forever();
  }
  void TearDown() override { EXPECT_EQ(failures.text(), "") << "reported, but nobody expected it"; }

  trace log;
  virtual_clock clock;
  virtual_world world{clock};
  failure_log failures;
  event_loop loop{options(world, clock, failures)};
};

task<int> add_after_a_turn(int left, int right) {
  co_await yield();
  co_return left + right;
}

/// A callback in every turn, which counts them. Made before what it measures, so that it runs first in
/// each turn.
class turn_counter {
 public:
  explicit turn_counter(event_loop& loop) : loop_(&loop) { tick(); }
  turn_counter(const turn_counter&) = delete;
  turn_counter& operator=(const turn_counter&) = delete;
  ~turn_counter() { next_.cancel(); }
  [[nodiscard]] int turns() const noexcept { return turns_; }

 private:
  void tick() {
    ++turns_;
    next_ = loop_->call_soon([this] { tick(); });
  }

  event_loop* loop_;
  handle next_;
  int turns_ = 0;
};

template <class A>
task<int> turns_of(const turn_counter& counter, A awaited) {
  const int before = counter.turns();
  static_cast<void>(co_await std::move(awaited));
  co_return counter.turns() - before;
}

task<int> value() { co_return 1; }
task<int> nested(int depth) {
  if (depth == 0) {
    co_return 0;
  }
  const int inner = co_await nested(depth - 1);
  co_return inner + 1;
}

TEST_F(task_turns_test, a_coroutine_does_nothing_until_it_is_awaited) {  // S39
  const auto body = [](trace& log) -> task<int> {
    log.add("body");
    co_return 1;
  };
  {
    const task<int> dropped = body(log);
  }
  loop.run_until_complete([](task<int> inner, trace& log) -> task<void> {
    co_await yield();
    log.add("before");
    const int result = co_await std::move(inner);
    log.add("result", result);
  }(body(log), log));
  EXPECT_EQ(log, "before body result1");
}

TEST_F(task_turns_test, awaiting_a_coroutine_costs_no_turn_however_deep) {  // S40, S43
  const turn_counter counter(loop);
  EXPECT_EQ(loop.run_until_complete(turns_of(counter, value())), 0);
  EXPECT_EQ(loop.run_until_complete(turns_of(counter, nested(100))), 0);
  EXPECT_EQ(loop.run_until_complete(turns_of(counter, timeout(1s, value()))), 0);
}

task<int> turns_of_uncontended(const turn_counter& counter) {
  const int before = counter.turns();
  event set;
  set.set();
  co_await set.wait();
  mutex lock;
  co_await lock.lock();
  lock.unlock();
  semaphore permits(1);
  co_await permits.acquire();
  permits.release();
  queue<int> items(1);
  co_await items.put(1);
  const int item = co_await items.get();
  EXPECT_EQ(item, 1);
  co_return counter.turns() - before;
}

TEST_F(task_turns_test, an_await_that_needs_not_wait_costs_no_turn) {  // S41
  const turn_counter counter(loop);
  EXPECT_EQ(loop.run_until_complete(turns_of_uncontended(counter)), 0);
}

TEST_F(task_turns_test, tasks_start_in_the_order_of_their_making_in_line_with_callbacks) {  // S42
  const auto body = [](trace& log, const char* word) -> task<void> {
    log.add(word);
    co_return;
  };
  loop.call_soon(writes("a"));
  static_cast<void>(loop.create_task(body(log, "b")));
  loop.call_soon(writes("c"));
  static_cast<void>(loop.create_task(body(log, "d")));
  loop.call_soon(writes("e"));
  EXPECT_EQ(log, "");
  run_one_turn();
  EXPECT_EQ(log, "a b c d e");
}

task<int> turns_of_task(const turn_counter& counter) {
  co_return co_await turns_of(counter, spawn(value()));
}
task<int> turns_of_gather(const turn_counter& counter, int children) {
  std::vector<task<int>> all;
  for (int child = 0; child < children; ++child) {
    all.push_back(value());
  }
  const int before = counter.turns();
  const std::vector<int> results = co_await gather(std::move(all));
  EXPECT_EQ(results.size(), static_cast<std::size_t>(children));
  co_return counter.turns() - before;
}
task<int> turns_of_shield(const turn_counter& counter) {
  co_return co_await turns_of(counter, shield(spawn(value())));
}
task<int> turns_of_timeout_of_task(const turn_counter& counter) {
  co_return co_await turns_of(counter, timeout(1s, spawn(value())));
}
task<int> turns_of_finished_task(const turn_counter& counter) {
  const auto done = spawn(value());
  static_cast<void>(co_await done);
  const int again = co_await turns_of(counter, done);
  const int shielded = co_await turns_of(counter, shield(done));
  co_return again + shielded;
}

TEST_F(task_turns_test,
       every_way_to_wait_for_a_task_costs_the_turns_that_it_costs_in_asyncio) {  // S43
  const turn_counter counter(loop);
  EXPECT_EQ(loop.run_until_complete(turns_of_task(counter)), 2);
  EXPECT_EQ(loop.run_until_complete(turns_of_gather(counter, 0)), 0);
  EXPECT_EQ(loop.run_until_complete(turns_of_gather(counter, 1)), 3);
  EXPECT_EQ(loop.run_until_complete(turns_of_gather(counter, 20)), 3);
  EXPECT_EQ(loop.run_until_complete(turns_of_shield(counter)), 3);
  EXPECT_EQ(loop.run_until_complete(turns_of_timeout_of_task(counter)), 2);
  EXPECT_EQ(loop.run_until_complete(turns_of_finished_task(counter)), 0);
}

task<int> turns_of_event(const turn_counter& counter, event_loop& loop) {
  event gate;
  loop.call_soon(
      [&gate] { gate.set(); });  // Runs in the next turn, and the waiter in that after it.
  const int before = counter.turns();
  co_await gate.wait();
  co_return counter.turns() - before;
}

TEST_F(task_turns_test, who_is_woken_runs_in_the_next_turn_and_never_inline) {  // S43
  const turn_counter counter(loop);
  EXPECT_EQ(loop.run_until_complete(turns_of_event(counter, loop)), 2);
}

TEST_F(task_turns_test, the_end_of_a_task_wakes_all_who_wait_in_the_order_of_their_coming) {  // S43
  const auto waiter = [](join_handle<int> awaited, trace& log, const char* word) -> task<void> {
    static_cast<void>(co_await awaited);
    log.add(word);
  };
  const auto child = loop.create_task(add_after_a_turn(1, 2));
  static_cast<void>(loop.create_task(waiter(child, log, "a")));
  static_cast<void>(loop.create_task(waiter(child, log, "b")));
  run_one_turn();  // All have started.
  loop.call_soon([this] { loop.call_soon(writes("soon")); });
  run_one_turn();  // The child ends, and what it woke stands in line before "soon".
  EXPECT_EQ(log, "");
  run_one_turn();
  EXPECT_EQ(log, "a b soon");
}

task<void> write_rounds(trace& log, const char* word, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    log.add(word, round);
    co_await yield();
  }
}

TEST_F(task_turns_test, yield_costs_one_turn_and_tasks_that_yield_take_turns_exactly) {  // S44
  const turn_counter counter(loop);
  EXPECT_EQ(loop.run_until_complete(turns_of(counter, write_rounds(log, "x", 5))), 5);
  log.clear();
  for (const char* const word : {"a", "b", "c"}) {
    static_cast<void>(loop.create_task(write_rounds(log, word, 3)));
  }
  for (int turn = 0; turn < 4; ++turn) {
    run_one_turn();
  }
  EXPECT_EQ(log, "a0 b0 c0 a1 b1 c1 a2 b2 c2");
}

TEST_F(task_turns_test, a_sleep_that_is_not_positive_is_one_turn_and_no_timer) {  // S44
  loop.run_until_complete([](event_loop& loop, trace& log) -> task<void> {
    loop.call_later(0s, [&log] { log.add("timer"); });
    loop.call_soon([&log] { log.add("soon"); });
    co_await sleep(0s);
    log.add("slept");
    co_await sleep(-1h);
    log.add("slept2");
  }(loop, log));
  // As a timer it would come behind "timer", which was armed before.
  EXPECT_EQ(log, "soon slept timer slept2");
}

TEST_F(task_turns_test, a_sleep_ends_at_its_deadline_one_turn_after_its_timer) {  // S45
  loop.run_until_complete([](event_loop& loop, trace& log) -> task<void> {
    loop.call_later(1s, [&log] { log.add("timer"); });
    loop.call_later(3s, [&log] { log.add("late"); });
    co_await sleep(2s);
    EXPECT_EQ(loop.time(), time_point(2s));
    log.add("slept");
  }(loop, log));
  EXPECT_EQ(log, "timer slept");
}

TEST_F(task_turns_test, a_cancelled_sleep_leaves_no_timer) {  // S45
  const auto sleeper = loop.create_task([]() -> task<void> { co_await sleep(1s); }());
  run_one_turn();
  sleeper.cancel();
  loop.call_later(5s, [this] { loop.stop(); });
  const auto before = loop.statistics().parks;
  loop.run_forever();
  EXPECT_TRUE(sleeper.cancelled());
  EXPECT_EQ(loop.statistics().parks - before, 1U);
  EXPECT_EQ(clock.now(), time_point(5s));
}

task<int> throws(int what) {
  co_await yield();
  if (what == 0) {
    throw std::runtime_error("boom");
  }
  if (what == 1) {
    throw cancelled_error("own");
  }
  co_return what;
}

TEST_F(task_turns_test, a_task_ends_with_a_result_an_exception_or_cancelled) {  // S46
  const auto fails = loop.create_task(throws(0));
  const auto cancels = loop.create_task(throws(1));
  const auto returns = loop.create_task(throws(2));
  EXPECT_THROW(static_cast<void>(returns.result()), invalid_state_error);
  EXPECT_THROW(static_cast<void>(returns.exception()), invalid_state_error);
  EXPECT_EQ(loop.run_until_complete(returns), 2);
  EXPECT_EQ(returns.exception(), nullptr);
  EXPECT_FALSE(fails.cancelled());
  EXPECT_NE(fails.exception(), nullptr);
  EXPECT_THROW(static_cast<void>(fails.result()), std::runtime_error);
  EXPECT_TRUE(cancels.cancelled()) << "whoever made the error up";
  EXPECT_THROW(static_cast<void>(cancels.exception()), cancelled_error);
  EXPECT_THROW(static_cast<void>(cancels.result()), cancelled_error);
  EXPECT_EQ(failures.text(), "");
}

TEST_F(task_turns_test,
       an_order_to_end_in_a_task_is_kept_in_it_and_leaves_the_run_at_once) {  // S47
  const auto ends = loop.create_task([](trace& log) -> task<void> {
    co_await yield();
    log.add("task");
    throw system_exit("now");
  }(log));
  run_one_turn();
  loop.call_soon(writes("rest"));
  EXPECT_THROW(loop.run_forever(), system_exit);
  EXPECT_EQ(log, "task");
  ASSERT_TRUE(ends.done());
  EXPECT_FALSE(ends.cancelled());
  EXPECT_THROW(ends.result(), system_exit);
  run_one_turn();
  EXPECT_EQ(log, "task rest");
}

}  // namespace
}  // namespace jackdaw::asyncio
