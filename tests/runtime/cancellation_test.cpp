// tests/runtime/cancellation_test.cpp
//
// Goal: the rules of cancellation (S61 to S82), which no single file owns: tests task_record, spawn
// and this_task together with all that can be awaited. Method: a test for each rule; then a sweep:
// a task that waits for one thing again and again is cancelled at every instant of its life, and we
// look whether the request was delivered once and everything that was shared is intact.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;
using testing::trace;
using testing::virtual_kinds;

std::vector<runtime_kind> one_thread_of(const std::vector<runtime_kind>& all) {
  std::vector<runtime_kind> kinds;
  std::copy_if(all.begin(), all.end(), std::back_inserter(kinds),
               [](const runtime_kind& kind) { return kind.one_thread(); });
  return kinds;
}

class cancellation_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(cancellation_test, all_kinds());

/// What is so only where nobody runs between two lines of the test.
class cancellation_alone_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(cancellation_alone_test, one_thread_of(all_kinds()));

// -- Small tasks --------------------------------------------------------------------------------

task<void> sleep_for_a_day() { co_await sleep(24h); }

task<void> wait_for_event(event& gate) { co_await gate.wait(); }

/// How a task ended: "returned", "cancelled: message" or what the exception says.
template <class T>
task<std::string> end_of(join_handle<T> handle) {
  try {
    co_await handle;
    co_return "returned";
  } catch (const cancelled_error& error) {
    co_return "cancelled: " + error.message();
  } catch (const std::exception& error) {
    co_return error.what();
  }
}

/// Awaits `what`; "done", or the message of the cancellation that ended the wait.
template <class A>
task<std::string> caught_from(A what) {
  try {
    co_await std::move(what);
    co_return "done";
  } catch (const cancelled_error& error) {
    co_return "cancelled: " + error.message();
  }
}

// -- The rules ----------------------------------------------------------------------------------

TEST_P(cancellation_test, a_handler_for_ordinary_exceptions_lets_it_pass) {  // S61
  run([]() -> task<void> {
    bool mistaken = false;
    auto careful = spawn([](bool& mistaken) -> task<void> {
      try {
        co_await sleep(24h);
      } catch (const std::exception&) {
        mistaken = true;
      }
    }(mistaken));
    co_await settled();
    careful.cancel();
    const std::string end = co_await end_of(careful);
    EXPECT_EQ(end, "cancelled: ");
    EXPECT_FALSE(mistaken);
  }());
}

TEST_P(cancellation_alone_test, it_is_a_request_that_is_delivered_later) {  // S62
  run([]() -> task<void> {
    trace log;
    const auto waiting = spawn([](trace& log) -> task<void> {
      const std::string caught = co_await caught_from(sleep(24h));
      log.add(caught);
      throw cancelled_error();
    }(log));
    co_await settled();
    EXPECT_TRUE(waiting.cancel("m"));
    EXPECT_FALSE(waiting.done());
    EXPECT_FALSE(waiting.cancelled());
    EXPECT_EQ(waiting.cancelling(), 1U);
    EXPECT_EQ(log, "");
    co_await settled();
    EXPECT_EQ(log, "cancelled: m");
    EXPECT_TRUE(waiting.cancelled());
  }());
}

TEST_P(cancellation_test, what_the_task_waited_for_is_free_of_it_at_once) {  // S63
  run([]() -> task<void> {
    mutex lock;
    co_await lock.lock();
    const auto waiting = spawn([](mutex& lock) -> task<void> { co_await lock.lock(); }(lock));
    co_await settled();
    EXPECT_TRUE(waiting.cancel());
    lock.unlock();
    EXPECT_TRUE(lock.try_lock());
    co_await settled();
    EXPECT_TRUE(waiting.cancelled());
    lock.unlock();
  }());
}

task<void> chain_link(trace& log, int number, join_handle<void> below) {
  try {
    if (below) {
      co_await below;
    } else {
      co_await sleep(24h);
    }
  } catch (const cancelled_error& error) {
    log.add(error.message(), number);
    throw;
  }
}

