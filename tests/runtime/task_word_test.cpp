// tests/runtime/task_word_test.cpp
//
// Goal: each transition of a task's word, alone. Method: a word of our own; all interleavings of the
// transitions are in tests/model/task_word_test.cpp.
#include <jackdaw/runtime/task_word.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

namespace jackdaw {
namespace {

class task_word_test : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] std::uint32_t phase() const noexcept {
    return state.load() & task_word::phase_mask;
  }

  std::atomic<std::uint32_t> state{0};
  task_word word{state, GetParam()};
};

TEST_P(task_word_test, a_wait_begins_is_woken_once_and_ends) {
  EXPECT_FALSE(word.wake()) << "it does not wait";
  EXPECT_EQ(word.arm(false), task_word::armed::waiting);
  EXPECT_EQ(phase(), task_word::phase_waiting);
  EXPECT_TRUE(word.wake());
  EXPECT_FALSE(word.wake());
  EXPECT_EQ(word.end_phase(task_word::must_cancel) & task_word::phase_mask, task_word::phase_woken);
  EXPECT_EQ(word.arm(true), task_word::armed::waiting) << "the next wait";
  EXPECT_EQ(state.load(), task_word::phase_waiting | task_word::has_hook);
}

TEST_P(task_word_test, a_due_request_ends_a_wait_as_it_begins) {
  word.change(0, task_word::must_cancel);
  EXPECT_EQ(word.arm(false), task_word::armed::cancelled);
  EXPECT_EQ(word.end_phase(0) & task_word::phase_mask, task_word::phase_cancelled);
  EXPECT_EQ(state.load(), task_word::phase_running) << "it was delivered";
}

TEST_P(task_word_test, a_due_request_is_told_to_the_hook_of_a_wait_that_has_one) {
  word.change(0, task_word::must_cancel);
  EXPECT_EQ(word.arm(true), task_word::armed::asks_hook);
  EXPECT_EQ(state.load(), task_word::phase_waiting | task_word::has_hook | task_word::hook_busy);
}

TEST_P(task_word_test, a_request_that_came_after_the_wake_is_delivered_only_to_who_takes_it) {
  ASSERT_EQ(word.arm(false), task_word::armed::waiting);
  ASSERT_TRUE(word.wake());
  word.change(0, task_word::must_cancel);
  EXPECT_NE(word.end_phase(0) & task_word::must_cancel, 0U);
  EXPECT_NE(state.load() & task_word::must_cancel, 0U) << "left for the next suspension";
  EXPECT_NE(word.end_phase(task_word::must_cancel) & task_word::must_cancel, 0U);
  EXPECT_EQ(state.load() & task_word::must_cancel, 0U);
}

INSTANTIATE_TEST_SUITE_P(threads, task_word_test, ::testing::Bool(),
                         [](const auto& of) { return of.param ? "single" : "several"; });

}  // namespace
}  // namespace jackdaw
