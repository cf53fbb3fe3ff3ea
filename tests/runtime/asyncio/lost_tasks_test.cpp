// tests/runtime/asyncio/lost_tasks_test.cpp
//
// Goal: tasks that nothing can wake any more are destroyed in the next turn and reported, with all that
// waits for them; whatever can still be woken, by a handle, a timer, a thread, is left alone (S55). Method:
// tasks that await futures, or each other, whose handles go one by one; a member of their frames tells
// when they die, and frames are counted. (Handles that go are in vectors: clang 19 miscompiles a coroutine that
// resets a std::optional of one, see docs/compilers.md.)
#include "../../support/leak_check.hpp"
#include "../../support/runtime_test.hpp"
#include <jackdaw/runtime/asyncio/asyncio.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;

/// What happened, in order: frames that died, failures that were reported.
using journal = std::vector<std::string>;

/// In a frame: tells when that dies.
struct mortal {
  mortal(journal& events, std::string who) : told(&events), name(std::move(who)) {}
  mortal(const mortal&) = delete;
  mortal& operator=(const mortal&) = delete;
  ~mortal() { told->push_back(name + " dies"); }
  journal* told;
  std::string name;
};

template <class Awaited>
task<void> waits_for(journal& events, std::string name, Awaited awaited) {
  const mortal frame(events, std::move(name));
  co_await std::move(awaited);
  events.push_back(frame.name + " goes on");
}

/// Runs `main(events)` in a loop with virtual time; reports go into the journal.
template <class F>
journal journal_of(F main) {
  journal events;
  runner_options options;
  options.virtual_time = true;
  options.on_failure = [&events](const failure& failure) {
    events.push_back(failure.task_name + ": " + failure.message);
  };
  run(main(events), std::move(options));
  return events;
}

task<void> nap(duration time) { co_await sleep(time); }

const std::string destroyed = ": Task was destroyed but it is pending!";

TEST(lost_tasks_test, a_task_whose_future_nobody_else_holds_is_destroyed_and_reported) {
  const journal events = journal_of([](journal& events) -> task<void> {
    spawn(waits_for(events, "T", future<void>()), "T");
    co_await yield();
    events.push_back("the task waits");
    co_await yield();
    events.push_back("a turn later");
  });
  EXPECT_EQ(events, (journal{"the task waits", "T dies", "T" + destroyed, "a turn later"}));
}

TEST(lost_tasks_test, it_is_lost_when_the_last_handle_of_the_future_goes) {
  const journal events = journal_of([](journal& events) -> task<void> {
    std::vector<future<void>> setter(1);
    spawn(waits_for(events, "T", setter.front()), "T");
    co_await sleep(1s);
    events.push_back("the handle goes");
    setter.clear();
    co_await sleep(1s);
    events.push_back("the end");
  });
  EXPECT_EQ(events, (journal{"the handle goes", "T dies", "T" + destroyed, "the end"}));
}

TEST(lost_tasks_test, it_is_lost_when_the_last_handle_of_the_task_goes) {
  const journal events = journal_of([](journal& events) -> task<void> {
    join_handle<void> handle = spawn(waits_for(events, "T", future<void>()), "T");
    co_await sleep(1s);
    events.push_back("the handle goes");
    handle = {};
    co_await sleep(1s);
    events.push_back("the end");
  });
  EXPECT_EQ(events, (journal{"the handle goes", "T dies", "T" + destroyed, "the end"}));
}

TEST(lost_tasks_test, those_that_wait_for_a_lost_one_are_lost_with_it_outermost_first) {
  const journal events = journal_of([](journal& events) -> task<void> {
    auto inner = spawn(waits_for(events, "inner", future<void>()), "inner");
    auto middle = spawn(waits_for(events, "middle", std::move(inner)), "middle");
    inner = {};
    auto outer = spawn(waits_for(events, "outer", std::move(middle)), "outer");
    middle = {};
    co_await sleep(1s);
    events.push_back("the handle goes");
    outer = {};
    co_await sleep(1s);
    events.push_back("the end");
  });
  EXPECT_EQ(events, (journal{"the handle goes", "outer dies", "outer" + destroyed, "middle dies",
                             "middle" + destroyed, "inner dies", "inner" + destroyed, "the end"}));
}

TEST(lost_tasks_test, all_that_share_a_lost_future_are_lost) {
  const journal events = journal_of([](journal& events) -> task<void> {
    std::vector<future<void>> setter(1);
    spawn(waits_for(events, "A", setter.front()), "A");
    spawn(waits_for(events, "B", setter.front()), "B");
    co_await yield();
    setter.clear();
    co_await sleep(1s);
  });
  EXPECT_EQ(events, (journal{"B dies", "B" + destroyed, "A dies", "A" + destroyed}));
}

