// tests/io/asyncio/descriptor_callbacks_test.cpp
//
// Goal: readers and writers are called when asyncio calls them: after what was ready and before due
// timers (S3), the reader first (S4), again while there is something left (S23), and not once they were
// removed (S24). Method: a loop by hand on each driver; the callbacks leave a trace.
#include "../../support/io_runtimes.hpp"
#include "../../support/runtime_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/io/asyncio/descriptor_callbacks.hpp>
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using namespace std::chrono_literals;
using jackdaw::asyncio::event_loop;
using jackdaw::asyncio::loop_options;
using testing::connected_streams;
using testing::failure_log;
using testing::make_pipe;
using testing::pipe_ends;
using testing::receive_now;
using testing::send_now;
using testing::stream_pair;
using testing::trace;

const jackdaw::clock& real_clock() {
  static const steady_clock instance;
  return instance;
}

std::unique_ptr<driver> make_uring_driver(unsigned /*worker*/) {
  return std::make_unique<uring_driver>(real_clock());
}
std::unique_ptr<driver> make_epoll_driver(unsigned /*worker*/) {
  return std::make_unique<epoll_driver>(real_clock());
}

/// A loop by hand; what it reports fails the test, unless the test asks for it.
class descriptor_callbacks_test : public ::testing::TestWithParam<backend> {
 protected:
  void SetUp() override {
    const std::string& refusal = testing::io_uring_refusal();
    if (GetParam() == backend::io_uring && !refusal.empty()) {
      std::cout << "NOT TESTED ON io_uring: " << refusal << std::endl;
      GTEST_SKIP() << refusal;
    }
    loop_options options;
    options.make_driver = GetParam() == backend::io_uring ? &make_uring_driver : &make_epoll_driver;
    options.on_failure = failures.handler();
    loop = std::make_unique<event_loop>(std::move(options));
  }

  void TearDown() override {
    loop.reset();
    EXPECT_EQ(failures.text(), expected_failures);
  }

  /// Runs until somebody stops it; ten seconds are for a callback that never comes.
  void run() {
    auto alarm = loop->call_later(10s, [this] {
      log.add("alarm");
      loop->stop();
    });
    loop->run_forever();
    alarm.cancel();
  }

  /// Runs `function` after so many turns.
  template <class F>
  void call_after_turns(int turns, F function) {
    if (turns == 0) {
      function();
      return;
    }
    loop->call_soon([this, turns, function] { call_after_turns(turns - 1, function); });
  }

  void stop_after_turns(int turns) {
    call_after_turns(turns, [this] { loop->stop(); });
  }

  failure_log failures;
  std::string expected_failures;
  trace log;
  std::unique_ptr<event_loop> loop;
};

INSTANTIATE_TEST_SUITE_P(over, descriptor_callbacks_test,
                         ::testing::Values(backend::io_uring, backend::epoll),
                         [](const ::testing::TestParamInfo<backend>& info) {
                           return std::string(name_of(info.param));
                         });

TEST_P(descriptor_callbacks_test, a_reader_is_called_when_there_is_something_to_read) {
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [&] {
    log.add("read:" + receive_now(pipe.reads.get()));
    EXPECT_TRUE(remove_reader(*loop, pipe.reads.get()));
    loop->stop();
  });
  call_after_turns(3, [&] {
    log.add("write");
    send_now(pipe.writes.get(), "hello");
  });
  run();
  EXPECT_EQ(log, "write read:hello");
}

TEST_P(descriptor_callbacks_test, a_writer_is_called_while_there_is_room) {
  auto pipe = make_pipe();
  int calls = 0;
  add_writer(*loop, pipe.writes.get(), [&] {
    send_now(pipe.writes.get(), "x");
    if (++calls == 3) {
      EXPECT_TRUE(remove_writer(*loop, pipe.writes.get()));
      stop_after_turns(5);
    }
  });
  run();
  EXPECT_EQ(receive_now(pipe.reads.get()), "xxx");
}

