// tests/runtime/multi_thread/shared_queue_test.cpp
//
// Goal: a FIFO whose takers leave something for the others. Method: units of the shares; producers and
// consumers that count each item.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/multi_thread/shared_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::scaled;

struct item : work {
  explicit item(int value = 0) : work(&item::never_run), number(value) {}
  static void never_run(work&) {}
  int number;
};

class shared_queue_test : public ::testing::Test {
 protected:
  shared_queue_test() {
    for (int number = 0; number < 100; ++number) {
      items.emplace_back(number);
    }
  }

  void push_all(std::size_t count) {
    std::vector<work*> batch;
    for (std::size_t index = 0; index < count; ++index) {
      batch.push_back(&items[index]);
    }
    queue.push(batch);
  }

  std::vector<int> pop(std::size_t room, unsigned workers) {
    std::vector<work*> into(room);
    const std::size_t count = queue.pop(into, workers);
    std::vector<int> numbers;
    for (std::size_t index = 0; index < count; ++index) {
      numbers.push_back(static_cast<item*>(into[index])->number);
    }
    return numbers;
  }

  std::vector<item> items;
  shared_queue queue;
};

TEST_F(shared_queue_test, a_new_queue_is_empty) {
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(pop(4, 2).empty());
}

TEST_F(shared_queue_test, it_is_a_fifo_of_single_items_and_batches) {
  queue.push(items[0]);
  queue.push(std::array<work*, 2>{&items[1], &items[2]});
  queue.push(items[3]);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(pop(10, 1), (std::vector{0, 1, 2, 3}));
  EXPECT_TRUE(queue.empty());
}

TEST_F(shared_queue_test, a_batch_of_nothing_changes_nothing) {
  queue.push(std::span<work* const>());
  EXPECT_TRUE(queue.empty());
}

TEST_F(shared_queue_test, a_worker_takes_its_share_and_one_more) {
  push_all(100);
  EXPECT_EQ(pop(128, 4).size(), 26U);
  EXPECT_EQ(pop(128, 4).size(), 19U);
}

TEST_F(shared_queue_test, there_is_always_one_for_who_asks) {
  push_all(2);
  EXPECT_EQ(pop(128, 48), (std::vector{0}));
  EXPECT_EQ(pop(128, 48), (std::vector{1}));
  EXPECT_TRUE(pop(128, 48).empty());
}

TEST_F(shared_queue_test, nobody_gets_more_than_it_has_room_for) {
  push_all(100);
  EXPECT_EQ(pop(3, 1), (std::vector{0, 1, 2}));
  EXPECT_TRUE(pop(0, 1).empty());
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(pop(128, 1).size(), 97U);
  EXPECT_TRUE(queue.empty());
}

TEST_F(shared_queue_test, producers_and_consumers_lose_nothing_and_keep_each_producers_order) {
  constexpr int each = scaled(50'000);
  constexpr int producers_count = 2;
  constexpr int consumers_count = 2;
  struct produced : work {
    produced() : work(&item::never_run) {}
    int producer = 0;
    int number = 0;
    std::atomic<int> taken{0};
  };
  std::vector<std::unique_ptr<produced[]>> made;
  std::atomic<int> left{producers_count * each};
  std::atomic<int> out_of_order{0};
  std::vector<std::thread> threads;
  for (int producer = 0; producer < producers_count; ++producer) {
    made.push_back(std::make_unique<produced[]>(each));
    threads.emplace_back([this, producer, own = made.back().get()] {
      for (int number = 0; number < each; number += 2) {
        for (const int index : {number, number + 1}) {
          own[index].producer = producer;
          own[index].number = index;
        }
        if (number % 4 == 0) {
          queue.push(std::array<work*, 2>{&own[number], &own[number + 1]});
        } else {
          queue.push(own[number]);
          queue.push(own[number + 1]);
        }
      }
    });
  }
  for (int consumer = 0; consumer < consumers_count; ++consumer) {
    threads.emplace_back([&] {
      std::array<work*, 16> batch{};
      std::array<int, producers_count> last{-1, -1};
      while (left.load() > 0) {
        const std::size_t count = queue.pop(batch, consumers_count);
        for (std::size_t index = 0; index < count; ++index) {
          auto& one = static_cast<produced&>(*batch[index]);
          one.taken.fetch_add(1);
          int& before = last[static_cast<std::size_t>(one.producer)];
          out_of_order.fetch_add(one.number <= before ? 1 : 0);
          before = one.number;
        }
        left.fetch_sub(static_cast<int>(count));
        if (count == 0) {
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(left.load(), 0);
  EXPECT_EQ(out_of_order.load(), 0);
  for (const auto& own : made) {
    for (int index = 0; index < each; ++index) {
      ASSERT_EQ(own[index].taken.load(), 1);
    }
  }
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace jackdaw
