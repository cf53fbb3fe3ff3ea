// tests/runtime/asyncio/cpython_taskgroups_test.cpp
//
// Goal: task groups do what CPython's tests of them ask for, where task_group_test.cpp and the conformance cases
// taskgroup_* do not say so already. Method: the same situations, on a loop whose clock jumps.
#include "program.hpp"

#include <memory>
#include <optional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

task<int> value_after(duration wait, int value) {
  co_await asyncio::sleep(wait);
  co_return value;
}

task<void> fail_after(duration wait, std::string text) {
  co_await asyncio::sleep(wait);
  throw std::runtime_error(text);
}

task<void> fail_when_cancelled(std::string text) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    throw std::runtime_error(text);
  }
}

task<void> count_cancellation(int* count, int by) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    *count += by;
    throw;
  }
}

// Runs it as a task of its own, cancels that after a while, and says how it ended.
task<std::string> end_if_cancelled(task<void> parent) {
  const auto running = create_task(std::move(parent));
  co_await asyncio::sleep(100ms);
  EXPECT_FALSE(running.done());
  running.cancel();
  std::string end = co_await end_of(running);
  co_return end;
}

TEST(cpython_taskgroups_test, tasks_may_be_made_and_cancelled_all_through_the_body) {
  run_program([]() -> task<void> {
    join_handle<int> first;
    join_handle<int> second;
    join_handle<int> third;
    const auto body = [&](task_group& group) -> task<void> {
      first = group.create_task(value_after(1s, 42));
      second = group.create_task(value_after(100ms, 7));
      co_await asyncio::sleep(150ms);
      first.cancel();
      third = group.create_task(value_after(200ms, 11));
    };
    auto grouped = with_task_group(body);
    co_await std::move(grouped);
    EXPECT_TRUE(first.cancelled());
    EXPECT_EQ(second.result(), 7);
    EXPECT_EQ(third.result(), 11);
  }());
}

