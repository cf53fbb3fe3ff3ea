// tests/model/steal_queue_test.cpp
//
// Goal: the claims of steal_queue.hpp, "One proof obligation": what is taken is what was pushed, nothing is
// taken twice, nothing is lost; and who takes an item sees what its pusher wrote. Method: all executions of
// an owner and one or two thieves over queues so small that slots are used again.
#include "exploration.hpp"
#include "item.hpp"
#include "memory.hpp"
#include <jackdaw/runtime/multi_thread/steal_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace jackdaw::model {
namespace {

template <std::size_t Capacity, class Memory>
using queue_of = steal_queue<work, Capacity, Memory>;

template <class Queue>
struct scene {
  explicit scene(std::uint64_t first_index = 0) : queue(first_index) {}

  std::size_t push(std::size_t first, std::size_t count) {
    std::array<work*, 4> batch{};
    for (std::size_t index = 0; index < count; ++index) {
      items[first + index].fill();
      batch[index] = &items[first + index];
    }
    return queue.push(std::span<work* const>(batch.data(), count));
  }
  bool pop() {
    work* const found = queue.pop();
    if (found != nullptr) {
      static_cast<item*>(found)->take();
    }
    return found != nullptr;
  }
  template <std::size_t Most = 4>
  void steal() {
    std::array<work*, Most> loot{};
    const std::size_t count = queue.steal(loot);
    for (std::size_t index = 0; index < count; ++index) {
      static_cast<item*>(loot[index])->take();
    }
  }
  // By the program, when all is over: the first `pushed` items have been taken, or are still there.
  void expect_all_of(std::size_t pushed) {
    while (pop()) {
    }
    for (std::size_t index = 0; index < items.size(); ++index) {
      check(items[index].was_taken() == (index < pushed),
            "all that was pushed is taken, and no more");
    }
  }

