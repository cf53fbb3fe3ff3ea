// tests/io/readiness_test.cpp
//
// Goal: waiting for descriptors of others, whatever they are, also when their numbers come back. Method:
// pipes, eventfds and sockets over all runtimes; dup2() to give a number to another file.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::connected_streams;
using testing::make_pipe;
using testing::receive_now;
using testing::send_now;

class readiness_test : public testing::io_test {};
JACKDAW_OVER_IO(readiness_test, testing::all_io_kinds());

bool has(int events, int wanted) { return (events & wanted) == wanted; }

/// The events, or the negative errno.
task<int> readable_or_error(int descriptor) {
  const result<int> events = co_await try_readable(descriptor);
  co_return events.ok() ? *events : -events.error_number();
}

task<int> writable_or_error(int descriptor) {
  int events = 0;
  try {
    events = co_await writable(descriptor);
  } catch (const error& failed) {
    events = -failed.number();
  }
  co_return events;
}

/// Gives others their turn: the waiter is then suspended, in one thread for certain.
task<void> a_few_turns() {
  for (int turn = 0; turn < 5; ++turn) {
    co_await yield();
  }
}

TEST_P(readiness_test, a_pipe_is_readable_when_somebody_has_written) {
  struct body {
    static task<void> run(int reads, int writes) {
      auto waiting = spawn(readable_or_error(reads));
      co_await a_few_turns();
      EXPECT_FALSE(waiting.done());
      send_now(writes, "x");
      const int events = co_await waiting;
      EXPECT_TRUE(has(events, POLLIN)) << events;
      EXPECT_EQ(receive_now(reads), "x");
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

TEST_P(readiness_test, what_is_ready_already_is_not_waited_for) {
  struct body {
    static task<void> run(int reads, int writes) {
      const int free = co_await writable_or_error(writes);
      EXPECT_TRUE(has(free, POLLOUT)) << free;
      send_now(writes, "x");
      for (int round = 0; round < 10; ++round) {
        const int events = co_await readable_or_error(reads);
        EXPECT_TRUE(has(events, POLLIN)) << "nobody has read it: " << events;
      }
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

TEST_P(readiness_test, a_full_pipe_is_writable_when_somebody_has_read) {
  struct body {
    static task<void> run(int reads, int writes) {
      const std::string piece(4096, 'x');
      while (write(writes, piece.data(), piece.size()) > 0) {
      }
      auto waiting = spawn(writable_or_error(writes));
      co_await a_few_turns();
      EXPECT_FALSE(waiting.done());
      while (!receive_now(reads).empty()) {
      }
      const int events = co_await waiting;
      EXPECT_TRUE(has(events, POLLOUT)) << events;
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

TEST_P(readiness_test, an_eventfd_counts_while_nobody_looks) {
  struct body {
    static task<void> run(int descriptor) {
      for (std::uint64_t round = 1; round <= 20; ++round) {
        auto waiting = spawn(readable_or_error(descriptor));
        co_await a_few_turns();
        EXPECT_EQ(write(descriptor, &round, sizeof(round)), static_cast<ssize_t>(sizeof(round)));
        const int events = co_await waiting;
        EXPECT_TRUE(has(events, POLLIN));
        std::uint64_t count = 0;
        EXPECT_EQ(read(descriptor, &count, sizeof(count)), static_cast<ssize_t>(sizeof(count)));
        EXPECT_EQ(count, round);
      }
    }
  };
  const file_descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  run(body::run(event.get()));
}

TEST_P(readiness_test, a_socket_can_be_waited_for_in_both_directions_at_once) {
  struct body {
    static task<void> run(int here, int there) {
      auto waiting = spawn(readable_or_error(here));
      const int free = co_await writable_or_error(here);
      EXPECT_TRUE(has(free, POLLOUT)) << free;
      co_await a_few_turns();
      EXPECT_FALSE(waiting.done());
      send_now(there, "x");
      const int events = co_await waiting;
      EXPECT_TRUE(has(events, POLLIN)) << events;
    }
  };
  auto both = connected_streams();
  run(body::run(both.left.native_handle(), both.right.native_handle()));
}

TEST_P(readiness_test, the_end_of_the_other_side_is_something_to_read) {
  struct body {
    static task<void> run(testing::pipe_ends& pipe, testing::stream_pair& streams) {
      auto of_pipe = spawn(readable_or_error(pipe.reads.get()));
      auto of_stream = spawn(readable_or_error(streams.left.native_handle()));
      co_await a_few_turns();
      EXPECT_FALSE(of_pipe.done());
      EXPECT_FALSE(of_stream.done());
      pipe.writes.close();
      streams.right.close();
      const int pipe_events = co_await of_pipe;
      EXPECT_TRUE(has(pipe_events, POLLHUP)) << pipe_events;
      const int stream_events = co_await of_stream;
      EXPECT_TRUE(has(stream_events, POLLIN)) << stream_events;
    }
  };
  auto pipe = make_pipe();
  auto streams = connected_streams();
  run(body::run(pipe, streams));
}

TEST_P(readiness_test, a_pipe_without_a_reader_reports_an_error_to_who_wants_to_write) {
  auto pipe = make_pipe();
  pipe.reads.close();
  const int events = run(writable_or_error(pipe.writes.get()));
  EXPECT_TRUE(has(events, POLLERR)) << events;
}

TEST_P(readiness_test, all_who_wait_for_a_descriptor_are_told) {
  struct body {
    static task<void> run(int reads, int writes) {
      std::vector<join_handle<int>> waiting;
      for (int each = 0; each < 8; ++each) {
        waiting.push_back(spawn(readable_or_error(reads)));
      }
      co_await a_few_turns();
      send_now(writes, "x");
      for (const auto& each : waiting) {
        const int events = co_await each;
        EXPECT_TRUE(has(events, POLLIN)) << events;
      }
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

// Poll and the ring say so, epoll refuses (P31).
TEST_P(readiness_test, a_file_is_always_ready) {
  const file_descriptor file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  EXPECT_TRUE(has(run(readable_or_error(file.get())), POLLIN));
}

TEST_P(readiness_test, a_descriptor_that_is_not_open_is_an_error) {
  int closed = -1;
  {
    const auto pipe = make_pipe();
    closed = pipe.reads.get();
  }
  // A number that the runtime itself does not get: it opens descriptors of its own.
  closed += 1000;
  EXPECT_EQ(run(readable_or_error(closed)), -EBADF);
  EXPECT_EQ(run(writable_or_error(closed)), -EBADF);
  EXPECT_EQ(run(readable_or_error(-1)), -EBADF);
}

/// A number that the tests give to one file after the other.
int free_number() {
  int number = 700;
  while (fcntl(number, F_GETFD) >= 0) {
    ++number;
  }
  return number;
}

/// Waits for each of many pipes, all of which have the same number.
task<void> wait_for_pipes_of_number(int number, int rounds, bool wait_is_over_before_closing) {
  for (int round = 0; round < rounds; ++round) {
    auto pipe = make_pipe();
    EXPECT_EQ(dup3(pipe.reads.get(), number, O_CLOEXEC), number);
    pipe.reads.close();
    auto waiting = spawn(readable_or_error(number));
    co_await a_few_turns();
    EXPECT_FALSE(waiting.done()) << "of another file, round " << round;
    send_now(pipe.writes.get(), "x");
    const int events = co_await waiting;
    EXPECT_TRUE(has(events, POLLIN)) << events;
    if (wait_is_over_before_closing) {
      EXPECT_EQ(receive_now(number), "x");
      auto cancelled = spawn(readable_or_error(number));
      co_await a_few_turns();
      cancelled.cancel();
      bool ended = false;
      try {
        co_await cancelled;
      } catch (const cancelled_error&) {
        ended = true;
      }
      EXPECT_TRUE(ended);
    }
    ::close(number);
  }
}

TEST_P(readiness_test, a_number_that_was_closed_and_reused_is_a_new_descriptor) {
  run(wait_for_pipes_of_number(free_number(), 30, false));
  run(wait_for_pipes_of_number(free_number(), 30, true));
}

// The registration of the first file is still there when its number belongs to a stream of ours.
TEST_P(readiness_test, a_number_that_becomes_one_of_our_streams_is_read_from) {
  struct body {
    static task<void> run(int number) {
      for (int round = 0; round < 20; ++round) {
        auto pipe = make_pipe();
        EXPECT_EQ(dup3(pipe.reads.get(), number, O_CLOEXEC), number);
        send_now(pipe.writes.get(), "x");
        const int events = co_await readable_or_error(number);
        EXPECT_TRUE(has(events, POLLIN));
        ::close(number);
        auto streams = connected_streams();
        EXPECT_EQ(dup3(streams.left.native_handle(), number, O_CLOEXEC), number);
        tcp_stream reused{socket(file_descriptor(number))};
        auto reading = spawn(testing::read_count(reused, 5));
        co_await a_few_turns();
        EXPECT_FALSE(reading.done());
        send_now(streams.right.native_handle(), "hello");
        const std::string text = co_await reading;
        EXPECT_EQ(text, "hello");
      }
    }
  };
  run(body::run(free_number()));
}

TEST_P(readiness_test, a_cancelled_wait_ends_and_the_next_one_works) {
  struct body {
    static task<void> run(int reads, int writes) {
      for (int round = 0; round < 20; ++round) {
        auto waiting = spawn(readable_or_error(reads));
        for (int turn = 0; turn < round % 4; ++turn) {
          co_await yield();
        }
        EXPECT_TRUE(waiting.cancel());
        bool cancelled = false;
        try {
          co_await waiting;
        } catch (const cancelled_error&) {
          cancelled = true;
        }
        EXPECT_TRUE(cancelled);
        EXPECT_TRUE(waiting.cancelled());
      }
      send_now(writes, "x");
      const int events = co_await readable_or_error(reads);
      EXPECT_TRUE(has(events, POLLIN)) << events;
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

task<void> wait_again_and_again(int descriptor, std::atomic<int>& rounds, int rounds_max) {
  while (rounds < rounds_max) {
    static_cast<void>(co_await readable(descriptor));
    ++rounds;
  }
}

// The wait that succeeds although it was cancelled owes the cancellation to the next one.
TEST_P(readiness_test, a_task_that_waits_for_what_is_always_ready_can_be_cancelled) {
  struct body {
    static task<void> run(int descriptor) {
      const int rounds_max = testing::scaled(100'000);
      std::atomic<int> rounds{0};
      auto waiting = spawn(wait_again_and_again(descriptor, rounds, rounds_max));
      while (rounds < 10) {
        co_await yield();
      }
      waiting.cancel();
      bool cancelled = false;
      try {
        co_await waiting;
      } catch (const cancelled_error&) {
        cancelled = true;
      }
      EXPECT_TRUE(cancelled);
      EXPECT_LT(rounds.load(), rounds_max) << "cancelled only when it ended by itself";
    }
  };
  auto pipe = make_pipe();
  send_now(pipe.writes.get(), "x");
  run(body::run(pipe.reads.get()));
}

TEST_P(readiness_test, of_several_waiters_only_the_cancelled_one_leaves) {
  struct body {
    static task<void> run(int reads, int writes) {
      auto first = spawn(readable_or_error(reads));
      auto second = spawn(readable_or_error(reads));
      auto third = spawn(readable_or_error(reads));
      co_await a_few_turns();
      second.cancel();
      bool cancelled = false;
      try {
        co_await second;
      } catch (const cancelled_error&) {
        cancelled = true;
      }
      EXPECT_TRUE(cancelled);
      EXPECT_FALSE(first.done());
      EXPECT_FALSE(third.done());
      send_now(writes, "x");
      const int first_events = co_await first;
      const int third_events = co_await third;
      EXPECT_TRUE(has(first_events, POLLIN));
      EXPECT_TRUE(has(third_events, POLLIN));
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

TEST_P(readiness_test, a_wait_can_have_a_deadline) {
  struct body {
    static task<void> run(int reads, int writes) {
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(5ms, readable(reads)));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      send_now(writes, "x");
      const int events = co_await timeout(20s, readable(reads));
      EXPECT_TRUE(has(events, POLLIN)) << events;
    }
  };
  auto pipe = make_pipe();
  run(body::run(pipe.reads.get(), pipe.writes.get()));
}

/// Answers each byte with one, by waiting for readiness only.
task<void> answer(int reads, int writes, int rounds, bool begins) {
  for (int round = 0; round < rounds; ++round) {
    if (begins) {
      send_now(writes, "x");
    }
    static_cast<void>(co_await readable(reads));
    EXPECT_EQ(receive_now(reads), "x");
    if (!begins) {
      send_now(writes, "x");
    }
  }
}

TEST_P(readiness_test, two_tasks_play_ping_pong_over_pipes) {
  auto there = make_pipe();
  auto back = make_pipe();
  const int rounds = testing::scaled(2'000);
  struct body {
    static task<void> run(task<void> ping, task<void> pong) {
      co_await gather(std::move(ping), std::move(pong));
    }
  };
  run(body::run(answer(back.reads.get(), there.writes.get(), rounds, true),
                answer(there.reads.get(), back.writes.get(), rounds, false)));
}

}  // namespace
}  // namespace jackdaw::io