TEST_P(cancellation_test,
       it_goes_down_a_chain_of_tasks_and_comes_up_from_the_innermost) {  // S64, S74
  run([]() -> task<void> {
    trace log;
    std::vector<join_handle<void>> chain;
    join_handle<void> below;
    for (int number = 0; number < 4; ++number) {
      chain.push_back(spawn(chain_link(log, number, below)));
      below = chain.back();
      co_await settled();
    }
    EXPECT_TRUE(chain.back().cancel("m"));
    for (const join_handle<void>& each : chain) {
      EXPECT_EQ(each.cancelling(), 1U);
    }
    co_await settled();
    EXPECT_EQ(log, "m0 m1 m2 m3");
    for (const join_handle<void>& each : chain) {
      EXPECT_TRUE(each.cancelled());
    }
  }());
}

task<int> one_more_than(join_handle<int> below) { co_return co_await below + 1; }

TEST_P(cancellation_test, if_the_innermost_suppresses_it_the_others_never_see_it) {  // S65
  run([]() -> task<void> {
    const auto innermost = spawn([]() -> task<int> {
      const std::string caught = co_await caught_from(sleep(24h));
      co_return caught == "done" ? 0 : 5;
    }());
    const auto middle = spawn(one_more_than(innermost));
    const auto outermost = spawn(one_more_than(middle));
    co_await settled();
    EXPECT_TRUE(outermost.cancel());
    const int result = co_await outermost;
    EXPECT_EQ(result, 7);
    EXPECT_EQ(outermost.cancelling(), 1U);
    EXPECT_FALSE(outermost.cancelled());
  }());
}

TEST_P(cancellation_alone_test, a_task_that_was_woken_but_has_not_run_is_cancelled) {  // S66, S67
  run([]() -> task<void> {
    event gate;
    const auto waiting = spawn(wait_for_event(gate));
    queue<int> items;
    const auto getting =
        spawn([](queue<int>& items) -> task<int> { co_return co_await items.get(); }(items));
    co_await settled();
    gate.set();
    EXPECT_TRUE(items.try_put(1));
    EXPECT_TRUE(waiting.cancel("late"));
    EXPECT_TRUE(getting.cancel("late"));
    const std::string end = co_await end_of(waiting);
    EXPECT_EQ(end, "cancelled: late");
    const std::string end_of_getting = co_await end_of(getting);
    EXPECT_EQ(end_of_getting, "cancelled: late");
    EXPECT_EQ(items.size(), 1U);  // What it would have got is there for others.
  }());
}

TEST_P(cancellation_alone_test, a_result_that_had_arrived_is_replaced_by_the_cancellation) {  // S66
  run([]() -> task<void> {
    event gate;
    bool got_it = false;
    const auto child = spawn(wait_for_event(gate));
    const auto joiner = spawn([](join_handle<void> child, bool& got_it) -> task<void> {
      co_await child;
      got_it = true;
    }(child, got_it));
    co_await settled();
    gate.set();
    while (!child.done()) {
      co_await yield();
    }
    // The child is done, and its joiner queued; in a pool it may be done as well.
    const bool accepted = joiner.cancel();
    const std::string end = co_await end_of(joiner);
    EXPECT_EQ(end, accepted ? "cancelled: " : "returned");
    EXPECT_EQ(got_it, !accepted);
    EXPECT_FALSE(child.cancelled());
  }());
}

TEST_P(cancellation_alone_test, two_requests_before_it_runs_are_one_error) {  // S71
  run([]() -> task<void> {
    const auto count_errors = [](duration wait) -> task<std::string> {
      std::string caught;
      for (int round = 0; round < 3; ++round) {
        caught += co_await caught_from(sleep(wait)) + ";";
      }
      co_return caught;
    };
    const auto waiting = spawn(count_errors(1ms));
    co_await settled();
    EXPECT_TRUE(waiting.cancel("first"));
    EXPECT_TRUE(waiting.cancel("second"));
    const std::string caught = co_await waiting;
    EXPECT_EQ(caught, "cancelled: first;done;done;");
    EXPECT_EQ(waiting.cancelling(), 2U);
    const auto yielding = spawn(count_errors(0ms));
    co_await yield();
    EXPECT_TRUE(yielding.cancel("first"));
    EXPECT_TRUE(yielding.cancel("second"));
    const std::string caught_late = co_await yielding;
    EXPECT_EQ(caught_late, "cancelled: second;done;done;");
  }());
}

