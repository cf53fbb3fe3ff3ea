// tests/io/io_driver_test.cpp
//
// Goal: an operation finds the driver of its worker, and says so where there is none; a cancellation
// that comes from another thread reaches the owner, also when the owner sleeps; a task that never has to
// wait leaves the others their share. Method: runtimes with and without I/O; a canceller on a thread of
// its own; counts of what a neighbour did meanwhile.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::io_test;
using testing::make_pipe;

task<std::string> wait_without_a_driver(int descriptor) {
  std::string said;
  try {
    static_cast<void>(co_await readable(descriptor));
  } catch (const std::logic_error& error) {
    said = error.what();
  }
  co_return said;
}

TEST(io_driver_without_io_test, a_runtime_without_io_says_so_when_an_operation_is_awaited) {
  auto pipe = make_pipe();
  for (const auto& kind : testing::all_kinds()) {
    const std::string said = testing::run_in(kind, wait_without_a_driver(pipe.reads.get()));
    EXPECT_NE(said.find("jackdaw::io::run()"), std::string::npos) << kind.name << ": " << said;
  }
}

TEST(io_driver_without_io_test, outside_of_any_runtime_there_is_no_driver) {
  EXPECT_THROW(static_cast<void>(io_driver::current()), std::logic_error);
}

class io_driver_test : public io_test {};
JACKDAW_OVER_IO(io_driver_test, testing::all_io_kinds());

