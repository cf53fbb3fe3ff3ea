// tests/runtime/asyncio/cpython_barriers_test.cpp
//
// Goal: barriers do what CPython's tests of them ask for, where barrier_test.cpp and the conformance cases barrier_*
// do not say so already. Method: the same situations, on the asyncio loop: groups of five whose members count what
// happened to them. What CPython reads from repr() is seen here by who gets through and who is thrown out.
#include "program.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

constexpr std::size_t parties = 5;
constexpr int rest = static_cast<int>(parties / 2);

// What the members of a group counted.
struct group {
  barrier gate{parties};
  barrier other{parties};
  int passed = 0;
  int broken = 0;
  int blocked_and_broken = 0;
  int through = 0;
  std::vector<std::size_t> indices;
};

std::vector<join_handle<void>> start(std::size_t count, group* all, task<void> (*member)(group*)) {
  std::vector<join_handle<void>> started;
  for (std::size_t each = 0; each < count; ++each) {
    started.push_back(create_task(member(all)));
  }
  return started;
}

task<void> all_of(std::size_t count, group* all, task<void> (*member)(group*)) {
  auto gathered = gather(start(count, all, member));
  co_await std::move(gathered);
}

// False: it was thrown out.
task<bool> gets_through(barrier* gate) {
  try {
    co_await gate->wait();
  } catch (const broken_barrier_error&) {
    co_return false;
  }
  co_return true;
}

void expect_usable(const barrier& gate) {
  EXPECT_EQ(gate.n_waiting(), 0U);
  EXPECT_FALSE(gate.broken());
}

std::vector<std::size_t> up_to(std::size_t count) {
  std::vector<std::size_t> numbers;
  for (std::size_t number = 0; number < count; ++number) {
    numbers.push_back(number);
  }
  return numbers;
}

// -- Filling and draining -----------------------------------------------------------------------------

TEST(cpython_barriers_test, each_of_a_group_has_an_index_of_its_own) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      const std::size_t index = co_await in->gate.wait();
      in->indices.push_back(index);
    });
    std::ranges::sort(all.indices);
    EXPECT_EQ(all.indices, up_to(parties));
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, a_barrier_for_one_lets_one_through_after_the_other) {
  run_program([]() -> task<void> {
    barrier alone(1);
    const auto first = create_task(alone.wait());
    co_await turns(1);
    EXPECT_EQ(alone.n_waiting(), 0U);
    const auto second = create_task(alone.wait());
    co_await turns(1);
    EXPECT_TRUE(first.done() && second.done());
    EXPECT_EQ(first.result(), second.result());
    expect_usable(alone);
  }());
}

TEST(cpython_barriers_test, it_fills_task_by_task_and_is_empty_when_it_was_full) {
  run_program([]() -> task<void> {
    barrier three(3);
    std::vector<join_handle<std::size_t>> waiting;
    for (const std::size_t count : {1U, 2U, 0U}) {
      waiting.push_back(create_task(three.wait()));
      co_await turns(1);
      if (count > 0) {
        EXPECT_EQ(three.n_waiting(), count);
      }
    }
    auto ended = asyncio::wait(waiting);
    co_await std::move(ended);
    expect_usable(three);
  }());
}

