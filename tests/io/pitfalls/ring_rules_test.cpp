// tests/io/pitfalls/ring_rules_test.cpp
//
// Goal: the ring is entered in the way that the kernel wants. Method: a filter refuses the calls that would be
// wrong, or some that are right, and what comes of it is looked at; in a child, since a filter stays.
#include "../../support/forked.hpp"
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/ring.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::call_io_uring_enter;
using testing::in_child;
using testing::refuse_system_call;

constexpr unsigned feature_no_iowait = 1U << 17;
// Of io_uring_enter's flags.
constexpr unsigned getevents = 1;
constexpr unsigned extended = 8;
constexpr unsigned registered = 16;
// Its arguments.
constexpr int to_submit = 1;
constexpr int flags_of_call = 3;

class ring_rules_test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::io_uring_refusal().empty()) {
      std::cout << "NOT TESTED: " << testing::io_uring_refusal() << std::endl;
      GTEST_SKIP() << testing::io_uring_refusal();
    }
  }
};

void queue_nop(ring& ring) { io_uring_prep_nop(&ring.entry()); }

int take_all(ring& ring) {
  int count = 0;
  while (ring.completion() != nullptr) {
    ring.seen();
    ++count;
  }
  return count;
}

// P9, B40: the kernel may refuse a call for now. What was queued stays queued, and goes with the next one.
TEST_F(ring_rules_test, a_submission_that_is_refused_for_now_is_made_later) {
  for (const int refusal : {EAGAIN, EBUSY, EINTR}) {
    const auto result = in_child([refusal]() -> std::string {
      ring ring;
      refuse_system_call(call_io_uring_enter, to_submit, 2, refusal);
      queue_nop(ring);
      queue_nop(ring);
      ring.enter(at_once, at_once);
      if (take_all(ring) != 0) {
        return "the filter does not work";
      }
      queue_nop(ring);
      ring.enter(at_once, at_once);
      const int count = take_all(ring);
      return count == 3 ? "" : std::to_string(count) + " of 3 were submitted";
    });
    EXPECT_EQ(testing::complaint_of(result), "") << refusal;
  }
}

// P9, P24: other errors are the ring's end, and are told: dropped completions, a filter that came later.
TEST_F(ring_rules_test, a_refusal_for_ever_is_an_error) {
  for (const int refusal : {EBADR, EPERM, EEXIST}) {
    const auto result = in_child([refusal]() -> std::string {
      ring ring;
      refuse_system_call(call_io_uring_enter, refusal);
      queue_nop(ring);
      try {
        ring.enter(at_once, at_once);
      } catch (const error& thrown) {
        return thrown.code().value() == refusal ? "" : thrown.what();
      }
      return "nothing was thrown";
    });
    EXPECT_EQ(testing::complaint_of(result), "") << refusal;
  }
}

// P26: with DEFER_TASKRUN only a call with GETEVENTS makes progress; one that does not wait must have it too.
TEST_F(ring_rules_test, a_call_that_does_not_wait_collects_what_is_there) {
  ring ring;
  const file_descriptor event(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  for (int round = 0; round < 100; ++round) {
    io_uring_prep_poll_add(&ring.entry(), event.get(), POLLIN);
    ring.enter(at_once, at_once);  // It submits, and what it submits is done already.
    EXPECT_EQ(take_all(ring), 1) << round;
  }
  const file_descriptor later(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  io_uring_prep_poll_add(&ring.entry(), later.get(), POLLIN);
  ring.enter(at_once, at_once);
  EXPECT_EQ(take_all(ring), 0);
  const std::uint64_t one = 1;
  EXPECT_EQ(write(later.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  queue_nop(ring);
  ring.enter(at_once, at_once);
  EXPECT_EQ(take_all(ring), 2) << "of the wait too, which was submitted before";
}

// P30: a call that waits without this flag counts as waiting for a disk.
TEST_F(ring_rules_test, a_wait_is_no_wait_for_a_disk) {
  const ring asked;
  if (!asked.has_features(feature_no_iowait)) {
    GTEST_SKIP() << "the kernel does not know the flag";
  }
  const auto result = in_child([]() -> std::string {
    ring ring;
    for (const unsigned wrong : {getevents | extended, getevents | extended | registered}) {
      refuse_system_call(call_io_uring_enter, flags_of_call, wrong, EPERM);
    }
    queue_nop(ring);
    ring.enter(std::chrono::steady_clock::now() + 1s, std::chrono::steady_clock::now());
    return take_all(ring) == 1 ? "" : "no completion";
  });
  EXPECT_EQ(testing::complaint_of(result), "");
}

}  // namespace
}  // namespace jackdaw::io