task<bool> is_cancelled_while_it_reads(int descriptor) {
  bool cancelled = false;
  try {
    static_cast<void>(co_await readable(descriptor));
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  co_return cancelled;
}

TEST_P(io_driver_test, a_sleeping_owner_is_woken_by_a_cancellation_from_another_thread) {
  auto pipe = make_pipe();
  struct body {
    static task<void> run(int descriptor) {
      for (int round = 0; round < 200; ++round) {
        auto waiting = spawn(is_cancelled_while_it_reads(descriptor));
        // Half of the rounds give the waiter time to be submitted and its worker time to sleep.
        if (round % 2 == 0) {
          co_await jackdaw::sleep(std::chrono::microseconds(50));
        }
        std::thread canceller([&waiting] { waiting.cancel(); });
        bool cancelled = false;
        try {
          cancelled = co_await waiting;
        } catch (const cancelled_error&) {
          cancelled = true;  // Before its first step.
        }
        canceller.join();
        EXPECT_TRUE(cancelled);
      }
    }
  };
  run(body::run(pipe.reads.get()));
}

task<std::string> message_of_its_cancellation(int descriptor, event& begun, bool waits_first) {
  std::string message = "not cancelled";
  begun.set();
  try {
    if (!waits_first) {
      this_task::cancel("from inside");  // Due when the operation begins to wait.
    }
    static_cast<void>(co_await readable(descriptor));
  } catch (const cancelled_error& error) {
    message = error.message();
  }
  co_return message;
}

TEST_P(io_driver_test, the_message_of_a_cancellation_arrives_whenever_it_was_made) {
  auto pipe = make_pipe();
  struct body {
    static task<void> run(int descriptor) {
      event begun;
      auto waiting = spawn(message_of_its_cancellation(descriptor, begun, true));
      co_await begun.wait();
      co_await jackdaw::sleep(std::chrono::milliseconds(1));
      waiting.cancel("from outside");
      const std::string outside = co_await waiting;
      EXPECT_EQ(outside, "from outside");
      auto itself = spawn(message_of_its_cancellation(descriptor, begun, false));
      const std::string inside = co_await itself;
      EXPECT_EQ(inside, "from inside");
    }
  };
  run(body::run(pipe.reads.get()));
}

// -- Operations that never have to wait -----------------------------------------------------------

constexpr int budget = static_cast<int>(io_driver::on_the_spot_max);

// Its peer is read by plain system calls, so that there is always room.
task<int> write_again_and_again(testing::stream_pair& streams, int writes_max,
                                const std::atomic<bool>& over) {
  int writes = 0;
  while (writes < writes_max && !over.load()) {
    const std::size_t count = co_await streams.left.write_some(testing::bytes_of("x"));
    EXPECT_EQ(testing::receive_now(streams.right.native_handle()).size(), count);
    ++writes;
  }
  co_return writes;
}

task<void> count_turns(int& turns, const std::atomic<bool>& over) {
  while (!over.load()) {
    ++turns;
    co_await yield();
  }
}

// How many turns a neighbour had during so many writes.
task<int> turns_beside_writes(int writes) {
  auto streams = testing::local_streams();
  std::atomic<bool> over{false};
  int turns = 0;
  auto neighbour = spawn(count_turns(turns, over));
  co_await yield();
  const int before = turns;
  const int written = co_await write_again_and_again(streams, writes, over);
  EXPECT_EQ(written, writes);
  const int meanwhile = turns - before;
  over.store(true);
  co_await neighbour;
  co_return meanwhile;
}

class busy_writer_test : public io_test {};
JACKDAW_OVER_IO(busy_writer_test, testing::one_driver_kinds());

// Turns are the loop's, and on the ring every operation waits.
std::vector<testing::io_kind> loops_on_epoll() {
  auto kinds = testing::loop_kinds();
  std::erase_if(kinds, [](const testing::io_kind& kind) { return kind.on_ring(); });
  return kinds;
}

class busy_loop_test : public io_test {};
JACKDAW_OVER_IO(busy_loop_test, loops_on_epoll());

TEST_P(busy_writer_test, its_neighbour_on_the_same_worker_gets_its_share) {
  EXPECT_GE(run(turns_beside_writes(10 * budget)), 10 - 1);
}

// asyncio's writes that need not wait do not suspend: no more than is needed is added to that.
TEST_P(busy_loop_test, within_its_budget_it_runs_through_and_beyond_it_pauses_once) {
  EXPECT_EQ(run(turns_beside_writes(budget - 1)), 0);
  EXPECT_EQ(run(turns_beside_writes(budget)), 1);
  EXPECT_EQ(run(turns_beside_writes(10 * budget)), 10);
}

// The budget is for one step of a task: what it did before it waited for something else does not count.
task<int> steps_within_the_budget(int steps) {
  auto streams = testing::local_streams();
  std::atomic<bool> over{false};
  int turns = 0;
  auto neighbour = spawn(count_turns(turns, over));
  co_await yield();
  const int before = turns;
  for (int step = 0; step < steps; ++step) {
    static_cast<void>(co_await write_again_and_again(streams, budget - 1, over));
    co_await yield();
  }
  const int meanwhile = turns - before;
  over.store(true);
  co_await neighbour;
  co_return meanwhile;
}

TEST_P(busy_loop_test, a_task_that_waits_now_and_then_never_pauses_besides) {
  EXPECT_EQ(run(steps_within_the_budget(10)), 10);
}

task<void> set_now(std::atomic<bool>& flag) {
  flag.store(true);
  co_return;
}

constexpr int writes_before_giving_up = 1'000'000;

task<void> be_ended_by_a_neighbour() {
  auto streams = testing::local_streams();
  std::atomic<bool> over{false};
  auto neighbour = spawn(set_now(over));
  const int written = co_await write_again_and_again(streams, writes_before_giving_up, over);
  EXPECT_LT(written, writes_before_giving_up);
  co_await neighbour;
}

TEST_P(busy_writer_test, whoever_would_end_it_gets_to_run) { run(be_ended_by_a_neighbour()); }

task<void> be_cancelled_meanwhile() {
  auto streams = testing::local_streams();
  const std::atomic<bool> never_over{false};
  auto writing = spawn(write_again_and_again(streams, writes_before_giving_up, never_over));
  for (int turn = 0; turn < 3; ++turn) {
    co_await yield();
  }
  EXPECT_FALSE(writing.done());
  writing.cancel();
  bool cancelled = false;
  try {
    static_cast<void>(co_await writing);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  EXPECT_TRUE(cancelled);
}

TEST_P(busy_writer_test, it_can_be_cancelled) { run(be_cancelled_meanwhile()); }

task<void> expire_while_writing() {
  auto streams = testing::local_streams();
  const std::atomic<bool> never_over{false};
  bool expired = false;
  try {
    static_cast<void>(
        co_await timeout(std::chrono::milliseconds(1),
                         write_again_and_again(streams, writes_before_giving_up, never_over)));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
}

TEST_P(busy_writer_test, it_can_have_a_deadline) { run(expire_while_writing()); }

}  // namespace
}  // namespace jackdaw::io
