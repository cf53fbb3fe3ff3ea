// tests/runtime/shield_test.cpp
//
// Goal: shield(): its waiter may leave at any moment, and what it waited for goes on and ends as if nobody
// had waited. Method: futures as inner ones, so that a test decides who ends first, over every runtime; on
// several workers, inner and outer ends that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::scaled;
using testing::settled;

class shield_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(shield_test, all_kinds());
class shield_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(shield_threads_test, testing::parallel_kinds());

template <class A>
task<std::string> end_of(A awaited) {
  try {
    co_return std::to_string(co_await awaited);
  } catch (const cancelled_error& error) {
    co_return "cancelled " + error.message();
  } catch (const std::exception& error) {
    co_return error.what();
  }
}

TEST_P(shield_test, it_ends_as_what_it_shields) {  // S102
  run([]() -> task<void> {
    for (const int how : {0, 1, 2}) {
      const future<int> inner;
      const auto outer = shield(inner);
      auto waiter = spawn(end_of(outer));
      co_await settled();
      EXPECT_FALSE(outer.done());
      if (how == 0) {
        inner.set_result(7);
      } else if (how == 1) {
        inner.set_exception(std::runtime_error("boom"));
      } else {
        inner.cancel("message of the inner");
      }
      const std::string end = co_await waiter;
      EXPECT_EQ(end, how == 0 ? "7" : (how == 1 ? "boom" : "cancelled "));
      EXPECT_EQ(outer.cancelled(), how == 2);
    }
  }());
}

TEST_P(shield_test, a_cancelled_waiter_leaves_and_what_it_waited_for_goes_on) {  // S102
  run([]() -> task<void> {
    const future<int> inner;
    const auto outer = shield(inner);
    const auto waiter = spawn(end_of(outer));
    co_await settled();
    EXPECT_TRUE(waiter.cancel("leave"));
    const std::string end = co_await waiter;
    EXPECT_EQ(end, "cancelled leave");
    EXPECT_TRUE(outer.cancelled());
    EXPECT_FALSE(inner.done());
    inner.set_result(1);
    co_await settled();
    EXPECT_TRUE(outer.cancelled());
    EXPECT_EQ(inner.result(), 1);
  }());
}

TEST_P(shield_test, of_what_is_done_it_is_done_at_once) {  // S102
  run([]() -> task<void> {
    const future<int> inner;
    inner.set_result(3);
    const auto before = this_task::scheduler().statistics().resumptions;
    const int value = co_await shield(inner);
    EXPECT_EQ(value, 3);
    const future<int> failed;
    failed.set_exception(std::runtime_error("boom"));
    const std::string end = co_await end_of(shield(failed));
    EXPECT_EQ(end, "boom");
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(shield_test, values_are_copied_and_moved_if_they_cannot_be) {
  run([]() -> task<void> {
    const future<std::string> text;
    const auto outer = shield(text);
    text.set_result(100, 'x');
    const std::string copy = co_await outer;
    EXPECT_EQ(copy.size(), 100U);
    EXPECT_EQ(text.result().size(), 100U) << "moved out of what others hold";
    const auto give = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(2); };
    const auto pointer = co_await shield(give());
    EXPECT_EQ(*pointer, 2);
    const auto nothing_at_all = []() -> task<void> { co_return; };
    co_await shield(nothing_at_all());
  }());
}

TEST_P(shield_test, a_coroutine_becomes_a_task_that_runs_on_without_its_waiter) {  // S102, S104
  run([]() -> task<void> {
    event gate;
    event ended;
    const auto work_on = [](event& open, event& done) -> task<void> {
      co_await open.wait();
      done.set();
    };
    {
      const auto outer = shield(work_on(gate, ended));
      outer.cancel();
    }
    co_await settled();
    gate.set();
    co_await ended.wait();  // Hangs if it was cancelled or destroyed.
  }());
}

TEST_P(shield_test, each_shield_of_the_same_thing_is_left_alone) {
  run([]() -> task<void> {
    const future<int> inner;
    const auto first = shield(inner);
    const auto second = shield(inner);
    EXPECT_TRUE(first.cancel());
    co_await settled();
    EXPECT_FALSE(second.done());
    inner.set_result(4);
    const std::string end = co_await end_of(second);
    EXPECT_EQ(end, "4");
  }());
}

TEST_P(shield_test, a_gather_can_be_shielded) {
  run([]() -> task<void> {
    const std::vector<future<int>> each(2);
    auto outer = shield(gather(each));
    each[0].set_result(1);
    each[1].set_result(2);
    const std::vector<int> values = co_await outer;
    EXPECT_EQ(values[1], 2);
  }());
}

TEST_P(shield_test, what_it_shields_may_go_without_an_end) {
  run([]() -> task<void> {
    future<int> outer = shield(future<int>());
    co_await settled();
    EXPECT_FALSE(outer.done());
    EXPECT_TRUE(outer.cancel());
    co_await settled();
    static_cast<void>(shield(future<int>()));  // Both go; nothing may be left (leak checkers).
  }());
}

task<void> fail_after(event& gate) {
  co_await gate.wait();
  throw std::runtime_error("boom");
}

template <class T>
task<T> await_shielded(join_handle<T> inner) {
  co_return co_await shield(inner);
}

TEST_P(shield_test, an_exception_is_reported_if_the_waiter_left_before) {  // S103
  expect_failures();
  run([]() -> task<void> {
    event gate;
    {
      auto inner = spawn(fail_after(gate), "inner");
      const auto waiter = spawn(await_shielded(inner));
      co_await settled();
      waiter.cancel();
      co_await settled();
      EXPECT_TRUE(waiter.cancelled());
      EXPECT_FALSE(inner.done());
    }
    gate.set();
    co_await settled();
  }());
  EXPECT_EQ(failures().text(),
            "Task exception was never retrieved|inner|std::runtime_error: boom\n");
}

task<void> yield_some(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

// Waits behind a shield, is cancelled, and then waits for something that nobody ends early.
task<bool> leave_and_wait(join_handle<void> inner, event& never_set) {
  bool left = false;
  try {
    co_await shield(inner);
  } catch (const cancelled_error&) {
    left = true;
  }
  if (left) {
    try {
      co_await never_set.wait();
      co_return false;
    } catch (const cancelled_error&) {
    }
  }
  co_return true;
}

TEST_P(shield_test, the_end_of_the_task_wakes_no_waiter_that_has_left) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      event never_set;
      auto inner = spawn(yield_some(round % 4));
      auto waiter = spawn(leave_and_wait(inner, never_set));
      co_await yield_some(round % 3);
      waiter.cancel();
      co_await inner;
      while (!waiter.done()) {  // Two requests may have been delivered as one (S71).
        co_await yield();
        waiter.cancel();
      }
      bool undisturbed = true;
      try {
        undisturbed = co_await std::move(waiter);
      } catch (const cancelled_error&) {
      }
      EXPECT_TRUE(undisturbed) << "round " << round;
    }
  }());
}

