// tests/io/io_driver_test.cpp
//
// Goal: an operation finds the driver of its worker, and says so where there is none; a cancellation
// that comes from another thread reaches the owner, also when the owner sleeps. Method: runtimes with
// and without I/O; a canceller on a thread of its own.
#include "../support/io_runtimes.hpp"

#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

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

}  // namespace
}  // namespace jackdaw::io
