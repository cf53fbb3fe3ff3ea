// tests/io/signal_set_test.cpp
//
// Goal: signals are awaited, none is lost, and afterwards they do what they did before. Method: SIGUSR1
// and SIGUSR2, sent by this process to itself; both are ignored around each test, so that a late one
// does no harm.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/signal_set.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <thread>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;

struct sigaction action_of(int number) {
  struct sigaction found{};
  sigaction(number, nullptr, &found);
  return found;
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction wanted{};
  wanted.sa_handler = handler;
  ASSERT_EQ(sigaction(number, &wanted, nullptr), 0);
}

/// The errno of making a set, or 0.
int error_of(std::initializer_list<int> signals) {
  try {
    const signal_set made(signals);
    return 0;
  } catch (const error& refused) {
    EXPECT_EQ(std::string(refused.what()).find("sigaction "), 0U) << refused.what();
    return refused.number();
  }
}

/// Keeps the dispositions of the two signals.
class ignored_signals {
 public:
  ignored_signals() {
    set_handler(SIGUSR1, SIG_IGN);
    set_handler(SIGUSR2, SIG_IGN);
  }
  ignored_signals(const ignored_signals&) = delete;
  ignored_signals& operator=(const ignored_signals&) = delete;
  ~ignored_signals() {
    sigaction(SIGUSR1, &first_, nullptr);
    sigaction(SIGUSR2, &second_, nullptr);
  }

 private:
  struct sigaction first_ = action_of(SIGUSR1);
  struct sigaction second_ = action_of(SIGUSR2);
};

class signal_set_making_test : public ::testing::Test {
 private:
  ignored_signals ignored_;
};

class signal_set_test : public testing::io_test {
 private:
  ignored_signals ignored_;
};
JACKDAW_OVER_IO(signal_set_test, testing::all_io_kinds());

std::atomic<int> handled{0};
void count_signal(int /*number*/) { ++handled; }

TEST_F(signal_set_making_test, signals_do_afterwards_what_they_did_before) {
  set_handler(SIGUSR1, &count_signal);
  handled = 0;
  {
    const signal_set signals{SIGUSR1, SIGUSR2};
    EXPECT_NE(action_of(SIGUSR1).sa_handler, &count_signal);
    EXPECT_NE(action_of(SIGUSR2).sa_handler, SIG_IGN);
    raise(SIGUSR1);
    EXPECT_EQ(handled.load(), 0);
  }
  EXPECT_EQ(action_of(SIGUSR1).sa_handler, &count_signal);
  EXPECT_EQ(action_of(SIGUSR2).sa_handler, SIG_IGN);
  raise(SIGUSR1);
  EXPECT_EQ(handled.load(), 1);
}

TEST_F(signal_set_making_test, signals_that_cannot_be_had_are_invalid) {
  for (const int number : {SIGKILL, SIGSTOP, 0, -1, 65, 1000}) {
    EXPECT_EQ(error_of({number}), EINVAL) << number;
  }
}

TEST_F(signal_set_making_test, a_signal_that_another_set_has_is_busy_until_that_is_gone) {
  {
    const signal_set first{SIGUSR1};
    EXPECT_EQ(error_of({SIGUSR1}), EBUSY);
    EXPECT_EQ(error_of({SIGUSR2, SIGUSR1}), EBUSY);
    EXPECT_EQ(error_of({SIGUSR2}), 0) << "the failed set gave it back";
    EXPECT_NE(action_of(SIGUSR1).sa_handler, SIG_IGN) << "the first set still has it";
  }
  EXPECT_EQ(error_of({SIGUSR1, SIGUSR2}), 0);
}

TEST_F(signal_set_making_test, a_set_that_fails_half_way_leaves_everything_as_it_was) {
  const std::size_t descriptors = testing::open_descriptors();
  EXPECT_EQ(error_of({SIGUSR1, SIGUSR2, SIGKILL}), EINVAL);
  EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_IGN);
  EXPECT_EQ(action_of(SIGUSR2).sa_handler, SIG_IGN);
  EXPECT_EQ(error_of({SIGUSR1, SIGUSR1}), EBUSY) << "the same signal twice";
  EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_IGN);
  EXPECT_EQ(testing::open_descriptors(), descriptors);
}

TEST_F(signal_set_making_test, sets_come_and_go_while_signals_arrive) {
  for (int round = 0; round < testing::scaled(500); ++round) {
    const signal_set signals{SIGUSR1};
    raise(SIGUSR1);
  }
  EXPECT_EQ(action_of(SIGUSR1).sa_handler, SIG_IGN);
}

