// tests/runtime/task_group_test.cpp
//
// Goal: a group leaves nobody behind, tells everything that went wrong, takes back its own cancellation and
// never another one, on whatever workers its tasks end. Method: bodies and children that fail, swallow and
// replace cancellations, over every runtime; on several workers, failures that meet the end of the body and
// cancellations from outside. What depends on order is in the conformance cases taskgroup_*.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::parallel_kinds;
using testing::pool_kinds;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;
using testing::trace;
using testing::virtual_kinds;

template <class Predicate>
std::vector<runtime_kind> kinds_that(Predicate&& wanted) {
  std::vector<runtime_kind> kinds = all_kinds();
  std::erase_if(kinds, [&](const runtime_kind& kind) { return !wanted(kind); });
  return kinds;
}

class task_group_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_group_test, all_kinds());
class task_group_time_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_group_time_test, virtual_kinds());
class task_group_one_thread_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_group_one_thread_test,
                   kinds_that([](const runtime_kind& kind) { return kind.one_thread(); }));
class task_group_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_group_order_test,
                   kinds_that([](const runtime_kind& kind) { return kind.keeps_order(); }));
class task_group_pool_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_group_pool_test, pool_kinds());
class task_group_race_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_group_race_test, parallel_kinds());

task<void> forever() { co_await sleep(24h); }

task<void> next_suspension() { co_await yield(); }

task<void> fail_after(int turns, std::string text) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  throw std::runtime_error(text);
}

task<void> fail_when_cancelled(std::string text) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    throw std::runtime_error(text);
  }
}

task<int> sleep_and(int value) {
  co_await sleep(0s);
  co_return value;
}

task<void> set_flag(bool& flag) {
  flag = true;
  co_return;
}

task<void> wait_for_event(event& gate) { co_await gate.wait(); }

task<void> await_handle(join_handle<void> handle) { co_await handle; }

// "group(a b)" of a group whose errors are std::exceptions or groups; sorted where nobody promises an order.
std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const any_exception_group& group) {
    trace members;
    for (const std::exception_ptr& member : group.exceptions()) {
      members.add(text_of(member));
    }
    return "group(" + members.sorted() + ")";
  } catch (const cancelled_error& cancelled) {
    return "cancelled:" + cancelled.message();
  } catch (const base_exception& order) {
    return "order:" + order.message();
  } catch (const std::exception& other) {
    return other.what();
  }
}

// How awaiting it ended: "" or the text of what it threw.
template <class T>
task<std::string> end_of(task<T> body) {
  std::exception_ptr error;
  try {
    co_await std::move(body);
    co_return "";
  } catch (...) {
    error = std::current_exception();
  }
  co_return text_of(error);
}

// Nothing of a group is left: no request is counted, none is due.
task<void> expect_unharmed() {
  EXPECT_EQ(this_task::cancelling(), 0U);
  const std::string end = co_await end_of(next_suspension());
  EXPECT_EQ(end, "") << "a cancellation was left behind";
}

// -- What it gives ----------------------------------------------------------------------------------

TEST_P(task_group_test, the_body_runs_in_the_same_task_and_its_value_is_returned) {  // S122
  run([]() -> task<void> {
    const task_record* const me = &current_task();
    const auto value =
        co_await with_task_group([&](task_group& group) -> task<std::unique_ptr<int>> {
          EXPECT_EQ(&current_task(), me);
          group.create_task(sleep_and(7));
          co_return std::make_unique<int>(7);
        });
    EXPECT_EQ(*value, 7);
    co_await expect_unharmed();
  }());
}

TEST_P(task_group_one_thread_test, leaving_a_group_without_tasks_yields_to_nobody) {  // S122
  run([]() -> task<void> {
    bool others_ran = false;
    const auto other = spawn(set_flag(others_ran));
    co_await with_task_group([](task_group& /*unused*/) -> task<void> { co_return; });
    EXPECT_FALSE(others_ran);
    co_await other;
  }());
}

task<void> grow(task_group& group, int depth, std::atomic<int>& alive) {
  alive.fetch_add(1);
  for (int child = 0; depth > 0 && child < 2; ++child) {
    group.create_task(grow(group, depth - 1, alive));
  }
  co_await yield();
  alive.fetch_sub(1);
}

TEST_P(task_group_test, leaving_waits_for_tasks_that_tasks_create) {  // S110
  run([]() -> task<void> {
    for (int round = 0; round < scaled(50); ++round) {
      std::atomic<int> alive{0};
      co_await with_task_group([&](task_group& group) -> task<void> {
        group.create_task(grow(group, 5, alive));
        co_return;
      });
      EXPECT_EQ(alive.load(), 0);
    }
  }());
}

