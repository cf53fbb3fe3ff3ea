// tests/io/ring_test.cpp
//
// Goal: the ring loses no completion, however small its queues, and survives what enter() may answer.
// Method: NOPs, polls and timed waits on a ring without a runtime; signals from a thread.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/ring.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::io_uring_refusal;

using clock_type = std::chrono::steady_clock;

class ring_test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!io_uring_refusal().empty()) {
      std::cout << "NOT TESTED: " << io_uring_refusal() << std::endl;
      GTEST_SKIP() << io_uring_refusal();
    }
  }
};

void queue_nop(ring& ring, std::uint64_t number) {
  io_uring_sqe& sqe = ring.entry();
  io_uring_prep_nop(&sqe);
  io_uring_sqe_set_data64(&sqe, number);
}

// Collects `count` completions, by entering as often as it takes, but not for ever.
std::vector<std::uint64_t> collect(ring& ring, std::size_t count) {
  std::vector<std::uint64_t> numbers;
  for (int attempts = 0; numbers.size() < count && attempts < 100'000; ++attempts) {
    const auto now = clock_type::now();
    ring.enter(now + 1s, now);
    while (const io_uring_cqe* const completion = ring.completion()) {
      numbers.push_back(completion->user_data);
      ring.seen();
    }
  }
  return numbers;
}

TEST_F(ring_test, a_submission_comes_back_as_a_completion) {
  ring ring;
  queue_nop(ring, 42);
  EXPECT_EQ(ring.completion(), nullptr);
  EXPECT_EQ(collect(ring, 1), std::vector<std::uint64_t>{42});
  EXPECT_EQ(ring.completion(), nullptr);
}

TEST_F(ring_test, one_system_call_submits_collects_and_waits) {
  ring ring;
  for (std::uint64_t number = 0; number < 100; ++number) {
    queue_nop(ring, number);
  }
  const auto before = ring.system_calls();
  const auto now = clock_type::now();
  ring.enter(now + 1s, now);
  EXPECT_EQ(ring.system_calls() - before, 1U);
  std::size_t count = 0;
  while (ring.completion() != nullptr) {
    ring.seen();
    ++count;
  }
  EXPECT_EQ(count, 100U);
}

TEST_F(ring_test, with_nothing_to_do_and_nothing_to_wait_for_the_kernel_is_not_called) {
  ring ring;
  ring.enter(at_once, at_once);
  const auto before = ring.system_calls();
  for (int round = 0; round < 100; ++round) {
    ring.enter(at_once, at_once);
  }
  EXPECT_EQ(ring.system_calls(), before);
}

TEST_F(ring_test, a_wait_ends_at_its_deadline_and_not_before) {
  ring ring;
  const auto begin = clock_type::now();
  const auto deadline = begin + 20ms;
  while (clock_type::now() < deadline) {
    ring.enter(deadline, clock_type::now());
  }
  EXPECT_EQ(ring.completion(), nullptr);
  EXPECT_LE(ring.system_calls(), 5U) << "it sleeps, and does not spin";
}

TEST_F(ring_test, a_deadline_that_has_passed_is_no_wait) {
  ring ring;
  const auto now = clock_type::now();
  ring.enter(now - 1s, now);
  ring.enter(at_once, now);
  EXPECT_LT(clock_type::now() - now, 10s);
}

// P7, B43: what does not fit is kept by the kernel, and only a call with GETEVENTS fetches it.
TEST_F(ring_test, more_completions_than_slots_are_all_delivered_once) {
  ring ring(ring_sizes{8, 16});
  constexpr std::uint64_t count = 1000;
  for (std::uint64_t number = 0; number < count; ++number) {
    queue_nop(ring, number);
  }
  const auto numbers = collect(ring, count);
  EXPECT_EQ(numbers.size(), count);
  EXPECT_EQ(std::set<std::uint64_t>(numbers.begin(), numbers.end()).size(), count);
  EXPECT_EQ(ring.completion(), nullptr);
}

// P8: a full submission queue is emptied by whoever needs an entry.
TEST_F(ring_test, a_ring_of_two_entries_takes_any_number_of_submissions) {
  ring ring(ring_sizes{2, 4});
  std::vector<std::uint64_t> numbers;
  constexpr std::uint64_t count = 500;
  for (std::uint64_t number = 0; number < count; ++number) {
    queue_nop(ring, number);
    if (number % 7 == 0) {
      for (const auto each : collect(ring, 1)) {
        numbers.push_back(each);
      }
    }
  }
  for (const auto each : collect(ring, count - numbers.size())) {
    numbers.push_back(each);
  }
  EXPECT_EQ(std::set<std::uint64_t>(numbers.begin(), numbers.end()).size(), count);
  EXPECT_EQ(numbers.size(), count);
}

