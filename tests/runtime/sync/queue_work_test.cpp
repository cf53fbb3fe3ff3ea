// tests/runtime/sync/queue_work_test.cpp
//
// Goal: what queues have beyond put() and get(): who comes first in priority_queue and lifo_queue, the calls
// that throw instead of waiting, and join(), which waits for the work and not for the items. Method: traces
// over every runtime; workers on several threads, who keep accounts.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class queue_work_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(queue_work_test, all_kinds());
class queue_work_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(queue_work_threads_test, parallel_kinds());

struct job {
  job(int its_key, char its_name) : key(its_key), name(its_name) {}
  int key;
  char name;
  friend bool operator<(const job& a, const job& b) { return a.key < b.key; }
};

TEST_P(queue_work_test, a_priority_queue_gives_the_smallest_first_and_ties_as_heapq) {  // S158
  run([]() -> task<void> {
    priority_queue<job> jobs;
    char name = 'a';
    for (const int key : {3, 1, 2, 1, 3, 1, 2, 2, 1}) {
      jobs.put_nowait(job(key, name++));
    }
    std::string order;
    while (!jobs.empty()) {
      order += jobs.get_nowait().name;
    }
    EXPECT_EQ(order, "bfdigchae");  // Recorded from CPython.
    co_return;
  }());
}

TEST_P(queue_work_test, a_priority_queue_orders_by_the_comparison_that_it_is_given) {
  run([]() -> task<void> {
    priority_queue<int, std::greater<>> numbers(2);
    numbers.put_nowait(1);
    numbers.put_nowait(5);
    EXPECT_TRUE(numbers.full());
    EXPECT_EQ(numbers.get_nowait(), 5);
    EXPECT_EQ(numbers.get_nowait(), 1);
    co_return;
  }());
}

TEST_P(queue_work_test, a_lifo_queue_gives_the_last_first_and_moves_its_items) {  // S158
  run([]() -> task<void> {
    lifo_queue<std::unique_ptr<int>> stack;
    for (const int number : {1, 2, 3}) {
      co_await stack.put(std::make_unique<int>(number));
    }
    for (const int number : {3, 2, 1}) {
      const auto item = co_await stack.get();
      EXPECT_EQ(*item, number);
    }
  }());
}

task<void> put_all(lifo_queue<int>& stack, trace& log) {
  for (const int item : {1, 2, 3}) {
    co_await stack.put(item);
    log.add("put", item);
  }
}

TEST_P(queue_work_test, a_full_lifo_queue_keeps_putters_waiting) {
  run([]() -> task<void> {
    lifo_queue<int> stack(1);
    trace log;
    auto putter = spawn(put_all(stack, log));
    co_await settled();
    EXPECT_EQ(log, "put1");
    EXPECT_EQ(stack.get_nowait(), 1);
    co_await settled();
    EXPECT_EQ(log, "put1 put2");
    EXPECT_EQ(stack.get_nowait(), 2);
    co_await putter;
    EXPECT_EQ(log, "put1 put2 put3");
  }());
}

TEST_P(queue_work_test, what_must_not_wait_throws) {  // S156
  run([]() -> task<void> {
    queue<int> items(1);
    EXPECT_EQ(items.maxsize(), 1U);
    EXPECT_THROW(static_cast<void>(items.get_nowait()), queue_empty);
    items.put_nowait(1);
    EXPECT_TRUE(items.full());
    EXPECT_EQ(items.qsize(), 1U);
    EXPECT_THROW(items.put_nowait(2), queue_full);
    EXPECT_EQ(items.get_nowait(), 1);
    items.shutdown();
    EXPECT_THROW(items.put_nowait(3), queue_shut_down);
    EXPECT_THROW(static_cast<void>(items.get_nowait()), queue_shut_down);
    queue<int> unbounded;
    for (int item = 0; item < 100; ++item) {
      unbounded.put_nowait(item);
    }
    EXPECT_FALSE(unbounded.full());
    co_return;
  }());
}

