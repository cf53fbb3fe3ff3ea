// tests/runtime/multi_thread/idle_set_test.cpp
//
// Goal: the steps of "No lost wake-up", and that no wake-up is lost. Method: units of each step; workers
// that sleep as the pool's do, and publishers that wait until all they published is done.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/multi_thread/idle_set.hpp>
#include <jackdaw/runtime/thread_parker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::random_numbers;
using testing::scaled;

TEST(idle_set_test, in_the_beginning_all_but_the_first_sleep) {
  EXPECT_EQ(idle_set(1).sleepers(), 0U);
  EXPECT_EQ(idle_set(4).sleepers(), 3U);
  EXPECT_EQ(idle_set(idle_set::worker_count_max).sleepers(), idle_set::worker_count_max - 1);
  EXPECT_FALSE(idle_set(4).anybody_searches());
}

TEST(idle_set_test, who_announces_itself_sleeps_until_it_retracts) {
  idle_set idle(4);
  idle.announce(0);
  EXPECT_EQ(idle.sleepers(), 4U);
  EXPECT_FALSE(idle.retract(0)) << "nobody claimed it";
  EXPECT_EQ(idle.sleepers(), 3U);
  EXPECT_FALSE(idle.anybody_searches());
}

TEST(idle_set_test, announcing_twice_is_caught) {
  idle_set idle(2);
  EXPECT_DEATH(idle.announce(1), "bit\\(worker\\)");
}

TEST(idle_set_test, a_claimed_worker_is_a_searcher_from_that_instant) {
  idle_set idle(4);
  const std::optional<unsigned> claimed = idle.claim_one();
  ASSERT_TRUE(claimed.has_value());
  EXPECT_NE(*claimed, 0U) << "worker 0 runs";
  EXPECT_EQ(idle.sleepers(), 2U);
  EXPECT_TRUE(idle.anybody_searches());
  EXPECT_TRUE(idle.retract(*claimed)) << "it learns that it was claimed";
  EXPECT_TRUE(idle.end_search()) << "it was the only one";
  EXPECT_FALSE(idle.anybody_searches());
}

TEST(idle_set_test, nobody_is_claimed_while_somebody_searches) {
  idle_set idle(4);
  ASSERT_TRUE(idle.claim_one().has_value());
  EXPECT_FALSE(idle.claim_one().has_value());
  EXPECT_TRUE(idle.end_search());
  EXPECT_TRUE(idle.claim_one().has_value());
}

TEST(idle_set_test, nobody_is_claimed_where_nobody_sleeps) {
  idle_set idle(1);
  EXPECT_FALSE(idle.claim_one().has_value());
  EXPECT_FALSE(idle.anybody_searches());
}

TEST(idle_set_test, every_sleeper_is_claimed_once) {
  constexpr unsigned workers = idle_set::worker_count_max;
  idle_set idle(workers);
  idle.announce(0);
  std::set<unsigned> claimed;
  while (const auto worker = idle.claim_one()) {
    EXPECT_TRUE(claimed.insert(*worker).second);
    EXPECT_TRUE(idle.end_search());
  }
  EXPECT_EQ(claimed.size(), workers);
  EXPECT_EQ(*claimed.rbegin(), workers - 1);
  EXPECT_EQ(idle.sleepers(), 0U);
}

TEST(idle_set_test, at_most_half_of_the_workers_search_and_one_always_may) {
  for (const unsigned workers : {1U, 2U, 3U, 4U, 7U, 48U}) {
    idle_set idle(workers);
    unsigned searchers = 0;
    while (idle.start_search(workers)) {
      ++searchers;
    }
    EXPECT_EQ(searchers, (workers + 1) / 2) << workers << " workers";
    EXPECT_TRUE(idle.anybody_searches());
    for (; searchers > 1; --searchers) {
      EXPECT_FALSE(idle.end_search()) << "others still search";
    }
    EXPECT_TRUE(idle.end_search()) << "the last one is told so";
  }
}

TEST(idle_set_test, searchers_and_sleepers_do_not_mix_up) {
  idle_set idle(idle_set::worker_count_max);
  const unsigned sleepers = idle.sleepers();
  ASSERT_TRUE(idle.start_search(48));
  EXPECT_EQ(idle.sleepers(), sleepers);
  idle.announce(0);
  EXPECT_FALSE(idle.retract(0));
  EXPECT_TRUE(idle.end_search());
  EXPECT_EQ(idle.sleepers(), sleepers);
}