TEST_P(cancellation_test, the_message_travels_through_coroutines_and_tasks) {  // S74
  run([]() -> task<void> {
    const auto inner = spawn([]() -> task<void> { co_await sleep_for_a_day(); }());
    const auto outer = spawn([](join_handle<void> inner) -> task<void> {
      co_await [](join_handle<void> inner) -> task<void> { co_await inner; }(inner);
    }(inner));
    co_await settled();
    EXPECT_TRUE(inner.cancel("from inside"));
    const std::string end = co_await end_of(outer);
    EXPECT_EQ(end, "cancelled: from inside");
    EXPECT_EQ(outer.cancelling(), 0U);
    EXPECT_TRUE(outer.cancelled());
  }());
}

TEST_P(cancellation_test, a_task_may_suppress_it_and_its_later_waits_are_undisturbed) {  // S76
  run([]() -> task<void> {
    event gate;
    const auto stubborn = spawn([](event& gate) -> task<std::string> {
      std::string caught = co_await caught_from(sleep(24h));
      caught += ";" + co_await caught_from(yield());
      caught += ";" + co_await caught_from(sleep(1ms));
      caught += ";" + co_await caught_from(gate.wait());
      caught += ";" + co_await caught_from(to_thread([] {}));
      co_return caught;
    }(gate));
    co_await settled();
    EXPECT_TRUE(stubborn.cancel("m"));
    co_await sleep(2ms);
    gate.set();
    const std::string caught = co_await stubborn;
    EXPECT_EQ(caught, "cancelled: m;done;done;done;done");
    EXPECT_FALSE(stubborn.cancelled());
    EXPECT_EQ(stubborn.cancelling(), 1U);
  }());
}

task<void> clean_up(trace& log, event& may_end) {
  log.add("begun");
  const std::string caught = co_await caught_from(may_end.wait());
  log.add(caught);
  if (caught != "done") {
    throw cancelled_error("from clean-up");
  }
}

TEST_P(cancellation_test, cleaning_up_may_wait_and_is_not_disturbed_by_the_same_request) {  // S77
  run([]() -> task<void> {
    trace log;
    event may_end;
    const auto cleaning = spawn(finally(sleep_for_a_day(), clean_up(log, may_end)));
    co_await settled();
    EXPECT_TRUE(cleaning.cancel("m"));
    co_await settled();
    EXPECT_EQ(log, "begun");
    EXPECT_FALSE(cleaning.done());
    may_end.set();
    const std::string end = co_await end_of(cleaning);
    EXPECT_EQ(end, "cancelled: m");
    EXPECT_EQ(log, "begun done");
  }());
}

TEST_P(cancellation_test, a_second_request_interrupts_the_cleaning_up) {  // S77
  run([]() -> task<void> {
    trace log;
    event never_set;
    const auto cleaning = spawn(finally(sleep_for_a_day(), clean_up(log, never_set)));
    co_await settled();
    EXPECT_TRUE(cleaning.cancel("m"));
    co_await settled();
    EXPECT_TRUE(cleaning.cancel("again"));
    const std::string end = co_await end_of(cleaning);
    EXPECT_EQ(end, "cancelled: from clean-up");
    EXPECT_EQ(log, "begun cancelled: again");
    EXPECT_EQ(cleaning.cancelling(), 2U);
  }());
}

TEST_P(cancellation_test, an_exception_of_the_handler_takes_its_place) {  // S78
  run([]() -> task<void> {
    const auto failing = spawn([]() -> task<void> {
      const std::string caught = co_await caught_from(sleep(24h));
      throw std::runtime_error("while handling " + caught);
    }());
    co_await settled();
    EXPECT_TRUE(failing.cancel("m"));
    const std::string end = co_await end_of(failing);
    EXPECT_EQ(end, "while handling cancelled: m");
    EXPECT_FALSE(failing.cancelled());
  }());
}

TEST_P(cancellation_test, a_call_in_another_thread_goes_on_without_its_waiter) {  // S80
  std::atomic<int> stage{0};
  run([](std::atomic<int>& stage) -> task<void> {
    const auto waiting = spawn([](std::atomic<int>& stage) -> task<void> {
      co_await to_thread([&stage] {
        stage.store(1);
        stage.notify_all();
        stage.wait(1);
        stage.store(3);
        stage.notify_all();
      });
    }(stage));
    co_await to_thread([&stage] { stage.wait(0); });
    EXPECT_TRUE(waiting.cancel());
    const std::string end = co_await end_of(waiting);
    EXPECT_EQ(end, "cancelled: ");
    EXPECT_EQ(stage.load(), 1);
    stage.store(2);
    stage.notify_all();
    co_await to_thread([&stage] { stage.wait(2); });
  }(stage));
  EXPECT_EQ(stage.load(), 3);
}

