// tests/runtime/eager_test.cpp
//
// Goal: eager start (S60): the first step runs inside of spawn(), as the new task, and from then on the task
// is like any other; in the loop as with CPython, in a pool on the spawner's worker. Method: traces of what
// runs before spawn() returns, over every runtime; many that suspend at once, over pools. Orders against
// CPython: the conformance cases v312_eager_*.
#include "../support/leak_check.hpp"
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class eager_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(eager_test, all_kinds());

template <class T>
join_handle<T> eager(task<T> body, std::string_view name = {}) {
  return spawn(std::move(body), {.name = name, .eager_start = true});
}

task<std::string> name_of_this() { co_return this_task::name(); }

task<int> waits_for(event& gate, trace& log) {
  log.add("begins");
  co_await gate.wait();
  log.add("ends");
  co_return 1;
}

TEST_P(eager_test, a_coroutine_that_never_suspends_is_done_when_spawn_returns) {
  run([]() -> task<void> {
    const auto spawner = this_task::name();
    const auto task = eager(name_of_this(), "E");
    EXPECT_TRUE(task.done());
    EXPECT_EQ(task.result(), "E");
    EXPECT_EQ(this_task::name(), spawner);
    EXPECT_EQ(co_await task, "E");
  }());
}

TEST_P(eager_test, one_that_suspends_goes_on_as_a_task) {
  run([]() -> task<void> {
    event gate;
    trace log;
    const auto task = eager(waits_for(gate, log));
    EXPECT_EQ(log, "begins");
    EXPECT_FALSE(task.done());
    gate.set();
    EXPECT_EQ(co_await task, 1);
    EXPECT_EQ(log, "begins ends");
  }());
}

TEST_P(eager_test, what_the_first_step_throws_is_stored) {
  run([]() -> task<void> {
    const auto task = eager([]() -> jackdaw::task<int> {
      throw std::runtime_error("boom");
      co_return 1;
    }());
    EXPECT_TRUE(task.done());
    EXPECT_THROW(task.result(), std::runtime_error);
    co_return;
  }());
}

TEST_P(eager_test, one_that_nobody_looks_at_is_reported) {  // S179
  expect_failures();
  run([]() -> task<void> {
    eager(
        []() -> task<int> {
          throw std::runtime_error("boom");
          co_return 1;
        }(),
        "E");
    co_return;
  }());
  EXPECT_EQ(failures().text(), "Task exception was never retrieved|E|std::runtime_error: boom\n");
}

TEST_P(eager_test, eager_steps_nest) {
  run([]() -> task<void> {
    const auto outer = eager(
        []() -> task<std::string> {
          const auto inner = eager(name_of_this(), "inner");
          const auto mine = this_task::name();
          co_return co_await inner + " in " + mine;
        }(),
        "outer");
    EXPECT_TRUE(outer.done());
    EXPECT_EQ(co_await outer, "inner in outer");
  }());
}

TEST_P(eager_test, a_cancellation_finds_it_where_it_waits) {
  run([]() -> task<void> {
    event never_set;
    trace log;
    const auto task = eager(waits_for(never_set, log));
    EXPECT_TRUE(task.cancel());
    co_await settled();
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(log, "begins");  // One that is not eager would never have begun.
  }());
}

TEST_P(eager_test, it_is_among_all_tasks_only_while_it_is_not_done) {  // S54
  run([]() -> task<void> {
    auto& tasks = current_scheduler().tasks();
    const auto before = tasks.alive();
    event gate;
    trace log;
    eager(name_of_this());
    EXPECT_EQ(tasks.alive(), before);
    const auto task = eager(waits_for(gate, log));
    EXPECT_EQ(tasks.alive(), before + 1);
    gate.set();
    co_await task;
  }());
}