task<std::string> own_name() { co_return this_task::name(); }

TEST_P(task_group_test, a_task_has_its_name_and_its_result_after_the_group) {  // S120
  run([]() -> task<void> {
    join_handle<std::string> named;
    co_await with_task_group([&](task_group& group) -> task<void> {
      named = group.create_task(own_name(), "Anna");
      co_return;
    });
    EXPECT_TRUE(named.done());
    EXPECT_EQ(named.result(), "Anna");
  }());
}

task<void> set_number(const context_var<int>& number, int value) {
  number.set(value);
  co_return;
}

TEST_P(task_group_test, a_task_runs_in_a_copy_of_the_context_or_in_the_one_that_is_given) {  // S120
  run([]() -> task<void> {
    static const context_var<int> number("number", 0);
    number.set(1);
    const context other = copy_context();
    co_await with_task_group([&](task_group& group) -> task<void> {
      group.create_task(set_number(number, 2));
      group.create_task(set_number(number, 3), "", other);
      co_return;
    });
    EXPECT_EQ(number.get(), 1);
    EXPECT_EQ(other.at(number), 3);
  }());
}

// -- Errors -----------------------------------------------------------------------------------------

TEST_P(task_group_test, the_first_failure_ends_the_other_tasks_and_the_body) {  // S111, S113, S119
  run([]() -> task<void> {
    join_handle<void> other;
    bool body_ended = false;
    std::exception_ptr error;
    try {
      co_await with_task_group([&](task_group& group) -> task<void> {
        other = group.create_task(forever());
        group.create_task(fail_after(3, "first"));
        co_await forever();
        body_ended = true;
      });
    } catch (const exception_group& group) {
      EXPECT_EQ(group.message(), "unhandled errors in a TaskGroup");
      error = std::current_exception();
    }
    EXPECT_EQ(text_of(error), "group(first)");
    EXPECT_TRUE(other.cancelled());
    EXPECT_FALSE(body_ended);
    co_await expect_unharmed();
  }());
}

TEST_P(task_group_test, it_also_ends_while_the_parent_waits_for_it) {  // S111, S119
  run([]() -> task<void> {
    const std::string end = co_await end_of(with_task_group([](task_group& group) -> task<void> {
      group.create_task(forever());
      group.create_task(fail_when_cancelled("second"));
      co_await settled();  // Cancelled before its first step it would never run.
      group.create_task(fail_after(3, "first"));
    }));
    EXPECT_EQ(end, "group(first second)");
    co_await expect_unharmed();
  }());
}

TEST_P(task_group_test, an_error_of_the_body_ends_the_tasks_and_joins_theirs) {  // S115
  run([]() -> task<void> {
    const std::string end = co_await end_of(with_task_group([](task_group& group) -> task<void> {
      group.create_task(forever());
      group.create_task(fail_when_cancelled("child"));
      co_await settled();
      throw std::runtime_error("body");
    }));
    EXPECT_EQ(end, "group(body child)");
    co_await expect_unharmed();
  }());
}

TEST_P(task_group_test, a_cancelled_task_is_no_error_and_ends_nobody) {  // S114
  run([]() -> task<void> {
    event gate;
    join_handle<void> other;
    co_await with_task_group([&](task_group& group) -> task<void> {
      const auto cancelled = group.create_task(forever());
      other = group.create_task(wait_for_event(gate));
      co_await settled();
      cancelled.cancel();
      co_await settled();
      EXPECT_TRUE(cancelled.cancelled());
      gate.set();
    });
    EXPECT_FALSE(other.cancelled());
    co_await expect_unharmed();
  }());
}

TEST_P(task_group_test,
       an_odd_error_makes_a_group_that_handlers_of_std_exception_let_pass) {  // S113
  struct odd : base_exception {};
  run([]() -> task<void> {
    bool passed = false;
    try {
      co_await with_task_group([](task_group& /*unused*/) -> task<void> {
        throw odd();
        co_return;
      });
    } catch (const std::exception&) {
      ADD_FAILURE();
    } catch (const base_exception_group&) {
      passed = true;
    }
    EXPECT_TRUE(passed);
  }());
}

TEST_P(task_group_test, an_order_to_end_from_the_body_is_thrown_bare) {  // S118
  run([]() -> task<void> {
    const std::string end = co_await end_of(with_task_group([](task_group& group) -> task<void> {
      group.create_task(fail_when_cancelled("child"));
      co_await settled();
      throw system_exit("now");
    }));
    EXPECT_EQ(end, "order:now");
    co_await expect_unharmed();
  }());
}