TEST_F(ring_test, a_poll_from_outside_ends_a_wait) {
  ring ring;
  const file_descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  io_uring_sqe& sqe = ring.entry();
  io_uring_prep_poll_add(&sqe, event.get(), POLLIN);
  io_uring_sqe_set_data64(&sqe, 7);
  ring.enter(at_once, at_once);
  EXPECT_EQ(ring.completion(), nullptr);
  std::thread writer([&] {
    const std::uint64_t one = 1;
    EXPECT_EQ(write(event.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  });
  ring.enter(never, clock_type::now());
  writer.join();
  const auto numbers = collect(ring, 1);
  EXPECT_EQ(numbers, std::vector<std::uint64_t>{7});
}

std::atomic<std::uint64_t> storm_signals{0};
void note_storm(int /*number*/) { storm_signals.fetch_add(1, std::memory_order_relaxed); }

// P9, B66: every wait is interrupted; the submissions are made nevertheless, each once.
TEST_F(ring_test, a_storm_of_signals_neither_loses_nor_doubles_anything) {
  struct sigaction action{};
  action.sa_handler = &note_storm;
  struct sigaction before{};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  ring ring;
  std::atomic<bool> over{false};
  const pthread_t target = pthread_self();
  std::thread storm([&] {
    while (!over.load(std::memory_order_relaxed)) {
      pthread_kill(target, SIGUSR1);
      std::this_thread::yield();
    }
  });
  const file_descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const auto rounds = static_cast<std::uint64_t>(testing::scaled(2000));
  for (std::uint64_t round = 0; round < rounds; ++round) {
    // A poll that is answered only after a wait that can only be ended by a signal or its deadline.
    io_uring_sqe& sqe = ring.entry();
    io_uring_prep_poll_add(&sqe, event.get(), POLLIN);
    io_uring_sqe_set_data64(&sqe, round);
    const auto now = clock_type::now();
    ring.enter(now + 100us, now);
    EXPECT_EQ(ring.completion(), nullptr);
    std::uint64_t value = 1;
    EXPECT_EQ(write(event.get(), &value, sizeof(value)), static_cast<ssize_t>(sizeof(value)));
    const auto numbers = collect(ring, 1);
    ASSERT_EQ(numbers, std::vector<std::uint64_t>{round});
    EXPECT_EQ(read(event.get(), &value, sizeof(value)), static_cast<ssize_t>(sizeof(value)));
  }
  over.store(true, std::memory_order_relaxed);
  storm.join();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_GT(storm_signals.load(), 0U);
  EXPECT_EQ(ring.completion(), nullptr);
}

TEST_F(ring_test, absurd_sizes_are_clamped_and_not_refused) {
  ring ring(ring_sizes{1U << 20, 1U << 22});
  queue_nop(ring, 1);
  EXPECT_EQ(collect(ring, 1).size(), 1U);
}

TEST_F(ring_test, what_the_kernel_can_do_is_known) {
  const ring ring;
  EXPECT_TRUE(ring.has_features(IORING_FEAT_NODROP));
  EXPECT_TRUE(ring.has_features(IORING_FEAT_EXT_ARG));
  EXPECT_FALSE(ring.has_features(1U << 31));
}

// -- Restrictions -----------------------------------------------------------------------------------

constexpr int nop_alone[] = {IORING_OP_NOP};

TEST_F(ring_test, a_restricted_ring_does_what_it_may_and_refuses_the_rest) {
  ring ring({}, ring_start::later);
  ring.start_restricted(nop_alone, 0);
  queue_nop(ring, 1);
  EXPECT_EQ(collect(ring, 1), std::vector<std::uint64_t>{1});
  const file_descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  io_uring_prep_poll_add(&ring.entry(), event.get(), POLLOUT);
  ring.enter(at_once, at_once);
  const io_uring_cqe* const refusal = ring.completion();
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->res, -EACCES);
  ring.seen();
  EXPECT_EQ(io_uring_register_eventfd(&ring.raw(), event.get()), -EACCES);
}

// A registration of the ring's own descriptor that nobody takes back keeps the ring alive, and there is room
// for sixteen of them per thread.
TEST_F(ring_test, restricted_rings_come_and_go_without_a_trace) {
  for (int round = 0; round < 40; ++round) {
    ring ring(ring_sizes{8, 16}, ring_start::later);
    ring.start_restricted(nop_alone, 0);
    ASSERT_NE(ring.raw().int_flags, 0) << "no room for the registration in round " << round;
    queue_nop(ring, 1);
    ASSERT_EQ(collect(ring, 1).size(), 1U);
  }
}

// -- Threads of the kernel --------------------------------------------------------------------------

std::size_t kernel_threads_of_rings() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    count += name.starts_with("iou-wrk") ? 1 : 0;
  }
  return count;
}

// Others do not make a splice wait.
testing::pipe_ends blocking_pipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  return {file_descriptor(ends[0]), file_descriptor(ends[1])};
}

// P28: a splice from an empty pipe takes a thread each for as long as it waits, if nobody sets a bound.
TEST_F(ring_test, operations_that_block_in_the_kernel_share_few_threads) {
  ring ring;
  constexpr std::size_t splices = 12;  // A pipe holds sixteen pieces.
  std::vector<testing::pipe_ends> from;
  const testing::pipe_ends into = blocking_pipe();
  for (std::size_t index = 0; index < splices; ++index) {
    from.push_back(blocking_pipe());
    io_uring_sqe& sqe = ring.entry();
    io_uring_prep_splice(&sqe, from.back().reads.get(), -1, into.writes.get(), -1, 1, 0);
    io_uring_sqe_set_data64(&sqe, index);
  }
  ring.enter(at_once, at_once);
  // One thread after the other blocks, and has the next one started: until there are no more of them.
  std::size_t threads = 0;
  for (int same = 0; same < 200; ++same) {
    const std::size_t now = kernel_threads_of_rings();
    same = now == threads ? same : 0;
    threads = now;
    std::this_thread::yield();
  }
  for (const testing::pipe_ends& each : from) {
    ASSERT_EQ(write(each.writes.get(), "x", 1), 1);
  }
  EXPECT_EQ(collect(ring, splices).size(), splices);
  EXPECT_GE(threads, 1U);
  EXPECT_LE(threads, 6U);
}

}  // namespace
}  // namespace jackdaw::io
