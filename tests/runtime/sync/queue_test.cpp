// tests/runtime/sync/queue_test.cpp
//
// Goal: items in order, each exactly once, whoever is cancelled and whenever; getters and putters in
// order of arrival; what a shutdown ends. Method: traces over every runtime, order over the loop; a
// cancellation at every turn of a run; producers and consumers on several workers, who keep accounts.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::cancel_at_random;
using testing::let_waiters_destroy;
using testing::line_up;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class queue_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(queue_test, all_kinds());
class queue_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(queue_order_test, order_kinds());
class queue_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(queue_threads_test, parallel_kinds());

// "a1": getter a got item 1.
task<void> get_and_write(queue<int>& items, trace& log, std::string name) {
  try {
    const int item = co_await items.get();
    log.add(name, item);
  } catch (const queue_shut_down&) {
    log.add(name + "-shut");
  }
}

task<void> put_and_write(queue<int>& items, trace& log, int item) {
  try {
    co_await items.put(item);
    log.add("put", item);
  } catch (const queue_shut_down&) {
    log.add("shut", item);
  }
}

// Putters of 1, 2, 3 ..., in this order.
task<std::vector<join_handle<void>>> putters(queue<int>& items, trace& log, int count) {
  std::vector<join_handle<void>> line;
  for (int item = 1; item <= count; ++item) {
    line.push_back(spawn(put_and_write(items, log, item)));
    co_await settled();
  }
  co_return line;
}

// What is left in the queue, oldest first: "1 2 3".
std::string drain(queue<int>& items) {
  trace left;
  while (const std::optional<int> item = items.try_get()) {
    left.add("", *item);
  }
  return left.text();
}

TEST_P(queue_test,
       items_come_out_in_the_order_in_which_they_went_in_without_suspending) {  // S41, S151
  run([]() -> task<void> {
    queue<int> items;
    EXPECT_TRUE(items.empty());
    const auto before = this_task::scheduler().statistics().resumptions;
    for (int item = 0; item < 5; ++item) {
      co_await items.put(item);
    }
    EXPECT_EQ(items.size(), 5U);
    for (int item = 0; item < 5; ++item) {
      const int got = co_await items.get();
      EXPECT_EQ(got, item);
    }
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
    EXPECT_EQ(items.try_get(), std::nullopt);
  }());
}

TEST_P(queue_test, a_getter_waits_for_an_item_and_one_item_wakes_one_getter) {  // S151
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    const auto line = co_await line_up(3, get_and_write, items, log);
    EXPECT_EQ(log, "");
    EXPECT_TRUE(items.try_put(1));
    co_await settled();
    EXPECT_EQ(log, "a1");
    EXPECT_TRUE(items.try_put(2));
    co_await settled();
    EXPECT_TRUE(items.try_put(3));
    co_await settled();
    EXPECT_EQ(log, "a1 b2 c3");
  }());
}

TEST_P(queue_order_test, several_items_at_once_go_to_as_many_getters_in_order) {  // S151
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    const auto line = co_await line_up(4, get_and_write, items, log);
    EXPECT_TRUE(items.try_put(1));
    EXPECT_TRUE(items.try_put(2));
    EXPECT_TRUE(items.try_put(3));
    EXPECT_EQ(log, "");
    co_await settled();
    EXPECT_EQ(log, "a1 b2 c3");
    EXPECT_FALSE(line[3].done());
    items.shutdown();
    co_await settled();
  }());
}

TEST_P(queue_order_test, a_woken_getter_that_was_robbed_waits_again_as_the_last) {  // S152
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    const auto line = co_await line_up(2, get_and_write, items, log);
    EXPECT_TRUE(items.try_put(1));
    EXPECT_EQ(items.try_get(), 1);  // a was woken for it.
    co_await settled();
    EXPECT_EQ(log, "");
    EXPECT_TRUE(items.try_put(2));
    EXPECT_TRUE(items.try_put(3));
    co_await settled();
    EXPECT_EQ(log, "b2 a3");
  }());
}

TEST_P(queue_test, a_full_queue_makes_putters_wait_in_order) {  // S153
  run([]() -> task<void> {
    queue<int> items(2);
    trace log;
    const auto line = co_await putters(items, log, 4);
    EXPECT_EQ(log, "put1 put2");
    EXPECT_EQ(items.size(), 2U);
    EXPECT_FALSE(items.try_put(9));
    for (int item = 1; item <= 4; ++item) {
      const int got = co_await items.get();
      EXPECT_EQ(got, item);
      co_await settled();
    }
    EXPECT_EQ(log, "put1 put2 put3 put4");
  }());
}

