// tests/model/known_bad_test.cpp
//
// Goal: the checker finds the mistakes that got past tests and reviews elsewhere. Method: queues with one
// mistake each (known_bad.hpp), which must fail, and without it, which must hold.
#include "known_bad.hpp"

#include "exploration.hpp"

#include <gtest/gtest.h>

#include <array>

namespace jackdaw::model {
namespace {

template <mistake Made>
void grows_while_stolen_from(execution& run) {
  growing_deque<Made> deque;
  std::array<item, 3> items;
  deque.push(items[0]);
  run.thread("owner", [&] {
    deque.push(items[1]);
    deque.push(items[2]);
  });
  run.thread("thief", [&] { deque.steal(); });
  run.join();
}

template <mistake Made>
void refilled_while_stolen_from(execution& run) {
  growing_deque<Made> deque;
  std::array<item, 3> items;
  deque.push(items[0]);
  run.thread("owner", [&] {
    deque.push(items[1]);
    deque.take();
    deque.take();
    deque.push(items[2]);
  });
  run.thread("thief", [&] { deque.steal(); });
  run.join();
}

template <mistake Made>
void taken_from_while_empty(execution& run) {
  growing_deque<Made> deque;
  run.thread("owner", [&] { deque.take(); });
  run.join();
}

template <mistake Made>
void filled_and_emptied(execution& run) {
  short_ring<Made> ring;
  std::array<item, 5> items;
  std::size_t pushed = 0;
  run.thread("owner", [&] {
    for (item& each : items) {
      pushed += ring.push(each) ? 1 : 0;
      if (&each != &items[0]) {
        ring.take();
      }
    }
  });
  run.thread("thief", [&] { ring.take(); });
  run.join();
  while (ring.take()) {
  }
  std::size_t taken = 0;
  for (const item& each : items) {
    taken += each.was_taken() ? 1 : 0;
  }
  check(taken == pushed, "nothing is lost");
}

TEST(known_bad, a_deque_without_mistakes_holds) {
  EXPECT_TRUE(always_holds(grows_while_stolen_from<mistake::none>));
  EXPECT_TRUE(always_holds(refilled_while_stolen_from<mistake::none>));
  EXPECT_TRUE(always_holds(taken_from_while_empty<mistake::none>));
}

TEST(known_bad, a_buffer_published_relaxed_shows_slots_that_are_empty) {
  EXPECT_TRUE(fails(grows_while_stolen_from<mistake::buffer_relaxed>, "has been filled"));
}

TEST(known_bad, an_unsigned_index_finds_an_item_in_an_empty_deque) {
  EXPECT_TRUE(fails(taken_from_while_empty<mistake::unsigned_index>, "has been filled"));
}

TEST(known_bad, a_buffer_chosen_before_the_index_gives_an_item_twice) {
  EXPECT_TRUE(fails(refilled_while_stolen_from<mistake::buffer_first>));
}

TEST(known_bad, a_ring_without_mistakes_holds) {
  EXPECT_TRUE(always_holds(filled_and_emptied<mistake::none>));
}

TEST(known_bad, an_index_as_narrow_as_the_mask_loses_items) {
  EXPECT_TRUE(fails(filled_and_emptied<mistake::index_of_mask>));
}

TEST(known_bad, an_index_that_comes_round_gives_an_item_twice) {
  EXPECT_TRUE(fails(filled_and_emptied<mistake::index_too_short>));
}

TEST(known_bad, a_head_moved_by_a_store_gives_an_item_twice) {
  EXPECT_TRUE(fails(filled_and_emptied<mistake::head_stored>));
}

}  // namespace
}  // namespace jackdaw::model