TEST(cpython_barriers_test, a_group_may_wait_twice_and_gets_new_indices) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      co_await in->gate.wait();
      ++in->passed;
      const std::size_t index = co_await in->gate.wait();
      EXPECT_EQ(in->passed, static_cast<int>(parties)) << "somebody is a round ahead";
      in->indices.push_back(index);
    });
    EXPECT_EQ(all.passed, static_cast<int>(parties));
    std::ranges::sort(all.indices);
    EXPECT_EQ(all.indices, up_to(parties));
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, while_a_group_leaves_nobody_counts_as_waiting) {
  run_program([]() -> task<void> {
    group all;
    std::vector<join_handle<void>> first = start(parties, &all, [](group* in) -> task<void> {
      co_await in->gate.wait();
      ++in->passed;
      in->indices.push_back(in->gate.n_waiting());
    });
    auto gathered = gather(first);
    co_await std::move(gathered);
    EXPECT_EQ(all.indices, std::vector<std::size_t>(parties, 0));
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, those_who_wait_again_at_once_do_not_hinder_those_who_leave) {
  run_program([]() -> task<void> {
    struct rewait {
      barrier gate{parties};
      barrier of_the_others{parties - 2};
      int again = 2;
      int through = 0;
    } all;
    const auto member = [](rewait* in) -> task<void> {
      co_await in->gate.wait();
      if (in->again > 0) {
        --in->again;
      } else {
        co_await in->of_the_others.wait();
      }
      co_await in->gate.wait();
      ++in->through;
    };
    std::vector<join_handle<void>> members;
    for (std::size_t each = 0; each < parties; ++each) {
      members.push_back(create_task(member(&all)));
    }
    auto gathered = gather(members);
    co_await std::move(gathered);
    EXPECT_EQ(all.through, static_cast<int>(parties));
  }());
}

task<void> pass(barrier* gate, int* passed) {
  co_await gate->wait();
  ++*passed;
}

TEST(cpython_barriers_test, a_cancelled_waiter_is_replaced_by_another_one) {
  run_program([]() -> task<void> {
    barrier three(3);
    int passed = 0;
    const auto first = create_task(pass(&three, &passed));
    co_await turns(1);
    const auto second = create_task(pass(&three, &passed));
    co_await turns(1);
    EXPECT_EQ(three.n_waiting(), 2U);
    first.cancel();
    co_await turns(1);
    EXPECT_EQ(three.n_waiting(), 1U);
    const std::string end = co_await end_of(first);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(first.cancelled());
    const auto third = create_task(pass(&three, &passed));
    co_await turns(1);
    EXPECT_EQ(three.n_waiting(), 2U);
    const auto fourth = create_task(pass(&three, &passed));
    auto gathered = gather(second, third, fourth);
    co_await std::move(gathered);
    EXPECT_EQ(passed, 3);
    expect_usable(three);
  }());
}

// -- reset() ------------------------------------------------------------------------------------------

TEST(cpython_barriers_test, a_reset_of_a_barrier_at_which_nobody_waits_changes_nothing) {
  run_program([]() -> task<void> {
    barrier alone(1);
    alone.reset();
    co_await turns(1);
    expect_usable(alone);
    const std::size_t index = co_await alone.wait();
    EXPECT_EQ(index, 0U);
  }());
}

TEST(cpython_barriers_test, a_reset_throws_out_all_who_wait) {
  run_program([]() -> task<void> {
    group all;
    const auto waiting = start(parties - 1, &all, [](group* in) -> task<void> {
      const bool through = co_await gets_through(&in->gate);
      in->broken += through ? 0 : 1;
    });
    co_await turns(1);
    all.gate.reset();
    auto gathered = gather(waiting);
    co_await std::move(gathered);
    EXPECT_EQ(all.broken, static_cast<int>(parties) - 1);
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, a_reset_amid_a_group_that_leaves_throws_out_the_rest_of_it) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      const bool through = co_await gets_through(&in->gate);
      if (!through) {
        ++in->broken;
        co_return;
      }
      ++in->passed;
      if (in->passed == static_cast<int>(parties) - rest) {
        in->gate.reset();
      }
    });
    EXPECT_EQ(all.broken, rest);
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, a_reset_leaves_those_who_stand_at_the_door_to_the_next_group) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      const bool through = co_await gets_through(&in->gate);
      if (!through) {
        ++in->broken;
        co_await in->gate.wait();
        co_return;
      }
      ++in->passed;
      if (in->passed > rest) {
        in->gate.reset();
        co_await in->gate.wait();
        co_return;
      }
      const bool again = co_await gets_through(&in->gate);
      in->blocked_and_broken += again ? 0 : 1;
    });
    EXPECT_EQ(all.broken, rest);
    EXPECT_EQ(all.blocked_and_broken, 0);
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, those_thrown_out_by_a_reset_may_wait_again_with_a_new_one) {
  run_program([]() -> task<void> {
    group all;
    const auto waiting = start(parties - 1, &all, [](group* in) -> task<void> {
      const bool through = co_await gets_through(&in->gate);
      in->broken += through ? 0 : 1;
      co_await in->gate.wait();
      ++in->passed;
    });
    get_running_loop().call_soon([&all] { all.gate.reset(); });
    co_await turns(1);
    const auto last = create_task(pass(&all.gate, &all.passed));
    auto gathered = gather(waiting);
    co_await std::move(gathered);
    co_await last;
    EXPECT_EQ(all.broken, static_cast<int>(parties) - 1);
    EXPECT_EQ(all.passed, static_cast<int>(parties));
    expect_usable(all.gate);
  }());
}