TEST_P(eager_test, its_context_is_a_copy) {  // S60, S191
  static const context_var<int> var("var", 0);
  run([]() -> task<void> {
    var.set(1);
    const auto task = eager([]() -> jackdaw::task<int> {
      const int seen = var.get();
      var.set(2);
      co_return seen;
    }());
    EXPECT_EQ(co_await task, 1);
    EXPECT_EQ(var.get(), 1);
  }());
}

TEST_P(eager_test, its_frame_dies_before_spawn_returns) {  // S57
  run([]() -> task<void> {
    const auto before = live_frames();
    const auto task = eager(name_of_this());
    EXPECT_EQ(live_frames(), before + 1);  // The record, which keeps the result.
    co_return;
  }());
}

TEST_P(eager_test, many_that_suspend_at_once_are_woken_elsewhere) {
  run([]() -> task<void> {
    std::atomic<int> ended = 0;
    const auto turns = [](std::atomic<int>& count) -> task<void> {
      co_await yield();
      co_await yield();
      ++count;
    };
    const int rounds = scaled(2'000);
    for (int round = 0; round < rounds; ++round) {
      const auto first = eager(turns(ended));
      const auto second = eager(turns(ended));
      co_await first;
      co_await second;
    }
    EXPECT_EQ(ended, 2 * rounds);
  }());
}

TEST_P(eager_test, from_another_thread_it_starts_as_usual) {
  if (GetParam().is_loop()) {
    GTEST_SKIP() << "tasks of a loop are made on its thread";
  }
  run([]() -> task<void> {
    const auto elsewhere = [](scheduler& home) -> join_handle<std::thread::id> {
      join_handle<std::thread::id> made;
      std::thread([&] {
        made = spawn_on(
            home, []() -> task<std::thread::id> { co_return std::this_thread::get_id(); }(),
            task_options{.eager_start = true});
        const bool ran_here = made.done() && made.result() == std::this_thread::get_id();
        EXPECT_FALSE(ran_here);
      }).join();
      return made;
    };
    const auto task = elsewhere(this_task::scheduler());
    co_await task;
  }());
}

class eager_loop_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(eager_loop_test, {testing::asyncio_loop()});

TEST_P(eager_loop_test, done_callbacks_take_a_turn_all_the_same) {
  run([]() -> task<void> {
    trace log;
    const auto task = eager(name_of_this());
    task.add_done_callback([&](const auto& /*unused*/) { log.add("callback"); });
    EXPECT_EQ(log, "");
    co_await yield();
    EXPECT_EQ(log, "callback");
  }());
}

TEST_P(eager_loop_test, with_the_eager_factory_all_tasks_begin_where_they_are_made) {
  run([]() -> task<void> {
    auto& loop = asyncio::get_running_loop();
    EXPECT_EQ(loop.get_task_factory(), asyncio::task_factory::standard);
    loop.set_task_factory(asyncio::eager_task_factory);
    EXPECT_EQ(loop.get_task_factory(), asyncio::eager_task_factory);
    EXPECT_TRUE(spawn(name_of_this()).done());
    EXPECT_TRUE(loop.create_task(name_of_this()).done());
    auto all = gather(name_of_this(), name_of_this());
    EXPECT_TRUE(all.done());
    loop.set_task_factory(asyncio::task_factory::standard);
    const auto lazy = spawn(name_of_this());
    EXPECT_FALSE(lazy.done());
    co_await lazy;
  }());
}

TEST_P(eager_loop_test, an_order_to_end_the_loop_ends_it_after_the_step_that_made_the_task) {
  expect_failures();  // Nobody has fetched it from the task.
  trace log;
  EXPECT_THROW(run([](trace& seen) -> task<void> {
                 const auto made = eager([]() -> task<void> {
                   throw keyboard_interrupt("now");
                   co_return;
                 }());
                 seen.add(made.done() ? "done" : "pending");
                 co_await yield();
                 seen.add("on");
               }(log)),
               keyboard_interrupt);
  EXPECT_EQ(log.text().substr(0, 4), "done");
}

}  // namespace
}  // namespace jackdaw