/// Writes its name when it is destroyed.
class noisy {
 public:
  noisy(trace& log, std::string_view name) : log_(&log), name_(name) {}
  noisy(const noisy&) = delete;
  noisy& operator=(const noisy&) = delete;
  ~noisy() { log_->add(name_); }

 private:
  trace* log_;
  std::string_view name_;
};

TEST_P(cancellation_test, locals_are_destroyed_from_the_innermost_frame_outwards) {  // S82
  run([]() -> task<void> {
    trace log;
    const auto unwound = spawn([](trace& log) -> task<void> {
      const noisy outer(log, "outer");
      co_await [](trace& log) -> task<void> {
        const noisy first(log, "first");
        const noisy second(log, "second");
        co_await sleep(24h);
      }(log);
    }(log));
    co_await settled();
    EXPECT_TRUE(unwound.cancel());
    const std::string end = co_await end_of(unwound);
    EXPECT_EQ(end, "cancelled: ");
    EXPECT_EQ(log, "second first outer");
  }());
}

// -- The sweep ----------------------------------------------------------------------------------
//
// The victim waits for one thing, `waits_per_victim` times. A partner makes these waits end, one
// each virtual millisecond; a bystander wants the same as the victim. The sweep cancels the victim
// after every number of milliseconds and then of turns: before a wait, in it, between its end and
// the victim's next step, and at the victim's end.

constexpr int waits_per_victim = 3;

/// Numbers that several tasks collect.
class numbers {
 public:
  void add(int number) {
    const std::lock_guard guard(lock_);
    all_.push_back(number);
  }
  [[nodiscard]] std::vector<int> sorted() const {
    const std::lock_guard guard(lock_);
    std::vector<int> copy = all_;
    std::sort(copy.begin(), copy.end());
    return copy;
  }

 private:
  mutable std::mutex lock_;
  std::vector<int> all_;
};

/// All that is shared in one run of the sweep.
struct sweep_state {
  event gate;
  mutex lock;
  condition changed{lock};
  semaphore permits{1};
  queue<int> items{1};
  std::atomic<int> next_item{0};
  numbers put;
  numbers got;
  std::atomic<int> inside{0};
  std::atomic<int> children{0};
  std::atomic<int> inner_cancelled{0};

  // Written by the victim.
  int passed = 0;
  std::vector<int> delivered_at;
};

using sweep_task = task<void> (*)(sweep_state& state);

task<void> nobody(sweep_state& /*state*/) { co_return; }

/// Who takes part.
struct sweep_plan {
  sweep_task wait_once;
  sweep_task partner = &nobody;
  sweep_task bystander = &nobody;
  /// Asked when the victim has ended and nobody can run: does the bystander have what is there?
  bool (*served)(sweep_state& state) = [](sweep_state&) { return true; };
};

task<void> victim_of_sweep(sweep_state& state, sweep_task wait_once, bool suppresses) {
  for (int index = 0; index < waits_per_victim; ++index) {
    try {
      co_await wait_once(state);
      ++state.passed;
    } catch (const cancelled_error&) {
      state.delivered_at.push_back(index);
      if (!suppresses || state.delivered_at.size() > 1) {
        throw;
      }
    }
  }
}

/// Nobody holds anything, nothing is lost or doubled, and no task is left.
task<void> expect_intact(sweep_state& state, std::uint64_t tasks_before) {
  for (int wait = 0; wait < 50; ++wait) {
    if (this_task::scheduler().statistics().tasks_alive == tasks_before) {
      break;
    }
    co_await sleep(1ms);
  }
  EXPECT_EQ(this_task::scheduler().statistics().tasks_alive, tasks_before);
  EXPECT_TRUE(state.lock.try_lock());
  EXPECT_EQ(state.permits.available(), 1U);
  EXPECT_FALSE(state.permits.is_locked());
  EXPECT_EQ(state.inside.load(), 0);
  EXPECT_EQ(state.children.load(), 0);
  EXPECT_EQ(state.inner_cancelled.load(), 0);
  while (const std::optional<int> left = state.items.try_get()) {
    state.got.add(*left);
  }
  EXPECT_EQ(state.got.sorted(), state.put.sorted());
}