TEST_P(descriptor_callbacks_test, io_comes_after_what_was_ready_and_before_due_timers) {  // S3
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [&] {
    log.add("io");
    remove_reader(*loop, pipe.reads.get());
    stop_after_turns(2);
  });
  call_after_turns(3, [&] {
    loop->call_later(0ns, [&] { log.add("timer"); });
    loop->call_soon([&] { log.add("ready"); });
    send_now(pipe.writes.get(), "x");
    log.add("first");
  });
  run();
  EXPECT_EQ(log, "first ready io timer");
}

TEST_P(descriptor_callbacks_test, the_reader_is_called_before_the_writer) {  // S4
  stream_pair both = connected_streams();
  const int descriptor = both.left.native_handle();
  send_now(both.right.native_handle(), "x");
  const auto write = [&] {
    log.add("write");
    EXPECT_TRUE(remove_writer(*loop, descriptor));
    loop->stop();
  };
  const auto read = [&] {
    log.add("read");
    EXPECT_TRUE(remove_reader(*loop, descriptor));
  };
  add_writer(*loop, descriptor, write);
  add_reader(*loop, descriptor, read);
  run();
  EXPECT_EQ(log, "read write");
}

TEST_P(descriptor_callbacks_test,
       a_callback_that_leaves_something_is_called_again_in_each_turn) {  // S23
  auto pipe = make_pipe();
  send_now(pipe.writes.get(), "abc");
  add_reader(*loop, pipe.reads.get(), [&] {
    log.add(receive_now(pipe.reads.get(), 1));
    loop->call_soon([&] { log.add("turn"); });
    if (log.text().ends_with("c")) {
      remove_reader(*loop, pipe.reads.get());
      stop_after_turns(3);
    }
  });
  run();
  EXPECT_EQ(log, "a turn b turn c turn");
}

TEST_P(descriptor_callbacks_test, when_everything_has_been_read_the_loop_sleeps) {
  auto pipe = make_pipe();
  send_now(pipe.writes.get(), "x");
  int calls = 0;
  add_reader(*loop, pipe.reads.get(), [&] {
    ++calls;
    static_cast<void>(receive_now(pipe.reads.get()));
  });
  loop->call_later(20ms, [&] { loop->stop(); });
  run();
  EXPECT_EQ(calls, 1);
  EXPECT_LT(loop->statistics().parks, 50U);
  EXPECT_TRUE(remove_reader(*loop, pipe.reads.get()));
}

TEST_P(descriptor_callbacks_test, a_new_reader_replaces_the_old_one) {  // S23
  auto pipe = make_pipe();
  const int descriptor = pipe.reads.get();
  add_reader(*loop, descriptor, [&] { log.add("old"); });
  add_reader(*loop, descriptor, [&] {
    log.add("new");
    add_reader(*loop, descriptor, [&] {
      log.add("newest:" + receive_now(descriptor));
      EXPECT_TRUE(remove_reader(*loop, descriptor));
      EXPECT_FALSE(remove_reader(*loop, descriptor));
      stop_after_turns(3);
    });
  });
  send_now(pipe.writes.get(), "x");
  run();
  EXPECT_EQ(log, "new newest:x");
}

TEST_P(descriptor_callbacks_test, a_reader_removed_in_the_same_turn_does_not_fire) {  // S24
  auto first = make_pipe();
  auto second = make_pipe();
  const auto add = [&](const pipe_ends& here, const pipe_ends& there, const char* name) {
    const int own = here.reads.get();
    const int other = there.reads.get();
    add_reader(*loop, own, [this, own, other, name] {
      log.add(name);
      EXPECT_TRUE(remove_reader(*loop, other));
      EXPECT_TRUE(remove_reader(*loop, own));
      stop_after_turns(5);
    });
  };
  add(first, second, "one");
  add(second, first, "one");
  // Both waits are under way when both become readable in the same turn.
  call_after_turns(3, [&] {
    send_now(first.writes.get(), "x");
    send_now(second.writes.get(), "x");
  });
  run();
  EXPECT_EQ(log, "one");
}

TEST_P(descriptor_callbacks_test, a_reader_removed_by_what_was_ready_does_not_fire) {  // S24
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [&] { log.add("fired"); });
  call_after_turns(3, [&] {
    send_now(pipe.writes.get(), "x");
    loop->call_soon([&] {
      log.add("removed");
      EXPECT_TRUE(remove_reader(*loop, pipe.reads.get()));
      stop_after_turns(5);
    });
  });
  run();
  EXPECT_EQ(log, "removed");
}

