// tests/runtime/sync/latch_test.cpp
//
// Goal: a latch opens at zero, once and for all. Method: traces over every runtime; several workers
// count down while others wait, and the waiter destroys the latch.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class latch_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(latch_test, all_kinds());
class latch_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(latch_threads_test, parallel_kinds());

task<void> write_after(latch& gate, trace& log, std::string name) {
  co_await gate.wait();
  log.add(name);
}

task<void> count_down(latch& gate) {
  gate.count_down();
  co_return;
}

TEST_P(latch_test, waiters_go_on_when_the_last_has_counted_and_not_before) {
  run([]() -> task<void> {
    latch gate(3);
    trace log;
    const auto first = spawn(write_after(gate, log, "x"));
    const auto second = spawn(write_after(gate, log, "x"));
    gate.count_down();
    gate.count_down();
    co_await settled();
    EXPECT_EQ(log, "");
    EXPECT_FALSE(gate.try_wait());
    gate.count_down();
    EXPECT_TRUE(gate.try_wait());
    EXPECT_TRUE(this_task::scheduler().concurrent() || log == "") << "resumed inline";
    co_await settled();
    EXPECT_EQ(log, "x x");
  }());
}

TEST_P(latch_test, it_stays_open) {
  run([]() -> task<void> {
    latch gate(1);
    gate.count_down();
    const auto before = this_task::scheduler().statistics().resumptions;
    co_await gate.wait();
    co_await gate.wait();
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(latch_test, one_that_expects_nobody_is_open_from_the_start) {
  run([]() -> task<void> {
    latch gate(0);
    EXPECT_TRUE(gate.try_wait());
    co_await gate.wait();
    gate.count_down(0);
    EXPECT_THROW(gate.count_down(), std::logic_error);
  }());
}

TEST_P(latch_test, several_may_be_counted_at_once) {
  run([]() -> task<void> {
    latch gate(5);
    gate.count_down(0);
    gate.count_down(4);
    EXPECT_FALSE(gate.try_wait());
    gate.count_down(1);
    EXPECT_TRUE(gate.try_wait());
    co_return;
  }());
}

TEST_P(latch_test, counting_below_zero_is_refused_and_changes_nothing) {
  run([]() -> task<void> {
    latch gate(2);
    EXPECT_THROW(gate.count_down(3), std::logic_error);
    EXPECT_FALSE(gate.try_wait());
    gate.count_down(2);
    co_await gate.wait();
    EXPECT_THROW(gate.count_down(), std::logic_error);
    EXPECT_TRUE(gate.try_wait());
  }());
}

TEST_P(latch_test, a_cancelled_waiter_leaves_the_others_waiting) {
  run([]() -> task<void> {
    latch gate(1);
    trace log;
    const auto leaving = spawn(write_after(gate, log, "leaving"));
    auto staying = spawn(write_after(gate, log, "staying"));
    co_await settled();
    leaving.cancel();
    co_await settled();
    EXPECT_TRUE(leaving.cancelled());
    EXPECT_FALSE(staying.done());
    gate.count_down();
    co_await staying;
    EXPECT_EQ(log, "staying");
  }());
}

// Threads.

struct shared_work {
  explicit shared_work(int parts) : finished(static_cast<std::size_t>(parts)) {}
  latch finished;
  std::vector<int> results;  // Written before counting down, read after waiting.
};

task<void> do_part(shared_work& work, int part) {
  work.results[static_cast<std::size_t>(part)] = part + 1;
  co_await count_down(work.finished);
}

TEST_P(latch_threads_test, what_was_written_before_counting_is_seen_after_waiting) {
  run([]() -> task<void> {
    constexpr int parts = 8;
    for (int round = 0; round < scaled(1'000); ++round) {
      auto work = std::make_unique<shared_work>(parts);
      work->results.resize(parts);
      for (int part = 0; part < parts; ++part) {
        spawn(do_part(*work, part));
      }
      co_await work->finished.wait();
      int sum = 0;
      for (const int result : work->results) {
        sum += result;
      }
      EXPECT_EQ(sum, parts * (parts + 1) / 2);
      work.reset();  // The last one to count down may still be on its way out.
    }
  }());
}

TEST_P(latch_threads_test, threads_of_their_own_may_count_down) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(300); ++round) {
      latch gate(2);
      std::thread first([&gate] { gate.count_down(); });
      std::thread second([&gate] { gate.count_down(); });
      co_await gate.wait();
      first.join();
      second.join();
      EXPECT_TRUE(gate.try_wait());
    }
  }());
}

}  // namespace
}  // namespace jackdaw