/// What one run found.
struct sweep_result {
  bool accepted = false;
  std::vector<int> delivered_at;
};

/// The request that was accepted was delivered once, and only that changed the victim's life.
void expect_delivered_once(const sweep_state& state, const join_handle<void>& victim,
                           const std::string& end, bool accepted, bool suppresses) {
  const bool took_the_end = victim.cancelled() && state.delivered_at.empty();
  EXPECT_EQ(state.delivered_at.size() + (took_the_end ? 1 : 0), accepted ? 1U : 0U);
  EXPECT_EQ(victim.cancelling(), accepted ? 1U : 0U);
  if (took_the_end) {
    // Before the first step (S68), or after the last wait (S70).
    EXPECT_TRUE(state.passed == 0 || state.passed == waits_per_victim) << state.passed;
  } else if (suppresses || !accepted) {
    EXPECT_EQ(end, "returned");
    EXPECT_EQ(state.passed + static_cast<int>(state.delivered_at.size()), waits_per_victim);
  } else {
    EXPECT_TRUE(victim.cancelled());
    EXPECT_EQ(state.delivered_at, std::vector<int>{state.passed});
  }
}

task<sweep_result> cancel_at(sweep_plan plan, duration instant, int turns, bool suppresses) {
  const std::uint64_t tasks_before = this_task::scheduler().statistics().tasks_alive;
  sweep_state state;
  sweep_result result;
  const auto partner = spawn(plan.partner(state), "partner");
  co_await settled();
  const auto victim = spawn(victim_of_sweep(state, plan.wait_once, suppresses), "victim");
  const auto bystander = spawn(plan.bystander(state), "bystander");
  if (instant > 0ms) {
    co_await sleep(instant);
  }
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  result.accepted = victim.cancel("sweep");
  // A victim that waits for ever is cancelled once more, and that is seen.
  const std::string end = co_await timeout(1s, end_of(victim));
  expect_delivered_once(state, victim, end, result.accepted, suppresses);
  result.delivered_at = state.delivered_at;
  co_await settled();
  EXPECT_TRUE(plan.served(state)) << "the bystander waits for what is there";
  partner.cancel();
  bystander.cancel();
  co_await expect_intact(state, tasks_before);
  co_return result;
}

class cancelled_at_any_instant_test : public testing::runtime_test {
 protected:
  void sweep(const sweep_plan& plan) {
    std::set<int> hit;
    bool too_late = false;
    // Where threads race, chance does the rest.
    const int turns_end = GetParam().one_thread() ? 8 : 2;
    for (const bool suppresses : {true, false}) {
      // With a bystander every other turn is the victim's.
      for (int instant = 0; instant <= 2 * waits_per_victim + 2; ++instant) {
        for (int turns = 0; turns < turns_end; ++turns) {
          SCOPED_TRACE("cancelled after " + std::to_string(instant) + " ms and " +
                       std::to_string(turns) + " turns" + (suppresses ? ", suppressed" : ""));
          const sweep_result result = run(cancel_at(plan, instant * 1ms, turns, suppresses));
          hit.insert(result.delivered_at.begin(), result.delivered_at.end());
          too_late = too_late || !result.accepted;
        }
      }
    }
    if (GetParam().one_thread()) {
      EXPECT_EQ(hit.size(), waits_per_victim) << "the sweep missed a wait";
      EXPECT_TRUE(too_late) << "the sweep ended before the victim";
    }
  }
};
JACKDAW_OVER_KINDS(cancelled_at_any_instant_test, virtual_kinds());

/// Where an alarm never rings while its task runs, or while another thread is about to note a request: there
/// one request that meets the deadline may be delivered twice (docs/guide.md, "Time").
class cancelled_beside_an_alarm_test : public cancelled_at_any_instant_test {};
JACKDAW_OVER_KINDS(cancelled_beside_an_alarm_test, one_thread_of(virtual_kinds()));

TEST_P(cancelled_at_any_instant_test, a_sleep_ends_once) {
  sweep({.wait_once = [](sweep_state&) -> task<void> { co_await sleep(1ms); }});
}