task<void> five_children(int* cancelled, bool body_waits) {
  const auto body = [=](task_group& group) -> task<void> {
    for (int child = 0; child < 5; ++child) {
      group.create_task(count_cancellation(cancelled, 1));
    }
    if (body_waits) {
      co_await count_cancellation(cancelled, 10);
    }
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

TEST(cpython_taskgroups_test, a_cancellation_of_the_parent_reaches_every_child_and_the_body_once) {
  run_program([]() -> task<void> {
    int cancelled = 0;
    const std::string in_exit = co_await end_if_cancelled(five_children(&cancelled, false));
    EXPECT_EQ(in_exit, "cancelled");
    EXPECT_EQ(cancelled, 5);
    cancelled = 0;
    const std::string in_body = co_await end_if_cancelled(five_children(&cancelled, true));
    EXPECT_EQ(in_body, "cancelled");
    EXPECT_EQ(cancelled, 15);
  }());
}

task<void> body_alone(int* cancelled) {
  const auto body = [=](task_group& /*empty*/) -> task<void> {
    co_await count_cancellation(cancelled, 10);
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

TEST(cpython_taskgroups_test, a_body_without_children_is_cancelled_as_any_coroutine) {
  run_program([]() -> task<void> {
    int cancelled = 0;
    const std::string end = co_await end_if_cancelled(body_alone(&cancelled));
    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(cancelled, 10);
  }());
}

task<void> failing_children(bool body_waits) {
  const auto body = [=](task_group& group) -> task<void> {
    for (int child = 0; child < 5; ++child) {
      group.create_task(fail_when_cancelled("child"));
    }
    if (body_waits) {
      co_await forever();
    }
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

// A group around the other: with a child of its own, or without.
task<void> around_failing_children(bool own_child) {
  const auto body = [=](task_group& group) -> task<void> {
    if (own_child) {
      group.create_task(forever());
    }
    co_await failing_children(true);
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

TEST(cpython_taskgroups_test, errors_in_answer_to_a_cancellation_make_a_group_in_each_group) {
  run_program([]() -> task<void> {
    const std::string plain = co_await end_if_cancelled(failing_children(true));
    EXPECT_EQ(plain, "[child, child, child, child, child]");
    const std::string nested = co_await end_if_cancelled(around_failing_children(false));
    EXPECT_EQ(nested, "[[child, child, child, child, child]]");
    const std::string with_child = co_await end_if_cancelled(around_failing_children(true));
    EXPECT_EQ(with_child, "[[child, child, child, child, child]]");
  }());
}

TEST(cpython_taskgroups_test, an_error_of_the_body_at_once_or_later_cancels_all_children) {
  run_program([]() -> task<void> {
    for (const duration wait : {0ms, 100ms}) {
      join_handle<int> first;
      join_handle<int> second;
      const auto body = [&](task_group& group) -> task<void> {
        first = group.create_task(value_after(1s, 42));
        second = group.create_task(value_after(2s, 11));
        if (wait > 0ms) {
          co_await asyncio::sleep(wait);
        }
        throw std::runtime_error("body");
      };
      auto grouped = with_task_group(body);
      const std::string end = co_await end_of(std::move(grouped));
      EXPECT_EQ(end, "[body]");
      EXPECT_TRUE(first.cancelled());
      EXPECT_TRUE(second.cancelled());
    }
  }());
}

// Two groups, one in the other's body, with a child each that fails after its time.
task<void> nested_with_failures(duration outer_fails, duration inner_fails) {
  const auto inner_body = [=](task_group& inner) -> task<void> {
    inner.create_task(fail_after(inner_fails, "inner"));
    co_return;
  };
  const auto outer_body = [=](task_group& outer) -> task<void> {
    outer.create_task(fail_after(outer_fails, "outer"));
    auto grouped = with_task_group(inner_body);
    co_await std::move(grouped);
  };
  auto grouped = with_task_group(outer_body);
  co_await std::move(grouped);
}

TEST(cpython_taskgroups_test, an_inner_group_that_is_merely_cancelled_adds_nothing) {
  run_program([]() -> task<void> {
    const std::string outer_first = co_await end_of(nested_with_failures(100ms, 10s));
    EXPECT_EQ(outer_first, "[outer]");
    const std::string inner_first = co_await end_of(nested_with_failures(10s, 100ms));
    EXPECT_EQ(inner_first, "[[inner]]");
  }());
}

task<void> sleep_longer_when_cancelled() {
  std::exception_ptr cancelled;
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    cancelled = std::current_exception();
  }
  co_await asyncio::sleep(500ms);
  std::rethrow_exception(cancelled);
}

task<void> child_fails_during_the_cleanup_of_the_body() {
  const auto body = [](task_group& group) -> task<void> {
    group.create_task(fail_after(300ms, "child"));
    co_await sleep_longer_when_cancelled();
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

task<void> in_a_task_of_its_own(task<void> body) {
  const auto own = create_task(std::move(body));
  co_await own;
}

TEST(cpython_taskgroups_test, a_child_that_fails_while_the_cancelled_body_cleans_up_is_not_lost) {
  run_program([]() -> task<void> {
    const std::string direct =
        co_await end_if_cancelled(child_fails_during_the_cleanup_of_the_body());
    EXPECT_EQ(direct, "[child]");
    auto indirect = in_a_task_of_its_own(child_fails_during_the_cleanup_of_the_body());
    const std::string through_a_task = co_await end_if_cancelled(std::move(indirect));
    EXPECT_EQ(through_a_task, "[child]");
  }());
}

struct odd : base_exception {
  using base_exception::base_exception;
};

template <class E>
task<void> throw_when_cancelled(std::string text) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    throw E(text);
  }
}

template <class E>
task<void> throw_after(duration wait, std::string text) {
  co_await asyncio::sleep(wait);
  throw E(text);
}

TEST(cpython_taskgroups_test, an_order_to_end_from_a_body_that_a_failure_cancelled_goes_first) {
  run_program([]() -> task<void> {
    const auto body = [](task_group& group) -> task<void> {
      group.create_task(fail_after(100ms, "child"));
      co_await throw_when_cancelled<keyboard_interrupt>("now");
    };
    bool interrupted = false;
    auto grouped = with_task_group(body);
    try {
      co_await std::move(grouped);
    } catch (const keyboard_interrupt&) {
      interrupted = true;
    }
    EXPECT_TRUE(interrupted);
  }());
}

TEST(cpython_taskgroups_test, an_odd_error_of_body_or_child_makes_a_group_that_is_no_ordinary_one) {
  run_program([]() -> task<void> {
    const auto odd_body = [](task_group& group) -> task<void> {
      group.create_task(fail_after(100ms, "child"));
      co_await throw_when_cancelled<odd>("odd body");
    };
    const auto odd_child = [](task_group& group) -> task<void> {
      group.create_task(throw_after<odd>(100ms, "odd child"));
      co_await throw_when_cancelled<std::runtime_error>("body");
    };
    auto with_odd_body = with_task_group(odd_body);
    auto with_odd_child = with_task_group(odd_child);
    std::string ends;
    for (task<void>* const grouped : {&with_odd_body, &with_odd_child}) {
      try {
        co_await std::move(*grouped);
      } catch (const base_exception_group&) {
        ends += text_of(std::current_exception());
      }
    }
    EXPECT_EQ(ends, "[child, odd body][odd child, body]");
  }());
}

task<std::shared_ptr<int>> give(std::shared_ptr<int> held) {
  co_await asyncio::sleep(300ms);
  co_return held;
}

TEST(cpython_taskgroups_test, a_group_does_not_keep_tasks_that_have_ended) {
  run_program([]() -> task<void> {
    const auto held = std::make_shared<int>(1);
    const auto body = [&](task_group& group) -> task<void> {
      for (int count = 0; count < 10; ++count) {
        co_await asyncio::sleep(100ms);
        group.create_task(give(held));
        if (count == 5) {
          EXPECT_LT(held.use_count(), 6) << "the first ones have ended";
        }
      }
      co_await asyncio::sleep(1350ms);
      EXPECT_EQ(held.use_count(), 1);
    };
    auto grouped = with_task_group(body);
    co_await std::move(grouped);
  }());
}

task<void> hydra(task_group* group, int* heads) {
  ++*heads;
  co_await asyncio::sleep(10ms);
  for (int grown = 0; grown < 2; ++grown) {
    group->create_task(hydra(group, heads));
  }
}

task<void> hercules(const int* heads) {
  while (*heads < 10) {
    co_await asyncio::sleep(15ms);
  }
  throw std::runtime_error("enough");
}

TEST(cpython_taskgroups_test, a_failure_ends_tasks_that_go_on_making_others) {
  run_program([]() -> task<void> {
    int heads = 0;
    const auto body = [&](task_group& group) -> task<void> {
      group.create_task(hydra(&group, &heads));
      group.create_task(hercules(&heads));
      co_return;
    };
    auto grouped = with_task_group(body);
    const std::string end = co_await end_of(std::move(grouped));
    EXPECT_EQ(end, "[enough]");
    EXPECT_GE(heads, 10);
  }());
}

task<void> set_later(const context_var<int>* variable, int value) {
  co_await asyncio::sleep(0s);
  variable->set(value);
}

TEST(cpython_taskgroups_test, children_may_run_in_one_given_context_one_after_the_other) {
  static const context_var<int> variable("variable");
  run_program([]() -> task<void> {
    const auto body = [](task_group& group) -> task<void> {
      const context given = copy_context();
      EXPECT_EQ(given.get(variable), std::nullopt);
      for (const int value : {1, 2}) {
        const auto child = group.create_task(set_later(&variable, value), "", given);
        co_await child;
        EXPECT_EQ(given.get(variable), value);
      }
    };
    auto grouped = with_task_group(body);
    co_await std::move(grouped);
  }());
}

TEST(cpython_taskgroups_test, a_group_is_not_entered_again_while_it_is_entered) {
  run_program([]() -> task<void> {
    task_group group;
    const auto nothing = [](task_group& /*same*/) -> task<void> { co_return; };
    const auto body = [&](task_group& same) -> task<void> {
      auto again = with_task_group(same, nothing);
      const std::string end = co_await end_of(std::move(again));
      EXPECT_NE(end.find("has already been entered"), std::string::npos) << end;
    };
    auto grouped = with_task_group(group, body);
    co_await std::move(grouped);
  }());
}

task<void> cancelled_after_a_failure(event* failed) {
  const auto child = [](event* own) -> task<void> {
    own->set();
    co_await asyncio::sleep(0s);
    throw std::runtime_error("child");
  };
  const auto body = [&](task_group& group) -> task<void> {
    group.create_task(child(failed));
    co_await forever();
    ADD_FAILURE() << "the body was not cancelled";
  };
  auto grouped = with_task_group(body);
  const std::string end = co_await end_of(std::move(grouped));
  EXPECT_EQ(end, "[child]");
  EXPECT_EQ(cancelling(), 1U);
  co_await forever();
  ADD_FAILURE() << "the request got lost";
}

TEST(cpython_taskgroups_test, a_request_from_outside_outlives_a_failure_and_ends_the_task) {
  run_program([]() -> task<void> {
    event failed;
    const auto parent = create_task(cancelled_after_a_failure(&failed));
    co_await failed.wait();
    EXPECT_EQ(parent.cancelling(), 0U);
    parent.cancel();
    EXPECT_EQ(parent.cancelling(), 1U);
    const std::string end = co_await end_of(parent);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(parent.cancelled());
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