TEST(idle_set_test, ending_a_search_that_nobody_began_is_caught) {
  idle_set idle(1);
  EXPECT_DEATH(static_cast<void>(idle.end_search()), "before >= one_searcher");
}

/// Workers that do nothing but take items, and sleep by the protocol of the pool.
class sleepers_and_publishers {
 public:
  explicit sleepers_and_publishers(unsigned workers) : count_(workers), idle_(workers) {
    for (unsigned index = 0; index < workers; ++index) {
      parkers_.push_back(std::make_unique<thread_parker>());
    }
    for (unsigned index = 0; index < workers; ++index) {
      threads_.emplace_back([this, index] { work(index); });
    }
  }
  sleepers_and_publishers(const sleepers_and_publishers&) = delete;
  sleepers_and_publishers& operator=(const sleepers_and_publishers&) = delete;
  ~sleepers_and_publishers() {
    stop_.store(true);
    for (const auto& parker : parkers_) {
      parker->wake();
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  void publish(int items) {
    pending_.fetch_add(items, std::memory_order_seq_cst);  // P1
    announce_work();
  }

  /// False if the work is not done in a time in which it could be done ten thousand times.
  [[nodiscard]] bool await_done(int items) const {
    const auto too_late = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (done_.load() < items) {
      if (std::chrono::steady_clock::now() > too_late) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

 private:
  void announce_work() {
    if (const auto worker = idle_.claim_one()) {  // P2, P3
      parkers_[*worker]->wake();                  // P4
    }
  }

  bool take() {
    int pending = pending_.load(std::memory_order_seq_cst);
    while (pending > 0) {
      if (pending_.compare_exchange_weak(pending, pending - 1, std::memory_order_seq_cst)) {
        return true;
      }
    }
    return false;
  }

  void work(unsigned index) {
    work_list ready;
    bool searching = false;
    if (index > 0) {  // Born asleep.
      parkers_[index]->park(never, ready);
      searching = idle_.retract(index);
    }
    while (!stop_.load()) {
      // Only a searcher may look into what stands for the queues of others.
      searching = searching || idle_.start_search(count_);
      if (searching && take()) {
        searching = false;
        if (idle_.end_search()) {
          announce_work();
        }
        done_.fetch_add(1);
        continue;
      }
      if (std::exchange(searching, false)) {
        static_cast<void>(idle_.end_search());  // S2
      }
      idle_.announce(index);  // I1
      if ((pending_.load(std::memory_order_seq_cst) == 0 || idle_.anybody_searches()) &&
          !stop_.load()) {                    // I2
        parkers_[index]->park(never, ready);  // I3
      }
      searching = idle_.retract(index);  // I4
    }
  }

  unsigned count_;
  idle_set idle_;
  std::vector<std::unique_ptr<thread_parker>> parkers_;
  std::vector<std::thread> threads_;
  std::atomic<int> pending_{0};
  std::atomic<int> done_{0};
  std::atomic<bool> stop_{false};
};

class idle_set_stress_test : public ::testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(workers, idle_set_stress_test, ::testing::Values(1, 2, 3, 8));

TEST_P(idle_set_stress_test, what_is_published_while_all_fall_asleep_is_done) {
  auto random = random_numbers(60 + GetParam());
  sleepers_and_publishers world(GetParam());
  int published = 0;
  for (int round = 0; round < scaled(20'000); ++round) {
    const int items = random() % 4 == 0 ? static_cast<int>(1 + random() % 5) : 1;
    world.publish(items);
    published += items;
    ASSERT_TRUE(world.await_done(published)) << "a wake-up was lost in round " << round;
  }
}

TEST_P(idle_set_stress_test, several_publishers_do_not_hide_each_others_work) {
  constexpr int each = scaled(10'000);
  constexpr int publishers_count = 3;
  sleepers_and_publishers world(GetParam());
  for (int round = 0; round < 5; ++round) {
    std::vector<std::thread> publishers;
    for (int publisher = 0; publisher < publishers_count; ++publisher) {
      publishers.emplace_back([&world] {
        for (int item = 0; item < each / 5; ++item) {
          world.publish(1);
        }
      });
    }
    for (std::thread& publisher : publishers) {
      publisher.join();
    }
    ASSERT_TRUE(world.await_done((round + 1) * publishers_count * (each / 5)))
        << "a wake-up was lost in round " << round;
  }
}

}  // namespace
}  // namespace jackdaw