TEST_P(descriptor_callbacks_test, a_writer_that_the_reader_removes_does_not_fire) {  // S24
  stream_pair both = connected_streams();
  const int descriptor = both.left.native_handle();
  send_now(both.right.native_handle(), "x");
  add_reader(*loop, descriptor, [&] {
    log.add("read");
    EXPECT_TRUE(remove_writer(*loop, descriptor));
    EXPECT_TRUE(remove_reader(*loop, descriptor));
    stop_after_turns(5);
  });
  add_writer(*loop, descriptor, [&] { log.add("write"); });
  run();
  EXPECT_EQ(log, "read");
}

TEST_P(descriptor_callbacks_test, a_reader_can_be_removed_and_added_again_at_once) {
  auto pipe = make_pipe();
  const int descriptor = pipe.reads.get();
  add_reader(*loop, descriptor, [&] { log.add("old"); });
  call_after_turns(3, [&] {
    EXPECT_TRUE(remove_reader(*loop, descriptor));
    add_reader(*loop, descriptor, [&] {
      log.add("again:" + receive_now(descriptor));
      remove_reader(*loop, descriptor);
      loop->stop();
    });
    send_now(pipe.writes.get(), "x");
  });
  run();
  EXPECT_EQ(log, "again:x");
}

TEST_P(descriptor_callbacks_test, a_writer_added_while_a_reader_waits_is_called_and_both_go_on) {
  stream_pair both = connected_streams();
  const int descriptor = both.left.native_handle();
  add_reader(*loop, descriptor, [&] {
    log.add("read:" + receive_now(descriptor));
    remove_reader(*loop, descriptor);
    loop->stop();
  });
  call_after_turns(3, [&] {
    add_writer(*loop, descriptor, [&] {
      log.add("write");
      EXPECT_TRUE(remove_writer(*loop, descriptor));
      call_after_turns(3, [&] { send_now(both.right.native_handle(), "x"); });
    });
  });
  run();
  EXPECT_EQ(log, "write read:x");
}

TEST_P(descriptor_callbacks_test, the_end_of_the_other_side_calls_the_reader) {
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [&] {
    log.add("end:" + receive_now(pipe.reads.get()));
    remove_reader(*loop, pipe.reads.get());
    loop->stop();
  });
  call_after_turns(3, [&] { pipe.writes.close(); });
  run();
  EXPECT_EQ(log, "end:");
}

TEST_P(descriptor_callbacks_test, a_hang_up_calls_the_writer_too) {
  auto pipe = make_pipe();
  pipe.reads.close();
  add_writer(*loop, pipe.writes.get(), [&] {
    log.add("write");
    remove_writer(*loop, pipe.writes.get());
    loop->stop();
  });
  run();
  EXPECT_EQ(log, "write");
}

TEST_P(descriptor_callbacks_test, an_exception_is_reported_and_the_callback_stays) {
  auto pipe = make_pipe();
  int calls = 0;
  add_reader(*loop, pipe.reads.get(), [&] {
    if (++calls < 3) {
      throw std::runtime_error("boom " + std::to_string(calls));
    }
    remove_reader(*loop, pipe.reads.get());
    loop->stop();
  });
  send_now(pipe.writes.get(), "x");
  run();
  EXPECT_EQ(calls, 3);
  expected_failures =
      "Exception in callback||std::runtime_error: boom 1\n"
      "Exception in callback||std::runtime_error: boom 2\n";
}

TEST_P(descriptor_callbacks_test, an_order_to_end_the_program_tears_out_of_the_loop) {
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [] { throw keyboard_interrupt("enough"); });
  send_now(pipe.writes.get(), "x");
  EXPECT_THROW(loop->run_forever(), keyboard_interrupt);
}

TEST_P(descriptor_callbacks_test, a_reader_that_tore_out_of_the_loop_is_called_in_the_next_run) {
  auto pipe = make_pipe();
  bool thrown = false;
  add_reader(*loop, pipe.reads.get(), [&] {
    if (!std::exchange(thrown, true)) {
      throw system_exit("enough");
    }
    log.add(receive_now(pipe.reads.get()));
    EXPECT_TRUE(remove_reader(*loop, pipe.reads.get()));
    loop->stop();
  });
  send_now(pipe.writes.get(), "x");
  EXPECT_THROW(loop->run_forever(), system_exit);
  run();
  EXPECT_EQ(log, "x");
}