task<void> order_to_end() {
  throw keyboard_interrupt("now");
  co_return;
}

TEST_P(task_group_pool_test,
       an_order_to_end_from_a_task_is_thrown_bare_and_delivered_once) {  // S118
  run([]() -> task<void> {
    for (int round = 0; round < scaled(500); ++round) {
      const std::string end = co_await end_of(with_task_group([&](task_group& group) -> task<void> {
        group.create_task(order_to_end());
        if (round % 2 == 0) {
          co_await forever();
        }
      }));
      EXPECT_EQ(end, "order:now");
      EXPECT_EQ(this_task::cancelling(), 1U);  // asyncio leaves it.
      const std::string after = co_await end_of(next_suspension());
      EXPECT_EQ(after, "") << "round " << round;
      this_task::uncancel();
    }
  }());
}

// -- Cancellations from outside -----------------------------------------------------------------------

task<void> slow_to_end(event& gate) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
  }
  co_await gate.wait();
}

task<void> group_of(task<void> child, bool body_waits) {
  co_await with_task_group([&](task_group& group) -> task<void> {
    group.create_task(std::move(child));
    if (body_waits) {
      co_await forever();
    }
  });
}

TEST_P(task_group_test, a_cancellation_waits_for_the_tasks_and_absorbs_others) {  // S116
  run([]() -> task<void> {
    for (const bool body_waits : {true, false}) {
      event gate;
      auto parent = spawn(group_of(slow_to_end(gate), body_waits));
      for (const char* message : {"first", "second", "third"}) {
        co_await settled();
        EXPECT_TRUE(parent.cancel(message));
      }
      co_await settled();
      EXPECT_FALSE(parent.done());
      gate.set();
      const std::string end = co_await end_of(await_handle(parent));
      EXPECT_EQ(end, "cancelled:first");
      EXPECT_TRUE(parent.cancelled());
      EXPECT_EQ(parent.cancelling(), 3U);
    }
  }());
}

// What the group threw, and what the next suspension threw.
task<std::string> group_and_next(task<void> scope) {
  std::string text = co_await end_of(std::move(scope));
  text += " " + std::to_string(this_task::cancelling()) + " ";
  text += co_await end_of(next_suspension());
  co_return text;
}

TEST_P(task_group_test, errors_go_before_a_cancellation_which_comes_next) {  // S117
  run([]() -> task<void> {
    for (const bool body_waits : {true, false}) {
      auto parent = spawn(group_and_next(group_of(fail_when_cancelled("child"), body_waits)));
      co_await settled();
      parent.cancel();
      const std::string end = co_await parent;
      EXPECT_EQ(end, "group(child) 1 cancelled:");
    }
  }());
}

task<void> two_tasks(event& gate) {
  co_await with_task_group([&](task_group& group) -> task<void> {
    group.create_task(slow_to_end(gate));
    group.create_task(fail_after(2, "first"));
    co_return;
  });
}

TEST_P(task_group_test,
       a_cancellation_that_comes_after_a_failure_is_not_taken_back_with_it) {  // S117
  run([]() -> task<void> {
    event gate;
    auto parent = spawn(group_and_next(two_tasks(gate)));
    co_await settled();  // One failed, the other cleans up.
    parent.cancel();
    co_await settled();
    gate.set();
    const std::string end = co_await parent;
    EXPECT_EQ(end, "group(first) 1 cancelled:");
  }());
}

TEST_P(task_group_time_test, a_deadline_ends_the_tasks_and_stays_a_deadline) {  // S124
  run([]() -> task<void> {
    for (const bool body_waits : {true, false}) {
      const std::string end = co_await end_of(timeout(1s, group_of(forever(), body_waits)));
      EXPECT_EQ(end, timeout_error().what());
      co_await expect_unharmed();
    }
  }());
}

task<void> fail_after_time(duration wait, std::string text) {
  co_await sleep(wait);
  throw std::runtime_error(text);
}

task<void> clean_up_for(duration wait) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
  }
  co_await sleep(wait);
}