// The number of its eventfd is the next one's: a handler that was late would write to that.
TEST_F(signal_set_making_test, a_set_that_has_ended_is_written_to_by_nobody) {
  std::atomic<pthread_t> receiver{};
  std::atomic<bool> over{false};
  std::thread receiving([&] {
    receiver = pthread_self();
    while (!over) {
    }
  });
  while (receiver.load() == pthread_t{}) {
  }
  std::thread sending([&] {
    while (!over) {
      pthread_kill(receiver, SIGUSR1);
    }
  });
  int late = 0;
  for (int round = 0; round < testing::scaled(20'000); ++round) {
    {
      const signal_set signals{SIGUSR1};
    }
    const file_descriptor next(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    for (int look = 0; look < 4; ++look) {
      std::uint64_t count = 0;
      late += read(next.get(), &count, sizeof(count)) >= 0 ? 1 : 0;
    }
  }
  over = true;
  sending.join();
  receiving.join();
  EXPECT_EQ(late, 0);
}

task<bool> nothing_pending(signal_set& signals) {
  bool timed_out = false;
  try {
    static_cast<void>(co_await timeout(5ms, signals.next()));
  } catch (const timeout_error&) {
    timed_out = true;
  }
  co_return timed_out;
}

// The workers of a pool block all signals, and a task may be on any of them: it sends to the process,
// whose first thread takes the signal a little later. What has to be there at once is raised before.
void send_to_process(int number) { EXPECT_EQ(kill(getpid(), number), 0); }

TEST_P(signal_set_test, an_arrival_ends_the_wait_for_it) {
  struct body {
    static task<void> run() {
      signal_set signals{SIGUSR1, SIGUSR2};
      for (const int number : {SIGUSR1, SIGUSR2, SIGUSR2, SIGUSR1}) {
        auto waiting = spawn(signals.next());
        for (int turn = 0; turn < 5; ++turn) {
          co_await yield();
        }
        EXPECT_FALSE(waiting.done());
        send_to_process(number);
        const int arrived = co_await waiting;
        EXPECT_EQ(arrived, number);
      }
    }
  };
  run(body::run());
}

TEST_P(signal_set_test, what_arrived_before_anybody_waited_is_kept) {
  struct body {
    static task<void> run(signal_set& signals) {
      const int first = co_await signals.next();
      const int second = co_await signals.next();
      EXPECT_EQ(first, SIGUSR1) << "in the order in which the set names them";
      EXPECT_EQ(second, SIGUSR2);
      const bool empty = co_await nothing_pending(signals);
      EXPECT_TRUE(empty);
    }
  };
  signal_set signals{SIGUSR1, SIGUSR2};
  raise(SIGUSR2);
  raise(SIGUSR1);
  run(body::run(signals));
}

TEST_P(signal_set_test, several_arrivals_before_one_is_fetched_count_once) {
  struct body {
    static task<void> run(signal_set& signals) {
      const int arrived = co_await signals.next();
      EXPECT_EQ(arrived, SIGUSR1);
      const bool empty = co_await nothing_pending(signals);
      EXPECT_TRUE(empty);
      send_to_process(SIGUSR1);
      const int again = co_await signals.next();
      EXPECT_EQ(again, SIGUSR1);
    }
  };
  signal_set signals{SIGUSR1};
  for (int each = 0; each < 5; ++each) {
    raise(SIGUSR1);
  }
  run(body::run(signals));
}

TEST_P(signal_set_test, two_sets_share_the_signals_and_not_the_arrivals) {
  struct body {
    static task<void> run() {
      signal_set first{SIGUSR1};
      signal_set second{SIGUSR2};
      auto of_first = spawn(first.next());
      auto of_second = spawn(second.next());
      send_to_process(SIGUSR2);
      const int arrived = co_await of_second;
      EXPECT_EQ(arrived, SIGUSR2);
      EXPECT_FALSE(of_first.done());
      send_to_process(SIGUSR1);
      const int other = co_await of_first;
      EXPECT_EQ(other, SIGUSR1);
    }
  };
  run(body::run());
}

/// In a thread that inherited a mask with SIGUSR1 in it.
void raise_with_mask(sigset_t mask) {
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  raise(SIGUSR1);
}

// Workers block signals, which would end their waits (P35).
TEST_P(signal_set_test, a_signal_that_the_runtimes_threads_block_arrives_through_another_one) {
  struct body {
    static task<void> run(sigset_t unblocked) {
      signal_set signals{SIGUSR1};
      co_await to_thread(&raise_with_mask, unblocked);
      const int arrived = co_await signals.next();
      EXPECT_EQ(arrived, SIGUSR1);
    }
  };
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  run(body::run(before));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// Keeps the number where it is safe: the result of a task that is cancelled at its end is dropped,
/// which is the rule of tasks and not of signals.
task<void> fetch(signal_set& signals, int& number) { number = co_await signals.next(); }

TEST_P(signal_set_test, the_cancellation_of_a_wait_loses_no_signal) {
  struct body {
    static task<void> run(int rounds) {
      signal_set signals{SIGUSR1};
      for (int round = 0; round < rounds; ++round) {
        int arrived = 0;
        auto waiting = spawn(fetch(signals, arrived));
        for (int turn = 0; turn < round % 5; ++turn) {
          co_await yield();
        }
        send_to_process(SIGUSR1);
        for (int turn = 0; turn < round % 3; ++turn) {
          co_await yield();
        }
        waiting.cancel();
        try {
          co_await waiting;
        } catch (const cancelled_error&) {
          // With or without a number: below.
        }
        if (arrived == 0) {
          arrived = co_await timeout(20s, signals.next());
        }
        EXPECT_EQ(arrived, SIGUSR1) << "round " << round;
      }
      const bool empty = co_await nothing_pending(signals);
      EXPECT_TRUE(empty);
    }
  };
  run(body::run(testing::scaled(500)));
}

}  // namespace
}  // namespace jackdaw::io