TEST(cpython_barriers_test, a_reset_by_the_last_who_leaves_disturbs_nobody_at_the_door) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      co_await in->gate.wait();
      ++in->passed;
      if (in->passed == static_cast<int>(parties)) {
        in->gate.reset();
        co_await in->gate.wait();
      } else {
        const bool again = co_await gets_through(&in->gate);
        in->broken += again ? 0 : 1;
      }
      co_await in->gate.wait();
      ++in->through;
    });
    EXPECT_EQ(all.broken, 0);
    EXPECT_EQ(all.through, static_cast<int>(parties));
    expect_usable(all.gate);
  }());
}

// -- abort() ------------------------------------------------------------------------------------------

TEST(cpython_barriers_test, an_aborted_barrier_is_broken_though_nobody_waited) {
  run_program([]() -> task<void> {
    barrier alone(1);
    alone.abort();
    co_await turns(1);
    EXPECT_EQ(alone.n_waiting(), 0U);
    EXPECT_TRUE(alone.broken());
  }());
}

TEST(cpython_barriers_test, an_abort_throws_out_those_who_leave_and_those_at_the_door) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      const bool through = co_await gets_through(&in->gate);
      if (!through) {
        ++in->broken;
        co_return;
      }
      ++in->passed;
      if (in->passed > rest) {
        in->gate.abort();
        co_return;
      }
      const bool again = co_await gets_through(&in->gate);
      in->blocked_and_broken += again ? 0 : 1;
    });
    EXPECT_TRUE(all.gate.broken());
    EXPECT_EQ(all.broken, rest);
    EXPECT_EQ(all.blocked_and_broken, static_cast<int>(parties) - rest - 1);
    EXPECT_EQ(all.gate.n_waiting(), 0U);
  }());
}

// Passes the barrier once, and fails there if its index says so; then it aborts for all.
task<void> pass_or_abort(group* in) {
  bool failed = false;
  try {
    const std::size_t index = co_await in->gate.wait();
    failed = index == parties / 2;
    if (!failed) {
      co_await in->gate.wait();
      ++in->passed;
    }
  } catch (const broken_barrier_error&) {
    ++in->broken;
  }
  if (failed) {
    in->gate.abort();
  }
}

TEST(cpython_barriers_test, one_that_fails_can_send_all_others_away) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, &pass_or_abort);
    EXPECT_TRUE(all.gate.broken());
    EXPECT_EQ(all.passed, 0);
    EXPECT_EQ(all.broken, static_cast<int>(parties) - 1);
    EXPECT_EQ(all.gate.n_waiting(), 0U);
  }());
}

TEST(cpython_barriers_test, a_reset_mends_a_barrier_that_one_of_the_group_aborted) {
  run_program([]() -> task<void> {
    group all;
    co_await all_of(parties, &all, [](group* in) -> task<void> {
      co_await pass_or_abort(in);
      const std::size_t index = co_await in->other.wait();
      if (index == parties / 2) {
        in->gate.reset();
      }
      co_await in->other.wait();
      co_await in->gate.wait();
      ++in->through;
    });
    EXPECT_EQ(all.passed, 0);
    EXPECT_EQ(all.broken, static_cast<int>(parties) - 1);
    EXPECT_EQ(all.through, static_cast<int>(parties));
    expect_usable(all.gate);
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