TEST_P(descriptor_callbacks_test,
       a_writer_whose_reader_tore_out_of_the_loop_is_called_in_the_next_run) {
  stream_pair both = connected_streams();
  const int descriptor = both.left.native_handle();
  send_now(both.right.native_handle(), "x");
  const auto write = [&] {
    log.add("write");
    EXPECT_TRUE(remove_writer(*loop, descriptor));
    loop->stop();
  };
  const auto read = [&] {
    log.add("read");
    EXPECT_TRUE(remove_reader(*loop, descriptor));
    throw system_exit("enough");
  };
  add_writer(*loop, descriptor, write);
  add_reader(*loop, descriptor, read);
  EXPECT_THROW(loop->run_forever(), system_exit);
  EXPECT_EQ(log, "read") << "each is a handle of its own, and the run is over";
  run();
  EXPECT_EQ(log, "read write");
}

TEST_P(descriptor_callbacks_test, a_callback_is_no_task) {  // S53
  auto pipe = make_pipe();
  send_now(pipe.writes.get(), "x");
  add_reader(*loop, pipe.reads.get(), [&] {
    EXPECT_EQ(current_context().task, nullptr);
    EXPECT_EQ(&jackdaw::asyncio::get_running_loop(), loop.get());
    remove_reader(*loop, pipe.reads.get());
    loop->stop();
  });
  run();
}

TEST_P(descriptor_callbacks_test, what_was_never_added_cannot_be_removed) {
  auto pipe = make_pipe();
  const int descriptor = pipe.reads.get();
  EXPECT_FALSE(remove_reader(*loop, descriptor));
  EXPECT_FALSE(remove_writer(*loop, descriptor));
  EXPECT_FALSE(remove_reader(*loop, -1));
  add_reader(*loop, descriptor, [] {});
  EXPECT_FALSE(remove_writer(*loop, descriptor)) << "a reader is no writer";
  EXPECT_TRUE(remove_reader(*loop, descriptor));
  EXPECT_FALSE(remove_reader(*loop, descriptor)) << "only once";
  stop_after_turns(3);
  run();
  EXPECT_EQ(log, "");
}

TEST_P(descriptor_callbacks_test, the_number_may_be_used_for_another_file_afterwards) {
  for (int round = 0; round < 20; ++round) {
    auto pipe = make_pipe();
    add_reader(*loop, pipe.reads.get(), [&] {
      log.add(receive_now(pipe.reads.get()));
      EXPECT_TRUE(remove_reader(*loop, pipe.reads.get()));
      loop->stop();
    });
    call_after_turns(2, [&] { send_now(pipe.writes.get(), "x"); });
    log.clear();
    run();
    ASSERT_EQ(log, "x") << "round " << round;
  }
}

TEST_P(descriptor_callbacks_test, a_callback_is_destroyed_when_it_is_removed) {
  auto pipe = make_pipe();
  const auto owned = std::make_shared<int>(7);
  add_reader(*loop, pipe.reads.get(), [owned] {});
  stop_after_turns(3);
  run();
  EXPECT_EQ(owned.use_count(), 2);
  EXPECT_TRUE(remove_reader(*loop, pipe.reads.get()));
  stop_after_turns(3);
  run();
  EXPECT_EQ(owned.use_count(), 1);
}

TEST_P(descriptor_callbacks_test, a_loop_that_is_closed_with_readers_left_drops_them_in_silence) {
  auto pipe = make_pipe();
  const auto owned = std::make_shared<int>(7);
  add_reader(*loop, pipe.reads.get(), [owned] {});
  add_writer(*loop, pipe.writes.get(), [this, owned] { log.add("write"); });
  stop_after_turns(5);
  run();
  EXPECT_NE(log, "");
  loop->close();
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(failures.text(), "");
}

TEST_P(descriptor_callbacks_test, a_loop_that_never_ran_can_be_closed_with_a_reader) {
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [] {});
  loop->close();
  EXPECT_EQ(failures.text(), "");
}