TEST_P(cancelled_at_any_instant_test, a_yield_ends_once) {
  sweep({.wait_once = [](sweep_state&) -> task<void> { co_await yield(); }});
}

task<void> wait_at_gate(sweep_state& state) { co_await state.gate.wait(); }

TEST_P(cancelled_at_any_instant_test, a_wait_for_an_event_ends_once) {
  sweep({.wait_once = &wait_at_gate,
         .partner = [](sweep_state& state) -> task<void> {
           while (true) {
             co_await sleep(1ms);
             state.gate.set();
             state.gate.clear();
           }
         },
         .bystander = &wait_at_gate});
}

// Holds it for a millisecond, gives it up, and queues again behind whoever waits.
template <auto hold>
task<void> hold_again_and_again(sweep_state& state) {
  while (true) {
    const auto held = co_await hold(state);
    EXPECT_EQ(state.inside.fetch_add(1), 0);
    const std::string end = co_await caught_from(sleep(1ms));
    EXPECT_EQ(state.inside.fetch_sub(1), 1);
    if (end != "done") {
      throw cancelled_error();
    }
  }
}

template <auto hold>
task<void> hold_for_an_instant(sweep_state& state) {
  const auto held = co_await hold(state);
  EXPECT_EQ(state.inside.fetch_add(1), 0);
  EXPECT_EQ(state.inside.fetch_sub(1), 1);
}

mutex::scoped_lock_awaiter lock_of(sweep_state& state) { return state.lock.scoped_lock(); }

TEST_P(cancelled_at_any_instant_test, a_mutex_has_one_owner_and_is_passed_on) {  // B30
  sweep({.wait_once = &hold_for_an_instant<&lock_of>,
         .partner = &hold_again_and_again<&lock_of>,
         .bystander = &hold_again_and_again<&lock_of>,
         .served = [](sweep_state& state) { return state.lock.is_locked(); }});
}

semaphore::scoped_acquire_awaiter permit_of(sweep_state& state) {
  return state.permits.scoped_acquire();
}

TEST_P(cancelled_at_any_instant_test,
       a_semaphore_keeps_its_permits_and_they_are_passed_on) {  // B30
  sweep({.wait_once = &hold_for_an_instant<&permit_of>,
         .partner = &hold_again_and_again<&permit_of>,
         .bystander = &hold_again_and_again<&permit_of>,
         .served = [](sweep_state& state) { return state.permits.available() == 0; }});
}

task<void> wait_for_change(sweep_state& state) {
  const auto held = co_await state.lock.scoped_lock();
  const std::string end = co_await caught_from(state.changed.wait());
  EXPECT_TRUE(state.lock.is_locked());
  EXPECT_EQ(state.inside.fetch_add(1), 0);
  EXPECT_EQ(state.inside.fetch_sub(1), 1);
  if (end != "done") {
    throw cancelled_error();
  }
}

TEST_P(cancelled_at_any_instant_test, a_wait_for_a_condition_holds_the_mutex_afterwards) {
  sweep({.wait_once = &wait_for_change,
         .partner = [](sweep_state& state) -> task<void> {
           while (true) {
             co_await sleep(1ms);
             const auto held = co_await state.lock.scoped_lock();
             state.changed.notify_all();
           }
         },
         .bystander = &wait_for_change});
}

task<void> put_number(sweep_state& state) {
  const int number = state.next_item.fetch_add(1);
  co_await state.items.put(number);
  state.put.add(number);
}

task<void> get_number(sweep_state& state) {
  const int number = co_await state.items.get();
  state.got.add(number);
}

template <sweep_task once>
task<void> again_and_again(sweep_state& state) {
  while (true) {
    co_await once(state);
  }
}

template <sweep_task once>
task<void> once_each_millisecond(sweep_state& state) {
  while (true) {
    co_await sleep(1ms);
    co_await once(state);
  }
}

TEST_P(cancelled_at_any_instant_test, a_get_loses_no_item_and_no_wake_up) {  // B31
  sweep({.wait_once = &get_number,
         .partner = &once_each_millisecond<&put_number>,
         .bystander = &again_and_again<&get_number>,
         .served = [](sweep_state& state) { return state.items.empty(); }});
}