TEST_P(queue_test, a_queue_without_bound_is_never_full) {  // S156
  run([]() -> task<void> {
    queue<int> items(0);
    for (int item = 0; item < 1'000; ++item) {
      EXPECT_TRUE(items.try_put(item));
    }
    EXPECT_EQ(items.size(), 1'000U);
    co_return;
  }());
}

TEST_P(queue_test, an_item_that_found_no_room_stays_with_whoever_offered_it) {
  run([]() -> task<void> {
    queue<std::unique_ptr<int>> items(1);
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    EXPECT_TRUE(items.try_put(first));
    EXPECT_EQ(first, nullptr);
    EXPECT_FALSE(items.try_put(second));
    EXPECT_NE(second, nullptr);
    const std::unique_ptr<int> got = co_await items.get();
    EXPECT_EQ(*got, 1);
  }());
}

// Cancellation.

TEST_P(queue_order_test, a_cancelled_getter_leaves_its_item_to_the_next) {  // S154, S155, B31
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    const auto line = co_await line_up(3, get_and_write, items, log);
    EXPECT_TRUE(items.try_put(1));
    line[0].cancel();  // Woken for it, but has not run.
    line[1].cancel();
    co_await settled();
    EXPECT_TRUE(line[0].cancelled());
    EXPECT_EQ(log, "c1");
    EXPECT_TRUE(items.empty());
  }());
}

TEST_P(queue_order_test, the_item_of_a_cancelled_getter_stays_if_nobody_waits) {  // S155
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    const auto line = co_await line_up(1, get_and_write, items, log);
    EXPECT_TRUE(items.try_put(1));
    line[0].cancel();
    co_await settled();
    EXPECT_EQ(drain(items), "1");
    EXPECT_EQ(log, "");
  }());
}

TEST_P(queue_order_test, a_cancelled_putter_leaves_its_room_to_the_next_and_has_not_put) {  // S154
  run([]() -> task<void> {
    queue<int> items(1);
    trace log;
    const auto line = co_await putters(items, log, 4);
    EXPECT_EQ(items.try_get(), 1);  // Wakes 2.
    line[1].cancel();
    line[2].cancel();
    co_await settled();
    EXPECT_EQ(log, "put1 put4");
    EXPECT_EQ(drain(items), "4");
  }());
}

TEST_P(queue_test, cancelled_getters_and_putters_that_were_not_woken_just_leave) {  // S154
  run([]() -> task<void> {
    queue<int> empty_one;
    queue<int> full_one(1);
    trace log;
    const auto waiting = co_await line_up(2, get_and_write, empty_one, log);
    waiting[0].cancel();
    EXPECT_TRUE(empty_one.try_put(7));
    co_await settled();
    EXPECT_EQ(log, "b7");
    log.clear();
    const auto putting = co_await putters(full_one, log, 3);
    putting[1].cancel();
    co_await settled();
    EXPECT_EQ(full_one.try_get(), 1);
    co_await settled();
    EXPECT_EQ(log, "put1 put3");
    EXPECT_EQ(drain(full_one), "3");
  }());
}

// Shutdown.

TEST_P(queue_test, a_queue_that_was_shut_down_takes_nothing_and_gives_what_it_has) {  // S159
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    EXPECT_TRUE(items.try_put(1));
    EXPECT_TRUE(items.try_put(2));
    items.shutdown();
    EXPECT_TRUE(items.is_shut_down());
    co_await put_and_write(items, log, 3);
    EXPECT_THROW(static_cast<void>(items.try_put(4)), queue_shut_down);
    for (int round = 0; round < 3; ++round) {
      co_await get_and_write(items, log, "g");
    }
    EXPECT_EQ(log, "shut3 g1 g2 g-shut");
    EXPECT_THROW(static_cast<void>(items.try_get()), queue_shut_down);
  }());
}

TEST_P(queue_test, an_immediate_shutdown_drops_the_items) {  // S159
  run([]() -> task<void> {
    queue<std::shared_ptr<int>> items;
    auto item = std::make_shared<int>(1);
    EXPECT_TRUE(items.try_put(std::shared_ptr<int>(item)));
    items.shutdown(true);
    EXPECT_EQ(item.use_count(), 1);
    EXPECT_TRUE(items.empty());
    EXPECT_THROW(static_cast<void>(items.try_get()), queue_shut_down);
    items.shutdown();
    items.shutdown(true);
    co_return;
  }());
}

