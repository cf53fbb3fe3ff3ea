// tests/io/event_descriptor_test.cpp
//
// Goal: what was signalled is received exactly once, from whatever thread, and never lost to a deadline.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/event_descriptor.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <variant>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;

class event_descriptor_test : public testing::io_test {};
JACKDAW_OVER_IO(event_descriptor_test, testing::all_io_kinds());

task<void> count_from_a_thread() {
  constexpr std::uint64_t signals = 1000;
  event_descriptor event(3);
  std::thread other([&event] {
    for (std::uint64_t index = 0; index < signals; ++index) {
      event.signal();
    }
  });
  std::uint64_t total = 0;
  while (total < signals + 3) {
    const std::uint64_t count = co_await event.wait();
    EXPECT_GT(count, 0U);
    total += count;
  }
  other.join();
  EXPECT_EQ(total, signals + 3);
}

TEST_P(event_descriptor_test, every_signal_of_another_thread_is_counted_once) {
  run(count_from_a_thread());
}

task<void> wait_in_vain() {
  event_descriptor event;
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, event.wait()));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  event.signal(2);
  const std::uint64_t count = co_await event.wait();
  EXPECT_EQ(count, 2U) << "as good as before";
  event.signal(std::numeric_limits<std::uint64_t>::max() - 1);
  int number = 0;
  try {
    event.signal();
  } catch (const error& full) {
    number = full.number();
  }
  EXPECT_EQ(number, EAGAIN) << "signalling never waits";
  const result<std::uint64_t> all = co_await event.try_wait();
  EXPECT_EQ(*all, std::numeric_limits<std::uint64_t>::max() - 1);
}

TEST_P(event_descriptor_test, a_wait_can_have_a_deadline_and_loses_nothing_by_it) {
  run(wait_in_vain());
}

task<void> share_between_waiters() {
  event_descriptor event;
  event.signal();
  // Whoever is too late waits for the next one, and is cancelled.
  auto racing = race(event.wait(), event.wait());
  const auto winner = co_await std::move(racing);
  const std::uint64_t one = winner.index() == 0 ? std::get<0>(winner) : std::get<1>(winner);
  EXPECT_EQ(one, 1U);
}

TEST_P(event_descriptor_test, one_signal_is_given_to_one_of_the_waiters) {
  run(share_between_waiters());
}

}  // namespace
}  // namespace jackdaw::io