TEST_P(cancelled_at_any_instant_test, a_put_loses_no_item_and_no_wake_up) {  // B31
  sweep({.wait_once = &put_number,
         .partner = [](sweep_state& state) -> task<void> {
           co_await put_number(state);
           co_await once_each_millisecond<&get_number>(state);
         },
         .bystander = &again_and_again<&put_number>,
         .served = [](sweep_state& state) { return !state.items.empty(); }});
}

/// Counted while it lives; ends by itself after a while.
task<int> child_of(sweep_state& state, duration wait) {
  struct counted {
    explicit counted(std::atomic<int>& alive) : count(alive) { count.fetch_add(1); }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { count.fetch_sub(1); }
    std::atomic<int>& count;
  };
  const counted alive(state.children);
  co_await sleep(wait);
  co_return 1;
}

TEST_P(cancelled_at_any_instant_test, a_join_leaves_no_child) {
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    co_await spawn(child_of(state, 1ms));
    EXPECT_EQ(state.children.load(), 0);
  }});
}

TEST_P(cancelled_at_any_instant_test, a_gather_leaves_no_child) {
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    co_await gather(child_of(state, 1ms), child_of(state, 0ms), child_of(state, 1ms));
    EXPECT_EQ(state.children.load(), 0);
  }});
}

TEST_P(cancelled_at_any_instant_test, a_race_leaves_no_child) {
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    std::exception_ptr interrupted;
    try {
      co_await race(child_of(state, 1ms), child_of(state, 24h));
    } catch (...) {
      interrupted = std::current_exception();
    }
    EXPECT_EQ(state.children.load(), 0);  // Also when it throws.
    if (interrupted) {
      std::rethrow_exception(interrupted);
    }
  }});
}

TEST_P(cancelled_at_any_instant_test, a_timeout_that_does_not_expire_passes_it_on) {
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    co_await timeout(24h, child_of(state, 1ms));
  }});
}

TEST_P(cancelled_beside_an_alarm_test, a_timeout_that_expires_does_not_swallow_it) {  // B29, B32
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    bool expired = false;
    try {
      co_await timeout(1ms, child_of(state, 24h));
    } catch (const timeout_error&) {
      expired = true;
    }
    EXPECT_TRUE(expired);
  }});
}

TEST_P(cancelled_at_any_instant_test, a_shield_keeps_it_from_the_task) {
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    const auto inner = spawn([](sweep_state& state) -> task<void> {
      try {
        co_await child_of(state, 1ms);
      } catch (const cancelled_error&) {
        state.inner_cancelled.fetch_add(1);
      }
    }(state));
    co_await shield(inner);
  }});
}

task<void> leave_again(sweep_state& state) {
  EXPECT_EQ(state.children.load(), 0);
  state.inside.fetch_sub(1);
  co_return;
}

TEST_P(cancelled_at_any_instant_test, finally_always_cleans_up) {
  sweep({.wait_once = [](sweep_state& state) -> task<void> {
    state.inside.fetch_add(1);
    co_await finally(child_of(state, 1ms), leave_again(state));
  }});
}

// A call ends when it ends, so at which wait the request arrives is chance.
TEST_P(cancelled_at_any_instant_test, to_thread_is_left_at_once_and_calls_once_or_not_at_all) {
  for (int turns = 0; turns < scaled(200); ++turns) {
    std::atomic<int> calls{0};
    std::atomic<int> returns{0};
    run([](std::atomic<int>& calls, std::atomic<int>& returns, int turns) -> task<void> {
      const auto victim =
          spawn([](std::atomic<int>& calls, std::atomic<int>& returns) -> task<void> {
            for (int index = 0; index < waits_per_victim; ++index) {
              co_await to_thread([&calls] { calls.fetch_add(1); });
              returns.fetch_add(1);
            }
          }(calls, returns));
      for (int turn = 0; turn < turns; ++turn) {
        co_await yield();
      }
      const bool accepted = victim.cancel();
      const std::string end = co_await end_of(victim);
      EXPECT_EQ(end, accepted ? "cancelled: " : "returned");
    }(calls, returns, turns % 20));
    EXPECT_LE(returns.load(), calls.load());
    EXPECT_LE(calls.load(), returns.load() + 1);
  }
}

}  // namespace
}  // namespace jackdaw