TEST_P(queue_test, a_shutdown_wakes_all_getters_and_putters) {  // S159
  run([]() -> task<void> {
    queue<int> empty_one;
    queue<int> full_one(1);
    trace log;
    const auto waiting = co_await line_up(2, get_and_write, empty_one, log);
    const auto putting = co_await putters(full_one, log, 3);
    log.clear();
    empty_one.shutdown();
    full_one.shutdown();
    co_await settled();
    EXPECT_EQ(log.sorted(), "a-shut b-shut shut2 shut3");
    EXPECT_EQ(full_one.try_get(), 1) << "what is there can still be taken";
  }());
}

TEST_P(queue_order_test, a_getter_woken_for_an_item_that_a_shutdown_dropped_is_told) {  // S159
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    const auto line = co_await line_up(1, get_and_write, items, log);
    EXPECT_TRUE(items.try_put(1));
    items.shutdown(true);
    co_await settled();
    EXPECT_EQ(log, "a-shut");
  }());
}

// An item whose destructor looks at the queue it was dropped from: must not find it locked.
struct nosy {
  explicit nosy(queue<std::unique_ptr<nosy>>& home) : items(&home) {}
  nosy(const nosy&) = delete;
  nosy& operator=(const nosy&) = delete;
  ~nosy() { EXPECT_TRUE(items->empty()); }
  queue<std::unique_ptr<nosy>>* items;
};

TEST_P(queue_test, dropped_items_are_destroyed_outside_of_the_lock) {
  run([]() -> task<void> {
    queue<std::unique_ptr<nosy>> items;
    EXPECT_TRUE(items.try_put(std::make_unique<nosy>(items)));
    items.shutdown(true);
    co_return;
  }());
}

// A cancellation at every turn of a run.

struct traffic {
  explicit traffic(std::size_t size_max) : items(size_max) {}
  queue<int> items;
  std::vector<int> put;
  std::vector<int> got;
};

task<void> produce(traffic& shared, int first, int count) {
  for (int item = first; item < first + count; ++item) {
    co_await shared.items.put(item);
    shared.put.push_back(item);
  }
}

task<void> consume(traffic& shared, int count) {
  for (int round = 0; round < count; ++round) {
    const int item = co_await shared.items.get();
    shared.got.push_back(item);
  }
}

task<void> cancel_one_after(std::size_t victim, int turns, std::size_t size_max) {
  traffic shared(size_max);
  std::vector<join_handle<void>> all;
  all.push_back(spawn(produce(shared, 0, 4)));
  all.push_back(spawn(consume(shared, 4)));
  all.push_back(spawn(consume(shared, 4)));
  all.push_back(spawn(produce(shared, 100, 4)));
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  all[victim].cancel();
  co_await settled();
  // Whoever still waits, waits rightly: for items that do not come, or for room.
  const bool hangs =
      std::any_of(all.begin(), all.end(), [](const auto& one) { return !one.done(); });
  EXPECT_TRUE(!hangs || shared.items.empty() || shared.items.size() == size_max);
  shared.items.shutdown();
  co_await settled();
  while (!shared.items.empty()) {
    shared.got.push_back(*shared.items.try_get());
  }
  // Each item that was put was got once, and each producer's in order.
  std::vector<int> put = shared.put;
  std::vector<int> got = shared.got;
  std::sort(put.begin(), put.end());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(put, got) << "cancelled " << victim << " after " << turns;
  for (const int first : {0, 100}) {
    std::vector<int> of_one;
    std::copy_if(shared.got.begin(), shared.got.end(), std::back_inserter(of_one),
                 [first](int item) { return item / 100 * 100 == first; });
    EXPECT_TRUE(std::is_sorted(of_one.begin(), of_one.end()));
  }
}

TEST_P(queue_order_test,
       a_cancellation_at_any_turn_neither_loses_nor_doubles_an_item) {  // B31, B32
  expect_failures();  // Producers and consumers that were left waiting end by queue_shut_down.
  for (const std::size_t size_max : {std::size_t{1}, std::size_t{2}, std::size_t{0}}) {
    for (std::size_t victim = 0; victim < 4; ++victim) {
      for (int turns = 0; turns < 30; ++turns) {
        run(cancel_one_after(victim, turns, size_max));
      }
    }
  }
}