TEST_P(queue_work_test, one_task_done_too_many_is_an_error) {  // S157
  run([]() -> task<void> {
    queue<int> items;
    EXPECT_THROW(items.task_done(), std::invalid_argument);
    items.put_nowait(1);
    items.task_done();  // Also before it is taken, as with asyncio.
    EXPECT_THROW(items.task_done(), std::invalid_argument);
    co_return;
  }());
}

task<void> join_and_write(queue_base& items, trace& log, std::string name) {
  try {
    co_await items.join();
    log.add(name);
  } catch (const cancelled_error&) {
    log.add(name + "-cancelled");
  }
}

TEST_P(queue_work_test, join_waits_until_the_last_item_is_dealt_with) {  // S157
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    co_await items.join();
    items.put_nowait(1);
    items.put_nowait(2);
    auto waiting = spawn(join_and_write(items, log, "joined"));
    auto given_up = spawn(join_and_write(items, log, "other"));
    co_await settled();
    given_up.cancel();
    co_await given_up;
    static_cast<void>(items.get_nowait());
    static_cast<void>(items.get_nowait());
    items.task_done();
    co_await settled();
    EXPECT_EQ(log, "other-cancelled");
    items.task_done();
    co_await waiting;
    EXPECT_EQ(log, "other-cancelled joined");
    // The next round waits again.
    items.put_nowait(3);
    auto again = spawn(join_and_write(items, log, "again"));
    co_await settled();
    EXPECT_EQ(log, "other-cancelled joined");
    items.task_done();
    co_await again;
  }());
}

TEST_P(queue_work_test, an_immediate_shutdown_deals_with_what_it_drops) {  // S159
  run([]() -> task<void> {
    queue<int> items;
    trace log;
    for (const int item : {1, 2, 3}) {
      items.put_nowait(item);
    }
    static_cast<void>(items.get_nowait());
    auto waiting = spawn(join_and_write(items, log, "joined"));
    co_await settled();
    items.shutdown(true);
    EXPECT_TRUE(items.empty());
    co_await settled();
    EXPECT_EQ(log, "");  // One was taken before.
    items.task_done();
    co_await waiting;
    EXPECT_EQ(log, "joined");
  }());
}

struct factory {
  explicit factory(int items) : left(items) {}
  queue<int> items{4};
  std::atomic<int> left;
};

task<void> work_until_shut_down(factory& shared) {
  while (true) {
    try {
      static_cast<void>(co_await shared.items.get());
    } catch (const queue_shut_down&) {
      co_return;
    }
    co_await yield();
    shared.left.fetch_sub(1);
    shared.items.task_done();
  }
}

task<void> put_many(factory& shared, int count) {
  for (int item = 0; item < count; ++item) {
    co_await shared.items.put(item);
  }
}

TEST_P(queue_work_threads_test, join_sees_all_that_the_workers_did) {
  run([]() -> task<void> {
    constexpr int per_producer = scaled(5'000);
    factory shared(4 * per_producer);
    std::vector<join_handle<void>> workers;
    std::vector<join_handle<void>> producers;
    for (int number = 0; number < 4; ++number) {
      workers.push_back(spawn(work_until_shut_down(shared)));
      producers.push_back(spawn(put_many(shared, per_producer)));
    }
    for (const auto& producer : producers) {
      co_await producer;
    }
    co_await shared.items.join();
    EXPECT_EQ(shared.left.load(), 0);
    shared.items.shutdown();
    for (const auto& worker : workers) {
      co_await worker;
    }
  }());
}

task<void> deal_with_one(queue<int>* items) {
  static_cast<void>(items->get_nowait());
  items->task_done();  // Its last access: the joiner destroys the queue.
  co_return;
}

TEST_P(queue_work_threads_test, whoever_joined_may_destroy_the_queue) {  // B26
  run([]() -> task<void> {
    for (int round = 0; round < scaled(10'000); ++round) {
      auto items = std::make_unique<queue<int>>();
      items->put_nowait(round);
      auto worker = spawn(deal_with_one(items.get()));
      co_await items->join();
      items.reset();
      co_await worker;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