TEST_P(task_group_time_test, groups_of_which_both_fail_take_back_one_request_each) {  // S117
  run([]() -> task<void> {
    std::string inner_end;
    const std::string end = co_await end_of(with_task_group([&](task_group& outer) -> task<void> {
      outer.create_task(fail_after_time(2s, "outer"));
      inner_end = co_await group_and_next(with_task_group([](task_group& inner) -> task<void> {
        inner.create_task(fail_after_time(1s, "inner"));
        inner.create_task(clean_up_for(5s));
        co_await forever();
      }));
    }));
    EXPECT_EQ(inner_end, "group(inner) 1 cancelled:");
    EXPECT_EQ(end, "group(outer)");
    co_await expect_unharmed();
  }());
}

task<void> say_when_cancelled(trace& log, int number) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    log.add("", number);
    throw;
  }
}

TEST_P(task_group_order_test, tasks_are_cancelled_in_the_order_of_their_creation) {  // S112
  run([]() -> task<void> {
    trace log;
    const std::string end = co_await end_of(with_task_group([&](task_group& group) -> task<void> {
      for (int child = 0; child < 5; ++child) {
        group.create_task(say_when_cancelled(log, child));
      }
      co_await yield();
      throw std::runtime_error("body");
    }));
    EXPECT_EQ(end, "group(body)");
    EXPECT_EQ(log, "0 1 2 3 4");
  }());
}

// -- Wrong moments ------------------------------------------------------------------------------------

// Sets a flag when it is destroyed, wherever it was moved to.
class says_when_gone {
 public:
  explicit says_when_gone(bool& flag) : flag_(&flag) {}
  says_when_gone(says_when_gone&& other) noexcept : flag_(std::exchange(other.flag_, nullptr)) {}
  says_when_gone& operator=(says_when_gone&&) = delete;
  ~says_when_gone() {
    if (flag_ != nullptr) {
      *flag_ = true;
    }
  }

 private:
  bool* flag_;
};

task<void> never_runs(says_when_gone /*kept*/) {
  ADD_FAILURE() << "a coroutine that was refused runs";
  co_return;
}

// Why the group refuses a task; "" if it does not.
std::string refusal_of(task_group& group) {
  bool gone = false;
  std::string why;
  try {
    group.create_task(never_runs(says_when_gone(gone)));
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  EXPECT_TRUE(gone) << "the coroutine was not destroyed";
  return why;
}

TEST_P(task_group_test, tasks_are_refused_before_and_after) {  // S109
  run([]() -> task<void> {
    task_group group;
    EXPECT_EQ(refusal_of(group), "TaskGroup <TaskGroup> has not been entered");
    co_await with_task_group(group, [](task_group& /*unused*/) -> task<void> { co_return; });
    EXPECT_EQ(refusal_of(group), "TaskGroup <TaskGroup entered> is finished");
    const std::string again = co_await end_of(
        with_task_group(group, [](task_group& /*unused*/) -> task<void> { co_return; }));
    EXPECT_EQ(again, "TaskGroup <TaskGroup entered> has already been entered");
  }());
}

task<void> refused_in_cleanup(task_group& group, std::string& why) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    why = refusal_of(group);
    throw;
  }
}

TEST_P(task_group_test, tasks_are_refused_while_it_shuts_down) {  // S109
  run([]() -> task<void> {
    std::string in_body;
    std::string in_child;
    const std::string end = co_await end_of(with_task_group([&](task_group& group) -> task<void> {
      group.create_task(refused_in_cleanup(group, in_child));
      co_await settled();
      group.create_task(fail_after(0, "first"));
      try {
        co_await forever();
      } catch (const cancelled_error&) {
        in_body = refusal_of(group);
      }
    }));
    EXPECT_EQ(end, "group(first)");
    EXPECT_NE(in_body.find("is shutting down"), std::string::npos) << in_body;
    EXPECT_NE(in_child.find("is shutting down"), std::string::npos) << in_child;
  }());
}

// A loop that is closed destroys parent and tasks in any order; the group is in the parent's frame.
TEST(task_group_close_test, a_loop_may_be_closed_while_a_group_is_pending) {
  for (const bool body_waits : {true, false}) {
    testing::failure_log failures;
    asyncio::loop_options options;
    options.on_failure = failures.handler();
    {
      asyncio::event_loop loop(std::move(options));
      static_cast<void>(loop.create_task(group_of(forever(), body_waits), "parent"));
      loop.run_until_complete(loop.create_task(settled()));
      loop.close();
    }
    EXPECT_EQ(failures.all().size(), 2U) << failures.text();
  }
}

// -- Several workers ------------------------------------------------------------------------------------

task<void> spin_and_maybe_fail(int turns, bool fails) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  if (fails) {
    throw std::runtime_error("failed");
  }
}

