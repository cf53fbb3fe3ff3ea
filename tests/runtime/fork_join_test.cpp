// tests/runtime/fork_join_test.cpp
//
// Goal: fork_join() of coroutines: each child runs exactly once, wherever it runs; results, exceptions and
// cancellations come together at the join, and nothing of a child is left after it; trees of forks give way to
// other tasks. Method: over every runtime; trees deep and wide enough to be stolen on several workers, children
// that wait, throw and are cancelled at each of their suspensions, and counts of what ran.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/fork_join.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::scaled;

class fork_join_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(fork_join_test, all_kinds());
class fork_join_pool_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(fork_join_pool_test, testing::pool_kinds());

task<long> fib(long n) {
  if (n < 2) {
    co_return n;
  }
  const auto [left, right] = co_await fork_join(fib(n - 1), fib(n - 2));
  co_return left + right;
}

TEST_P(fork_join_test, a_tree_of_forks_gives_what_a_tree_of_awaits_does) {
  run([]() -> task<void> { EXPECT_EQ(co_await fib(18), 2584); }());
}

task<int> give(int value) { co_return value; }
task<void> count(int& calls) {
  ++calls;
  co_return;
}
task<int&> refer(int& value) { co_return value; }
task<std::unique_ptr<int>> own(int value) { co_return std::make_unique<int>(value); }

TEST_P(fork_join_test, results_of_any_kind_come_in_the_order_of_the_children) {
  run([]() -> task<void> {
    int calls = 0;
    int target = 5;
    auto [a, b, c, d] = co_await fork_join(give(1), count(calls), refer(target), own(4));
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, nothing());
    EXPECT_EQ(c, &target);
    EXPECT_EQ(*d, 4);
    EXPECT_EQ(calls, 1);
    const auto [only] = co_await fork_join(give(7));
    EXPECT_EQ(only, 7);
  }());
}

TEST_P(fork_join_test, vectors_and_arrays_of_tasks_are_forked_too) {
  run([]() -> task<void> {
    std::vector<task<int>> tasks;
    for (int value = 0; value < 100; ++value) {
      tasks.push_back(give(value));
    }
    const std::vector<int> values = co_await fork_join(std::move(tasks));
    EXPECT_EQ(values.size(), 100U);
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 4950);

    std::array<task<int>, 3> three{give(1), give(2), give(3)};
    const std::array<int, 3> results = co_await fork_join(three);
    EXPECT_EQ(results, (std::array{1, 2, 3}));
    std::array<task<int>, 2> two{give(4), give(5)};
    const std::array<int, 2> moved = co_await fork_join(std::move(two));
    EXPECT_EQ(moved, (std::array{4, 5}));

    std::vector<task<int>> none;
    const std::vector<int> empty = co_await fork_join(std::move(none));
    EXPECT_TRUE(empty.empty());
    int calls = 0;
    std::vector<task<void>> one;
    one.push_back(count(calls));
    co_await fork_join(std::move(one));
    EXPECT_EQ(calls, 1);
  }());
}

struct mark_index {
  std::vector<std::atomic<int>>* marks;
  task<void> operator()(std::size_t index) const {
    if (index % 97 == 0) {
      co_await yield();
    }
    // Relaxed: the join orders it before the look.
    (*marks)[index].fetch_add(1, std::memory_order_relaxed);
  }
};