// Threads.

struct accounts {
  explicit accounts(std::size_t size_max, int kinds)
      : items(size_max), got(static_cast<std::size_t>(kinds)) {}
  queue<int> items;
  std::vector<std::atomic<int>> got;  // How often each item came out.
  std::atomic<int> producers_left{0};
  std::atomic<int> begun{0};
};

task<void> produce_some(accounts& shared, int first, int count) {
  for (int item = first; item < first + count; ++item) {
    co_await shared.items.put(item);
  }
  if (shared.producers_left.fetch_sub(1) == 1) {
    shared.items.shutdown();
  }
}

task<void> consume_all(accounts& shared) {
  try {
    while (true) {
      const int item = co_await shared.items.get();
      shared.got[static_cast<std::size_t>(item)].fetch_add(1);
    }
  } catch (const queue_shut_down&) {
  }
}

TEST_P(queue_threads_test, every_item_comes_out_exactly_once) {
  run([]() -> task<void> {
    const int each = scaled(5'000);
    for (const std::size_t size_max : {std::size_t{1}, std::size_t{16}, std::size_t{0}}) {
      accounts shared(size_max, 4 * each);
      shared.producers_left = 4;
      std::vector<task<void>> all;
      for (int index = 0; index < 4; ++index) {
        all.push_back(produce_some(shared, index * each, each));
        all.push_back(consume_all(shared));
      }
      co_await gather(std::move(all));
      for (const std::atomic<int>& count : shared.got) {
        EXPECT_EQ(count.load(), 1);
      }
    }
  }());
}

// A cancelled put() has not put, a cancelled get() has not taken: so each tries again.
task<void> produce_stubbornly(accounts& shared, int first, int count) {
  shared.begun.fetch_add(1);
  int item = first;
  while (item < first + count) {
    try {
      co_await shared.items.put(item);
      ++item;
    } catch (const cancelled_error&) {
    }
  }
  if (shared.producers_left.fetch_sub(1) == 1) {
    shared.items.shutdown();
  }
}

task<void> consume_stubbornly(accounts& shared) {
  shared.begun.fetch_add(1);
  while (true) {
    try {
      const int item = co_await shared.items.get();
      shared.got[static_cast<std::size_t>(item)].fetch_add(1);
    } catch (const cancelled_error&) {
    } catch (const queue_shut_down&) {
      co_return;
    }
  }
}

TEST_P(queue_threads_test, cancellations_neither_lose_nor_double_an_item) {  // B31
  run([]() -> task<void> {
    const int each = scaled(5'000);
    accounts shared(2, 4 * each);
    shared.producers_left = 4;
    std::vector<join_handle<void>> all;
    for (int index = 0; index < 4; ++index) {
      all.push_back(spawn(produce_stubbornly(shared, index * each, each)));
      all.push_back(spawn(consume_stubbornly(shared)));
    }
    co_await cancel_at_random(all, shared.begun);
    std::size_t wrong = 0;
    for (const std::atomic<int>& count : shared.got) {
      wrong += count.load() == 1 ? 0 : 1;
    }
    EXPECT_EQ(wrong, 0U);
  }());
}

TEST_P(queue_threads_test, a_thread_of_its_own_may_put_and_get) {
  run([]() -> task<void> {
    constexpr int count = scaled(500);
    queue<int> there;
    queue<int> back;
    std::thread outsider([&there, &back] {
      for (int round = 0; round < count;) {
        if (const std::optional<int> item = there.try_get()) {
          EXPECT_TRUE(back.try_put(*item + 1));
          ++round;
        } else {
          std::this_thread::yield();
        }
      }
    });
    for (int item = 0; item < count; ++item) {
      co_await there.put(item);
      const int answer = co_await back.get();
      EXPECT_EQ(answer, item + 1);
    }
    outsider.join();
  }());
}

task<void> get_then_destroy(std::unique_ptr<queue<int>> items) {
  const int item = co_await items->get();
  EXPECT_EQ(item, 1);
}

TEST_P(queue_threads_test, whoever_got_the_item_may_destroy_the_queue) {  // B26
  run(let_waiters_destroy<queue<int>>([] { return std::make_unique<queue<int>>(); },
                                      get_then_destroy,
                                      [](queue<int>& shared) { EXPECT_TRUE(shared.try_put(1)); }));
}

}  // namespace
}  // namespace jackdaw