TEST_P(descriptor_callbacks_test, a_loop_that_is_closed_with_io_under_way_cancels_no_future) {
  auto pipe = make_pipe();
  const auto pending = loop->create_future<void>();
  const auto reads = loop->create_task(
      [](int descriptor) -> task<void> { co_await readable(descriptor); }(pipe.reads.get()), "I/O");
  const auto waits =
      loop->create_task([](future<void> one) -> task<void> { co_await one; }(pending), "future");
  stop_after_turns(5);
  run();
  loop->close();
  EXPECT_TRUE(reads.done());
  EXPECT_TRUE(waits.done());
  EXPECT_FALSE(pending.done()) << "whoever else holds it may still set it";
  expected_failures = failures.text();
  EXPECT_NE(expected_failures.find("Task was destroyed but it is pending!"), std::string::npos);
}

TEST_P(descriptor_callbacks_test, a_cancellation_that_leaves_a_callback_is_reported_not_thrown) {
  auto pipe = make_pipe();
  add_reader(*loop, pipe.reads.get(), [this, reads = pipe.reads.get()] {
    static_cast<void>(remove_reader(*loop, reads));
    throw cancelled_error();
  });
  send_now(pipe.writes.get(), "x");
  stop_after_turns(5);
  run();
  expected_failures = failures.text();
  EXPECT_NE(expected_failures.find("Exception in callback"), std::string::npos);
}

TEST_P(descriptor_callbacks_test, a_run_ends_although_a_reader_is_left) {
  struct body {
    static task<int> run(int reads, int writes, trace& log) {
      event_loop& own = jackdaw::asyncio::get_running_loop();
      event arrived;
      add_reader(own, reads, [&] {
        log.add(receive_now(reads));
        arrived.set();
      });
      send_now(writes, "x");
      co_await arrived.wait();
      add_reader(own, reads, [&log] { log.add("late"); });
      co_return 7;
    }
  };
  auto pipe = make_pipe();
  options wanted(mode::asyncio);
  wanted.backend = GetParam();
  wanted.on_failure = failures.handler();
  EXPECT_EQ(io::run(body::run(pipe.reads.get(), pipe.writes.get(), log), std::move(wanted)), 7);
  EXPECT_EQ(log, "x");
}

// The change restarts the wait by a cancellation of its own, which must not swallow the one at the end.
TEST_P(descriptor_callbacks_test, a_run_ends_although_the_events_were_changed_in_its_last_turn) {
  struct body {
    static task<void> run(int descriptor) {
      event_loop& own = jackdaw::asyncio::get_running_loop();
      add_reader(own, descriptor, [] {});
      for (int turn = 0; turn < 5; ++turn) {
        co_await yield();
      }
      // Ends a run that would not: the writer would be called for ever.
      add_writer(own, descriptor, [left = 1000]() mutable {
        if (--left == 0) {
          throw system_exit("it goes on after its end");
        }
      });
    }
  };
  stream_pair both = connected_streams();
  options wanted(mode::asyncio);
  wanted.backend = GetParam();
  wanted.on_failure = failures.handler();
  EXPECT_NO_THROW(io::run(body::run(both.left.native_handle()), std::move(wanted)));
}

const context_var<int> number("number", 0);

TEST_P(descriptor_callbacks_test,
       each_callback_runs_in_a_copy_of_the_context_in_which_it_was_registered) {  // S194
  stream_pair both = connected_streams();
  const int descriptor = both.left.native_handle();
  send_now(both.right.native_handle(), "x");
  const auto write = [&] {
    log.add("write", number.get());
    number.set(20);
    remove_writer(*loop, descriptor);
  };
  const auto read = [&] {  // Called twice: the second call finds what the first one left.
    log.add("read", number.get());
    if (number.get() == 10) {
      remove_reader(*loop, descriptor);
      loop->stop();
    }
    number.set(10);
  };
  context().run([&] {
    number.set(1);
    add_reader(*loop, descriptor, read);
    number.set(2);
    add_writer(*loop, descriptor, write);
    number.set(3);
    run();
    EXPECT_EQ(number.get(), 3);
  });
  EXPECT_EQ(log, "read1 write2 read10");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