// One child fails at once or later, while the body ends, waits for its end, or goes on for a while. What the
// group refuses because it has failed already is not needed.
task<void> body_of_round(task_group& group, int round) {
  for (int child = 0; child <= round % 3; ++child) {
    try {
      group.create_task(spin_and_maybe_fail((round + child) % 3, child % 2 == 0));
    } catch (const std::runtime_error&) {
      break;
    }
  }
  for (int turn = 0; turn < round % 4; ++turn) {
    co_await yield();
  }
}

task<void> group_in_round(int round) {
  co_await with_task_group(
      [&](task_group& group) -> task<void> { co_await body_of_round(group, round); });
}

task<void> rounds_of_failures(int count) {
  for (int round = 0; round < count; ++round) {
    const std::string end = co_await end_of(group_in_round(round));
    EXPECT_TRUE(end == "group(failed)" || end == "group(failed failed)") << end;
    EXPECT_EQ(this_task::cancelling(), 0U) << "round " << round;
    const std::string after = co_await end_of(next_suspension());
    EXPECT_EQ(after, "") << "round " << round;
  }
}

TEST_P(task_group_race_test, failures_that_meet_the_end_of_the_body_leave_no_cancellation_behind) {
  run([]() -> task<void> {
    std::vector<task<void>> parents;
    for (int parent = 0; parent < 3; ++parent) {
      parents.push_back(rounds_of_failures(scaled(4'000)));
    }
    co_await gather(std::move(parents));
  }());
}

// Does not suspend, so that the request comes while it runs.
task<void> body_that_runs_on(task_group& group, int spins) {
  const auto child = group.create_task(order_to_end());
  spawn(
      next_suspension());  // In the worker's private slot now, so that another one takes the child.
  for (int turn = 0; turn < 2'000 && !child.done(); ++turn) {
    std::this_thread::yield();
  }
  for (int turn = 0; turn < spins; ++turn) {
    std::this_thread::yield();
  }
  co_return;
}

TEST_P(task_group_race_test, an_order_to_end_that_meets_a_body_that_runs_is_not_followed_by_more) {
  run([]() -> task<void> {  // S118
    for (int round = 0; round < scaled(500); ++round) {
      const std::string end = co_await end_of(with_task_group([&](task_group& group) -> task<void> {
        co_await body_that_runs_on(group, 10 * (round % 4));
      }));
      EXPECT_EQ(end, "order:now");
      const std::string after = co_await end_of(next_suspension());
      EXPECT_EQ(after, "") << "round " << round;
      this_task::uncancel();
    }
  }());
}

TEST_P(task_group_race_test, a_cancellation_that_meets_failures_is_never_lost) {  // S117
  run([]() -> task<void> {
    for (int round = 0; round < scaled(3'000); ++round) {
      auto parent = spawn(group_and_next(group_in_round(round)));
      for (int turn = 0; turn < round % 5; ++turn) {
        co_await yield();
      }
      if (!parent.cancel()) {
        continue;
      }
      std::string end;
      try {
        end = co_await parent;
      } catch (const cancelled_error&) {
        end = "cancelled";  // Before its first step, or when it was about to return.
      }
      // Before the errors; or between the end of the group and the next suspension.
      const bool before = end == "cancelled" || end == "cancelled: 1 ";
      EXPECT_TRUE(before || end.ends_with(" cancelled:")) << end << " round " << round;
    }
  }());
}

// Creates tasks that wait for their cancellation, until the group refuses one.
task<void> create_until_refused(task_group& group, event& never_set, std::atomic<bool>& refuses) {
  for (int child = 0; child < 1'000 && !refuses.load(); ++child) {
    try {
      group.create_task(wait_for_event(never_set));
    } catch (const std::runtime_error&) {
      refuses.store(true);
    }
    if (child % 20 == 19) {
      co_await yield();
    }
  }
}

TEST_P(task_group_race_test, tasks_that_are_created_while_it_shuts_down_end_too) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(400); ++round) {
      event never_set;
      std::atomic<bool> refuses{false};
      const std::string end = co_await end_of(with_task_group([&](task_group& group) -> task<void> {
        for (int creator = 0; creator < 3; ++creator) {
          group.create_task(create_until_refused(group, never_set, refuses));
        }
        group.create_task(fail_after(round % 4, "enough"));
        co_return;
      }));
      EXPECT_EQ(end, "group(enough)");
      co_await expect_unharmed();
    }
    EXPECT_EQ(this_task::scheduler().statistics().tasks_alive, 1U) << "somebody was left behind";
  }());
}

}  // namespace
}  // namespace jackdaw
