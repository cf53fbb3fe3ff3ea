// tests/runtime/run_slot_test.cpp
//
// Goal: what runs on a worker goes on by itself only while nothing else there could run, and never past the next
// look outside. Method: a slot without a worker, in each state that matters.
#include <jackdaw/runtime/run_slot.hpp>

#include <gtest/gtest.h>

namespace jackdaw {
namespace {

TEST(run_slot_test, a_yield_goes_on_while_nothing_else_is_runnable_and_counts_as_a_step) {
  run_slot slot(nullptr);
  slot.poll_at = 3;
  EXPECT_TRUE(slot.go_on());
  EXPECT_TRUE(slot.go_on());
  EXPECT_TRUE(slot.go_on());
  EXPECT_FALSE(slot.go_on()) << "the outside is due";
  EXPECT_EQ(slot.resumptions.get(), 3U);
}

TEST(run_slot_test, a_yield_gives_way_to_what_is_runnable) {
  run_slot slot(nullptr);
  slot.poll_at = 100;
  slot.queue_may_hold_work = true;
  EXPECT_FALSE(slot.go_on());
  slot.queue_may_hold_work = false;
  work item(nullptr);
  slot.next = &item;
  EXPECT_FALSE(slot.go_on());
  EXPECT_EQ(slot.resumptions.get(), 0U);
}

TEST(run_slot_test, the_next_task_runs_inside_of_another_while_nobody_waits_too_long_for_it) {
  run_slot slot(nullptr);
  slot.poll_at = 100;
  slot.queue_may_hold_work = true;
  unsigned in_a_row = 0;
  while (in_a_row < 100 && slot.may_run_next()) {
    slot.count_next();
    ++in_a_row;
  }
  EXPECT_LT(in_a_row, run_slot::next_in_a_row_max) << "the queue has its turn";
  slot.queue_may_hold_work = false;
  EXPECT_TRUE(slot.may_run_next());
  slot.depth = run_slot::depth_max;
  EXPECT_FALSE(slot.may_run_next()) << "the stack has an end";
  slot.depth = 0;
  slot.poll_at = slot.resumptions.get() + 1;
  EXPECT_FALSE(slot.may_run_next()) << "the outside is due";
}

TEST(run_slot_test,
     who_suspends_hands_over_to_the_next_task_until_the_queue_or_the_outside_has_its_turn) {
  run_slot slot(nullptr);
  slot.poll_at = 100;
  slot.queue_may_hold_work = true;
  unsigned in_a_row = 0;
  while (in_a_row < 100 && slot.may_hand_over()) {
    slot.count_next();
    ++in_a_row;
  }
  EXPECT_EQ(in_a_row, run_slot::next_in_a_row_max) << "the queue has its turn";
  slot.queue_may_hold_work = false;
  EXPECT_TRUE(slot.may_hand_over());
  slot.depth = 1;
  EXPECT_FALSE(slot.may_hand_over()) << "what runs inside of an await ends there";
  slot.depth = 0;
  slot.poll_at = slot.resumptions.get();
  EXPECT_FALSE(slot.may_hand_over()) << "the outside is due";
}

}  // namespace
}  // namespace jackdaw
