// tests/runtime/fork_call_test.cpp
//
// Goal: fork_join() of plain functions: both are called once and have ended before it returns or throws,
// whoever called them. Method: recursion deep enough to be stolen, over pools of several sizes and outside of
// them; functions that throw on either side; a thief that is slow, so that the forker has to wait for it.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/fork_join.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace jackdaw {
namespace {

using testing::scaled;

class fork_call_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(fork_call_test, testing::all_kinds());
class fork_call_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(fork_call_threads_test, testing::parallel_kinds());

long fib(long n) {
  if (n < 2) {
    return n;
  }
  const auto [left, right] = fork_join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return left + right;
}

TEST(fork_call, outside_of_a_runtime_it_is_two_calls) { EXPECT_EQ(fib(15), 610); }

TEST_P(fork_call_test, a_recursion_gives_what_calls_give) {
  run([]() -> task<void> {
    EXPECT_EQ(fib(20), 6765);
    co_return;
  }());
}

TEST_P(fork_call_test, results_of_any_kind_are_returned) {
  run([]() -> task<void> {
    int target = 0;
    auto [a, b] = fork_join([&target] { ++target; }, [&target]() -> int& { return target; });
    EXPECT_EQ(a, nothing());
    EXPECT_EQ(b, &target);
    auto [c, d] =
        fork_join([] { return std::make_unique<int>(1); }, [] { return std::string("2"); });
    EXPECT_EQ(*c, 1);
    EXPECT_EQ(d, "2");
    co_return;
  }());
}

TEST_P(fork_call_test, what_the_functions_throw_comes_out_and_both_have_ended) {
  run([]() -> task<void> {
    const auto message_of = [](auto first, auto second) -> std::string {
      try {
        fork_join(first, second);
      } catch (const std::runtime_error& error) {
        return error.what();
      }
      return "none";
    };
    const auto fine = [] { return 1; };
    const auto first = []() -> int { throw std::runtime_error("first"); };
    const auto second = []() -> int { throw std::runtime_error("second"); };
    EXPECT_EQ(message_of(first, fine), "first");
    EXPECT_EQ(message_of(fine, second), "second");
    EXPECT_EQ(message_of(first, second), "first");
    EXPECT_EQ(message_of(fine, fine), "none");
    co_return;
  }());
}

// The second function is surely taken: the first one waits until somebody else has begun it.
TEST_P(fork_call_threads_test, a_thief_is_waited_for) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(20); ++round) {
      std::atomic<bool> begun{false};
      std::atomic<bool> first_over{false};
      const auto here = std::this_thread::get_id();
      const auto [elsewhere, mine] = fork_join(
          [&] {
            begun.wait(false);
            first_over = true;
            return std::this_thread::get_id();
          },
          [&] {
            begun = true;
            begun.notify_all();
            while (!first_over) {
              std::this_thread::yield();
            }
            return std::this_thread::get_id();
          });
      EXPECT_EQ(elsewhere, here);
      EXPECT_NE(mine, here);
    }
    co_return;
  }());
}

TEST_P(fork_call_threads_test, a_thief_that_throws_is_waited_for_too) {
  run([]() -> task<void> {
    std::atomic<bool> begun{false};
    std::string message;
    try {
      fork_join([&] { begun.wait(false); },
                [&] {
                  begun = true;
                  begun.notify_all();
                  throw std::runtime_error("from the thief");
                });
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    EXPECT_EQ(message, "from the thief");
    co_return;
  }());
}

TEST_P(fork_call_threads_test, many_recursions_at_once_are_all_right) {
  run([]() -> task<void> {
    const auto compute = [](long n) -> task<long> { co_return fib(n); };
    std::vector<join_handle<long>> all;
    for (int index = 0; index < 16; ++index) {
      all.push_back(spawn(compute(scaled(20))));
    }
    for (const auto& each : all) {
      EXPECT_EQ(co_await each, fib(scaled(20)));
    }
  }());
}

}  // namespace
}  // namespace jackdaw