TEST_P(fork_join_test, fork_each_calls_the_function_once_for_each_index) {
  run([]() -> task<void> {
    std::vector<std::atomic<int>> marks(scaled(20'000));
    const mark_index mark{&marks};
    co_await fork_each(std::size_t{0}, marks.size(), mark);
    co_await fork_each(std::size_t{3}, std::size_t{3}, mark);
    for (const auto& each : marks) {
      EXPECT_EQ(each.load(), 1);
    }
  }());
}

task<int> wait_and_give(duration time, int value) {
  co_await sleep(time);
  co_return value;
}

TEST_P(fork_join_test, children_wait_at_the_same_time) {
  if (!GetParam().virtual_time) {
    GTEST_SKIP() << "counts hours";
  }
  run([]() -> task<void> {
    const time_point began = current_scheduler().now();
    const auto [a, b, c] =
        co_await fork_join(wait_and_give(3h, 1), wait_and_give(2h, 2), wait_and_give(1h, 3));
    EXPECT_EQ(a * 100 + b * 10 + c, 123);
    EXPECT_EQ(current_scheduler().now() - began, 3h);
  }());
}

// A tree whose leaves wait: each child that waits makes branches of what was forked before it.
task<long> slow_tree(int depth) {
  if (depth == 0) {
    co_await yield();
    co_return 1;
  }
  const auto [left, right] = co_await fork_join(slow_tree(depth - 1), slow_tree(depth - 1));
  co_return left + right;
}

TEST_P(fork_join_test, a_tree_whose_leaves_wait_is_joined_all_the_same) {
  run([]() -> task<void> { EXPECT_EQ(co_await slow_tree(9), 512); }());
}

TEST_P(fork_join_test, children_talk_to_each_other) {
  run([]() -> task<void> {
    event first;
    event second;
    const auto wait_then_set = [](event& awaited, event& set) -> task<void> {
      co_await awaited.wait();
      set.set();
    };
    const auto set_then_wait = [](event& awaited, event& set) -> task<void> {
      set.set();
      co_await awaited.wait();
    };
    co_await fork_join(wait_then_set(first, second), set_then_wait(second, first));
    EXPECT_TRUE(first.is_set() && second.is_set());
  }());
}

task<int> fail(const char* message) {
  throw std::runtime_error(message);
  co_return 0;
}
task<int> fail_later(const char* message) {
  co_await yield();
  throw std::runtime_error(message);
}
struct waiting {
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
};
task<int> wait_for_ever(waiting& counts) {
  event never;
  ++counts.begun;
  try {
    co_await never.wait();
  } catch (const cancelled_error&) {
    ++counts.cancelled;
    throw;
  }
  co_return 0;
}
task<void> until_begun(waiting& counts, int number) {
  while (counts.begun < number) {
    co_await yield();
  }
}

template <class A>
task<std::string> error_of(A awaited) {
  try {
    co_await std::move(awaited);
  } catch (const cancelled_error&) {
    co_return "cancelled";
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "none";
}
task<void> join_two(task<int> first, task<int> second) {
  co_await fork_join(std::move(first), std::move(second));
}

TEST_P(fork_join_test, an_exception_is_thrown_at_the_join_and_the_siblings_are_cancelled) {
  run([]() -> task<void> {
    waiting counts;
    EXPECT_EQ(co_await error_of(join_two(fail("a"), give(1))), "a");
    EXPECT_EQ(co_await error_of(join_two(give(1), fail("b"))), "b");
    EXPECT_EQ(co_await error_of(join_two(fail_later("c"), wait_for_ever(counts))), "c");
    EXPECT_EQ(co_await error_of(join_two(wait_for_ever(counts), fail_later("d"))), "d");
    EXPECT_EQ(counts.cancelled.load(), counts.begun.load());
  }());
}

TEST_P(fork_join_test, a_child_that_has_not_begun_never_begins_after_a_failure) {
  if (!GetParam().is_loop() && !GetParam().one_thread()) {
    GTEST_SKIP() << "another worker may have begun it";
  }
  run([](bool loop) -> task<void> {
    int calls = 0;
    std::vector<task<void>> children;
    children.push_back([]() -> task<void> {
      throw std::runtime_error("at once");
      co_return;
    }());
    for (int index = 0; index < 5; ++index) {
      children.push_back(count(calls));
    }
    const auto join = [](std::vector<task<void>> all) -> task<void> {
      co_await fork_join(std::move(all));
    };
    EXPECT_EQ(co_await error_of(join(std::move(children))), "at once");
    EXPECT_EQ(calls, 0) << (loop ? "loop" : "pool");
  }(GetParam().is_loop()));
}

TEST_P(fork_join_test, a_cancellation_reaches_children_that_wait) {
  run([]() -> task<void> {
    waiting counts;
    const auto both = [](waiting& of) -> task<void> {
      co_await fork_join(wait_for_ever(of), wait_for_ever(of));
    };
    const auto waits = spawn(both(counts));
    co_await until_begun(counts, 2);
    waits.cancel("enough");
    EXPECT_EQ(co_await error_of(waits), "cancelled");
    EXPECT_EQ(counts.cancelled.load(), 2);
  }());
}

TEST_P(fork_join_test, a_cancellation_at_the_join_reaches_what_still_runs) {
  run([]() -> task<void> {
    waiting counts;
    const auto three = [](waiting& of) -> task<void> {
      co_await fork_join(give(1), wait_for_ever(of), wait_for_ever(of));
    };
    const auto waits = spawn(three(counts));
    co_await until_begun(counts, 2);
    waits.cancel();
    EXPECT_EQ(co_await error_of(waits), "cancelled");
    EXPECT_EQ(counts.cancelled.load(), 2);
  }());
}

task<void> cancelled_somewhere(std::atomic<int>& alive, int depth) {
  struct guard {
    explicit guard(std::atomic<int>& count) noexcept : count_(&count) {
      count_->fetch_add(1, std::memory_order_relaxed);  // Only the sum at the end matters.
    }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() { count_->fetch_sub(1, std::memory_order_relaxed); }  // As above.
    std::atomic<int>* count_;
  };
  const guard here(alive);
  if (depth == 0) {
    co_await yield();
    co_return;
  }
  co_await fork_join(cancelled_somewhere(alive, depth - 1), cancelled_somewhere(alive, depth - 1));
}

TEST_P(fork_join_test, cancelled_at_any_moment_it_leaves_nothing_behind) {
  run([]() -> task<void> {
    for (int turns = 0; turns < 60; ++turns) {
      std::atomic<int> alive{0};
      const auto tree = spawn(cancelled_somewhere(alive, 5));
      for (int turn = 0; turn < turns; ++turn) {
        co_await yield();
      }
      tree.cancel();
      const std::string end = co_await error_of(tree);
      EXPECT_TRUE(end == "cancelled" || end == "none") << end;
      EXPECT_EQ(alive.load(), 0);
    }
  }());
}

TEST_P(fork_join_test, context_variables_of_the_parent_are_seen_by_all_children) {
  run([]() -> task<void> {
    static const context_var<int> depth("depth", 0);
    depth.set(3);
    const auto look = []() -> task<int> {
      co_await yield();
      co_return depth.get();
    };
    const auto [a, b, c] = co_await fork_join(look(), look(), look());
    EXPECT_EQ(a + b + c, 9);
  }());
}

TEST_P(fork_join_test, a_chain_of_many_forks_needs_no_stack) {
  run([]() -> task<void> {
    long sum = 0;
    for (int round = 0; round < scaled(100'000); ++round) {
      const auto [a, b] = co_await fork_join(give(1), give(2));
      sum += a + b;
    }
    EXPECT_EQ(sum, 3L * scaled(100'000));
  }());
}

TEST_P(fork_join_test, one_that_is_not_awaited_is_reported_and_frees_its_children) {
  expect_failures();
  run([]() -> task<void> {
    {
      [[maybe_unused]] const auto forgotten = fork_join(give(1), give(2));
    }
    co_return;
  }());
  EXPECT_NE(failures().text().find("was never awaited"), std::string::npos);
}

TEST_P(fork_join_pool_test, who_takes_part_sees_what_was_written_before_the_fork) {
  run([]() -> task<void> {
    const auto sum = [](const std::vector<int>& values, std::size_t from,
                        std::size_t to) -> task<long> {
      co_return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(from),
                                values.begin() + static_cast<std::ptrdiff_t>(to), 0L);
    };
    for (int round = 0; round < scaled(300); ++round) {
      std::vector<int> values(2000, round);
      const auto [a, b, c] =
          co_await fork_join(sum(values, 0, 500), sum(values, 500, 1000), sum(values, 1000, 2000));
      EXPECT_EQ(a + b + c, 2000L * round);
    }
  }());
}

// Forks that never return to the run loop must not keep a task from its turns.
TEST_P(fork_join_pool_test, a_tree_of_forks_lets_others_have_their_turn) {
  run([]() -> task<void> {
    std::atomic<bool> over{false};
    std::atomic<int> turns{0};
    const auto watch = [](std::atomic<bool>& end, std::atomic<int>& count) -> task<void> {
      while (!end.load()) {
        ++count;
        co_await yield();
      }
    };
    const auto watching = spawn(watch(over, turns));
    // Until the watcher was seen, or for ever: a tree that starved it would hang the test.
    while (turns.load() < 3) {
      EXPECT_EQ(co_await fib(15), 610);
    }
    over = true;
    co_await watching;
  }());
}

TEST_P(fork_join_pool_test, several_trees_at_once_are_all_joined) {
  run([]() -> task<void> {
    std::vector<join_handle<long>> trees;
    for (int tree = 0; tree < 8; ++tree) {
      trees.push_back(spawn(fib(12 + tree % 3)));
      trees.push_back(spawn(slow_tree(5)));
    }
    long sum = 0;
    for (const auto& tree : trees) {
      sum += co_await tree;
    }
    EXPECT_EQ(sum, 3L * 144 + 3L * 233 + 2L * 377 + 8L * 32);
  }());
}

}  // namespace
}  // namespace jackdaw