  Queue queue;
  std::array<item, 5> items;
};

template <class Memory>
void owner_and_thief(execution& run) {
  scene<queue_of<4, Memory>> at;
  run.thread("owner", [&] {
    check(at.push(0, 1) == 1, "there is room");
    check(at.push(1, 2) == 2, "there is room");
    at.pop();
    at.pop();
  });
  run.thread("thief", [&] { at.steal(); });
  run.join();
  at.expect_all_of(3);
}

// Capacity 2: the third item can only be in a slot that was emptied.
template <class Memory>
void slots_used_again(execution& run) {
  scene<queue_of<2, Memory>> at;
  std::size_t pushed = 2;
  run.thread("owner", [&] {
    check(at.push(0, 2) == 2, "there is room");
    at.pop();
    pushed += at.push(2, 1);
    pushed += pushed == 3 ? at.push(3, 1) : 0;
  });
  run.thread("thief", [&] {
    at.template steal<1>();
    at.template steal<1>();
  });
  run.join();
  at.expect_all_of(pushed);
}

template <class Memory>
void two_thieves(execution& run) {
  scene<queue_of<2, Memory>> at;
  std::size_t pushed = 2;
  run.thread("owner", [&] {
    check(at.push(0, 2) == 2, "there is room");
    at.pop();
    pushed += at.push(2, 1);
  });
  run.thread("thief 1", [&] { at.template steal<2>(); });
  run.thread("thief 2", [&] { at.template steal<2>(); });
  run.join();
  at.expect_all_of(pushed);
}

// The loot goes into the thief's own queue, from where a third takes it: it sees what the first one wrote.
template <class Memory>
void stolen_twice(execution& run) {
  scene<queue_of<2, Memory>> first;
  queue_of<2, Memory> second;
  run.thread("owner", [&] { check(first.push(0, 1) == 1, "there is room"); });
  run.thread("thief", [&] {
    std::array<work*, 2> loot{};
    const std::size_t count = first.queue.steal(loot);
    check(second.push(std::span<work* const>(loot.data(), count)) == count, "there is room");
  });
  run.thread("thief of the thief", [&] {
    std::array<work*, 2> loot{};
    if (second.steal(loot) == 1) {
      static_cast<item*>(loot[0])->take();
    }
  });
  run.join();
  while (work* const left = second.pop()) {
    static_cast<item*>(left)->take();
  }
  first.expect_all_of(1);
}

// P1 and I2 of "No lost wake-up", with a flag for the mask: one of the two sees the other.
template <class Memory>
void pushed_and_looked_at(execution& run) {
  scene<queue_of<2, Memory>> at;
  typename Memory::template atomic<int> asleep(0);
  bool seen_asleep = false;
  bool seen_work = false;
  run.thread("owner", [&] {
    check(at.push(0, 1) == 1, "there is room");
    seen_asleep = asleep.load(std::memory_order_seq_cst) != 0;
  });
  run.thread("sleeper", [&] {
    asleep.exchange(1, std::memory_order_seq_cst);
    seen_work = !at.queue.empty();
  });
  run.join();
  check(seen_asleep || seen_work, "one of the two sees the other");
  at.expect_all_of(1);
}

// As above, where a part of the queue had been taken before: head counts too.
template <class Memory>
void looked_at_after_others_took(execution& run) {
  scene<queue_of<2, Memory>> at;
  check(at.push(0, 2) == 2, "there is room");
  typename Memory::template atomic<int> asleep(0);
  bool seen_asleep = false;
  bool seen_work = false;
  run.thread("owner", [&] {
    at.pop();
    at.pop();
    check(at.push(2, 1) == 1, "there is room");
    seen_asleep = asleep.load(std::memory_order_seq_cst) != 0;
  });
  run.thread("sleeper", [&] {
    asleep.exchange(1, std::memory_order_seq_cst);
    seen_work = at.queue.size() != 0;
  });
  run.join();
  check(seen_asleep || seen_work, "one of the two sees the other");
  at.expect_all_of(3);
}

TEST(steal_queue_model, an_owner_and_a_thief_share_what_was_pushed) {
  EXPECT_TRUE(always_holds(owner_and_thief<memory>));
}

TEST(steal_queue_model, slots_are_used_again_only_after_they_were_emptied) {
  EXPECT_TRUE(always_holds(slots_used_again<memory>));
}

TEST(steal_queue_model, two_thieves_and_the_owner_take_nothing_twice) {
  EXPECT_TRUE(always_holds(two_thieves<memory>));
}

TEST(steal_queue_model, what_is_stolen_from_a_thief_is_seen_as_its_first_owner_left_it) {
  EXPECT_TRUE(always_holds(stolen_twice<memory>));
}

TEST(steal_queue_model, either_the_pusher_sees_the_sleeper_or_the_sleeper_the_work) {
  EXPECT_TRUE(always_holds(pushed_and_looked_at<memory>));
  EXPECT_TRUE(always_holds(looked_at_after_others_took<memory>));
}

TEST(steal_queue_model, indices_may_start_anywhere) {
  for (const std::uint64_t first : {(std::uint64_t{1} << 31) - 1, (std::uint64_t{1} << 32) - 1,
                                    (std::uint64_t{1} << 63) - 1, ~std::uint64_t{0}}) {
    EXPECT_TRUE(always_holds([first](execution& run) {
      scene<queue_of<2, memory>> at(first);
      run.thread("owner", [&] {
        check(at.push(0, 2) == 2, "there is room");
        at.pop();
        at.pop();
        check(!at.pop(), "two were pushed");
      });
      run.thread("thief", [&] { at.steal<1>(); });
      run.join();
      at.expect_all_of(2);
    }));
  }
}

// A slot is filled again only after who read it: not even a compiler may turn that round.
TEST(steal_queue_model, no_slot_is_read_from_the_future) {
  EXPECT_TRUE(always_holds(slots_used_again<sequenced_memory>));
  EXPECT_TRUE(always_holds(two_thieves<sequenced_memory>));
}

// -- Canaries ----------------------------------------------------------------------------------------

TEST(steal_queue_model, canary_without_orders_an_item_is_taken_before_it_is_filled) {
  EXPECT_TRUE(fails(owner_and_thief<relaxed_memory>, "a race"));
}

TEST(steal_queue_model, canary_without_seq_cst_pusher_and_sleeper_miss_each_other) {
  EXPECT_TRUE(fails(pushed_and_looked_at<unordered_memory>, "one of the two sees the other"));
}

}  // namespace
}  // namespace jackdaw::model
