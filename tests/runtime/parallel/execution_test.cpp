// tests/runtime/parallel/execution_test.cpp
//
// Goal: work is cut into slices that cover everything, in order within a chunk, by no more threads than
// there are cores; what is thrown or cancelled stops it. Method: bodies that note what they were called
// for; the arena is entered by hand.
#include "../../support/runtime_kind.hpp"
#include "../../support/stress.hpp"
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/parallel/chunks.hpp>
#include <jackdaw/runtime/parallel/execution.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace jackdaw::parallel {
namespace {

using testing::run_in;
using testing::scaled;

const std::atomic<bool> never_cancelled{false};

task<unsigned> cores_here() { co_return cores_of(this_task::scheduler()); }

TEST(execution_test, a_pool_has_as_many_cores_as_workers_within_the_budget_of_the_process) {
  const unsigned budget = read_cpu_budget().workers;
  EXPECT_EQ(run_in(testing::pool_of(1), cores_here()), 1U);
  EXPECT_EQ(run_in(testing::pool_of(4), cores_here()), std::min(4U, budget));
  EXPECT_EQ(run_in(testing::asyncio_loop(), cores_here()), budget);
}

TEST(execution_test, slices_of_a_chunk_follow_each_other_and_cover_it) {
  constexpr std::size_t count = 10'003;
  constexpr std::size_t grain = 100;
  execution in(never_cancelled);
  std::vector<std::size_t> reached(chunk_count(count, grain), 0);
  execute(2, [&] {
    for_each_chunk(in, count, grain, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
      EXPECT_EQ(begin, chunk * grain + reached[chunk]);
      EXPECT_LT(begin, end);
      reached[chunk] += end - begin;
    });
  });
  EXPECT_EQ(reached.back(), 3U);
  reached.pop_back();
  EXPECT_EQ(std::count(reached.begin(), reached.end(), grain), 100);
}

TEST(execution_test, cheap_elements_come_in_long_slices) {
  execution in(never_cancelled);
  std::atomic<std::size_t> slices{0};
  execute(1, [&] {
    for_each_chunk(in, 1'000'000, 1'000'000,
                   [&](std::size_t, std::size_t, std::size_t) { ++slices; });
  });
  // Twice as long each time, 20 slices; slices that somebody else's use of the core made long shrink again.
  EXPECT_LT(slices.load(), 10'000U);
}

TEST(execution_test, never_more_threads_at_once_than_cores) {
  for (const unsigned cores : {1U, 2U}) {
    std::atomic<unsigned> inside{0};
    std::atomic<unsigned> inside_max{0};
    const auto call = [&] {
      execution in(never_cancelled);
      execute(cores, [&] {
        for_each_chunk(in, 200, 1, [&](std::size_t, std::size_t, std::size_t) {
          const unsigned now = inside.fetch_add(1) + 1;
          unsigned seen = inside_max.load();
          while (now > seen && !inside_max.compare_exchange_weak(seen, now)) {
          }
          std::this_thread::yield();
          inside.fetch_sub(1);
        });
      });
    };
    std::vector<std::thread> callers;
    for (int index = 0; index < 4; ++index) {
      callers.emplace_back(call);
    }
    for (std::thread& caller : callers) {
      caller.join();
    }
    EXPECT_LE(inside_max.load(), cores);
  }
}

TEST(execution_test, the_first_exception_comes_out_and_stops_the_rest) {
  execution in(never_cancelled);
  std::atomic<int> calls{0};
  const auto work = [&] {
    for_each_chunk(in, 1'000'000, 1, [&](std::size_t, std::size_t, std::size_t) {
      ++calls;
      throw std::runtime_error("no");
    });
  };
  EXPECT_THROW(execute(2, work), std::runtime_error);
  EXPECT_LE(calls.load(), 2) << "one for each thread";
}

TEST(execution_test, a_cancelled_call_is_stopped) {
  std::atomic<bool> cancelled{false};
  execution in(cancelled);
  std::atomic<int> calls{0};
  const auto work = [&] {
    for_each_chunk(in, 1'000'000, 1'000, [&](std::size_t, std::size_t, std::size_t) {
      ++calls;
      cancelled.store(true);
    });
  };
  EXPECT_THROW(execute(2, work), execution::stopped);
  EXPECT_LE(calls.load(), 2) << "a slice for each thread";
}

TEST(execution_test, fork_calls_both_and_throws_what_one_throws) {
  int first = 0;
  int second = 0;
  execute(2, [&] { fork([&] { first = 1; }, [&] { second = 2; }); });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
  const auto failing = [] { fork([] { throw std::runtime_error("no"); }, [] {}); };
  EXPECT_THROW(execute(2, failing), std::runtime_error);
}

TEST(execution_test, what_a_thread_wrote_the_caller_sees) {
  // Plain variables: ThreadSanitizer reports what is not ordered.
  for (int round = 0; round < scaled(200); ++round) {
    execution in(never_cancelled);
    std::vector<int> squares(64);
    int sum = 0;
    execute(2, [&] {
      for_each_chunk(in, squares.size(), 1, [&](std::size_t chunk, std::size_t, std::size_t) {
        squares[chunk] = static_cast<int>(chunk * chunk);
      });
      for (const int square : squares) {
        sum += square;
      }
    });
    EXPECT_EQ(sum, 85'344);
  }
}

TEST(execution_test, no_thread_takes_a_piece_of_another_call_before_its_own_is_done) {
  std::atomic<int> mixed{0};
  const auto call = [&](int number) {
    thread_local int of_call = 0;
    execute(2, [&] {
      for (int round = 0; round < 50; ++round) {
        fork(
            [&] {
              const int outside = of_call;
              of_call = number;
              execution in(never_cancelled);
              for_each_chunk(in, 20, 1, [](std::size_t, std::size_t, std::size_t) {
                std::this_thread::yield();
              });
              of_call = outside;
            },
            [&] { mixed += of_call != 0 && of_call != number ? 1 : 0; });
      }
    });
  };
  std::vector<std::thread> callers;
  for (int number = 1; number <= 4; ++number) {
    callers.emplace_back(call, number);
  }
  for (std::thread& caller : callers) {
    caller.join();
  }
  EXPECT_EQ(mixed.load(), 0);
}

}  // namespace
}  // namespace jackdaw::parallel