TEST(lost_tasks_test, a_handle_of_any_task_of_the_chain_keeps_all_of_it) {
  const journal events = journal_of([](journal& events) -> task<void> {
    auto inner = spawn(waits_for(events, "inner", future<void>()), "inner");
    auto outer = spawn(waits_for(events, "outer", std::move(inner)), "outer");
    inner = {};
    co_await sleep(1h);
    events.push_back("cancel");
    outer.cancel();
    co_await sleep(1s);
    EXPECT_TRUE(outer.cancelled());
  });
  EXPECT_EQ(events, (journal{"cancel", "inner dies", "outer dies"}));
}

TEST(lost_tasks_test, one_of_two_waiters_that_has_a_handle_keeps_both) {
  const journal events = journal_of([](journal& events) -> task<void> {
    std::vector<future<void>> setter(1);
    const auto a = spawn(waits_for(events, "A", setter.front()), "A");
    spawn(waits_for(events, "B", setter.front()), "B");
    co_await yield();
    setter.clear();
    co_await sleep(1h);
    events.push_back("cancel");
    a.cancel();  // Ends the future, and so B too.
    co_await sleep(1s);
  });
  EXPECT_EQ(events, (journal{"cancel", "A dies", "B dies"}));
}

TEST(lost_tasks_test, a_task_that_a_time_limit_can_wake_is_not_lost) {
  const journal events = journal_of([](journal& events) -> task<void> {
    spawn([](journal& events) -> task<void> {
      try {
        co_await timeout(1h, waits_for(events, "T", future<void>()));
      } catch (const timeout_error&) {
        events.push_back("timed out");
      }
    }(events));
    co_await sleep(2h);
  });
  EXPECT_EQ(events, (journal{"T dies", "timed out"}));
}

TEST(lost_tasks_test, one_that_waits_for_a_timer_a_thread_or_a_running_task_is_not_lost) {
  const journal events = journal_of([](journal& events) -> task<void> {
    spawn(waits_for(events, "sleeper", nap(1s)));
    spawn(waits_for(events, "joiner", spawn(nap(2s))));
    spawn(waits_for(events, "shielded", shield(spawn(nap(3s)))));
    spawn(waits_for(events, "gatherer", gather(nap(4s), nap(4s))));
    co_await sleep(5s);
    spawn(waits_for(events, "threaded", run_in_executor([] {})));
    co_await sleep(1s);
  });
  EXPECT_EQ(events, (journal{"sleeper goes on", "sleeper dies", "joiner goes on", "joiner dies",
                             "shielded goes on", "shielded dies", "gatherer goes on",
                             "gatherer dies", "threaded goes on", "threaded dies"}));
}

TEST(lost_tasks_test, a_future_that_is_set_before_the_loop_looks_loses_nobody) {
  const journal events = journal_of([](journal& events) -> task<void> {
    std::vector<future<void>> setter(1);
    spawn(waits_for(events, "T", setter.front()));
    co_await yield();
    setter.front().set_result();
    setter.clear();
    co_await sleep(1s);
  });
  EXPECT_EQ(events, (journal{"T goes on", "T dies"}));
}

TEST(lost_tasks_test, a_task_that_gets_another_handle_before_the_loop_looks_is_kept) {
  const journal events = journal_of([](journal& events) -> task<void> {
    join_handle<void> handle = spawn(waits_for(events, "T", future<void>()));
    co_await yield();
    co_await yield();
    const auto current = all_tasks();
    handle = {};
    co_await sleep(1h);
    current.back().cancel();  // In the order of creation.
    co_await yield();
    EXPECT_EQ(current.size(), 2U);
  });
  EXPECT_EQ(events.front(), "T dies");
  EXPECT_EQ(events.size(), 1U);
}

TEST(lost_tasks_test, tasks_that_wait_for_each_other_wait_for_the_end_of_the_loop) {
  const journal events = journal_of([](journal& events) -> task<void> {
    future<join_handle<void>> other;
    const auto through = [](journal& events, std::string name,
                            future<join_handle<void>> whom) -> task<void> {
      join_handle<void> awaited = co_await whom;
      whom = future<join_handle<void>>();
      co_await waits_for(events, std::move(name), std::move(awaited));
    };
    auto a = spawn(through(events, "A", other));
    auto b = spawn(waits_for(events, "B", a));
    other.set_result(std::move(b));
    co_await sleep(1s);
    events.push_back("the end");
  });
  EXPECT_EQ(events.front(), "the end");
}

}  // namespace
}  // namespace jackdaw::asyncio