task<void> set_soon(future<int> one, int turns, bool fails) {
  co_await yield_some(turns);
  if (fails) {
    one.set_exception(std::runtime_error("boom"));
  } else {
    one.set_result(1);
  }
}

task<void> cancel_soon(future<int> one, int turns) {
  co_await yield_some(turns);
  one.cancel("outer");
}

TEST_P(shield_threads_test, inner_and_outer_may_end_in_the_same_instant) {  // B26
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      const bool fails = round % 2 == 0;
      const future<int> inner;
      {
        const auto outer = shield(inner);
        auto waiter = spawn(end_of(outer));
        co_await gather(set_soon(inner, round % 3, fails), cancel_soon(outer, round % 4));
        const std::string end = co_await waiter;
        EXPECT_TRUE(end == (fails ? "boom" : "1") || end == "cancelled outer") << end;
        EXPECT_EQ(outer.cancelled(), end == "cancelled outer");
      }
      EXPECT_EQ(inner.exception() != nullptr, fails);  // Seen, so nothing may be reported.
    }
  }());
}

TEST_P(shield_threads_test, either_of_them_may_be_dropped_while_the_other_ends) {  // B23
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      future<int> inner;
      future<int> outer = shield(inner);
      auto setter = spawn(set_soon(inner, round % 3, false));
      auto canceller = spawn(cancel_soon(outer, round % 4));
      inner = future<int>();
      outer = future<int>();
      co_await gather(std::move(setter), std::move(canceller));
    }
  }());
}

task<void> keep_until(future<int> /*dropped at the end*/, const std::atomic<int>& begun,
                      int round) {
  while (begun.load() < round) {
  }
  co_return;
}

task<void> do_nothing() { co_return; }

// Nobody ends it, and the shield has no reference.
TEST_P(shield_threads_test, what_it_shields_may_go_while_its_waiter_leaves) {
  run([]() -> task<void> {
    std::atomic<int> begun{0};
    for (int round = 1; round <= scaled(5'000); ++round) {
      future<int> inner;
      const future<int> outer = shield(inner);
      const auto keeper = spawn(keep_until(std::move(inner), begun, round));
      const auto other = spawn(do_nothing());  // The worker's next: the keeper is for others.
      begun = round;
      outer.cancel();
      co_await keeper;
      co_await other;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
