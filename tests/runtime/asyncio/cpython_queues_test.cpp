// tests/runtime/asyncio/cpython_queues_test.cpp
//
// Goal: queues do what CPython's tests of them ask for, where the tests of sync/ and the conformance cases queue_*
// do not say so already. Method: the same situations, turn by turn, on the asyncio loop; what is said of every kind
// of queue is asked of all three.
#include "program.hpp"

#include <algorithm>
#include <set>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

template <class Queue>
class cpython_queues_test : public ::testing::Test {};
using kinds = ::testing::Types<queue<int>, lifo_queue<int>, priority_queue<int>>;
TYPED_TEST_SUITE(cpython_queues_test, kinds);

template <class Queue>
task<void> put(Queue* items, int item) {
  co_await items->put(item);
}

template <class Queue>
task<std::string> put_after_shutdown(Queue* items) {
  std::string nowait = thrown_by([items] { items->put_nowait(9); });
  const std::string awaited = co_await end_of(items->put(9));
  EXPECT_EQ(nowait, awaited);
  co_return nowait;
}

// That neither puts nor gets are possible any more.
template <class Queue>
task<void> expect_shut_down(Queue* items) {
  const std::string text = queue_shut_down().what();
  const std::string put_end = co_await put_after_shutdown(items);
  EXPECT_EQ(put_end, text);
  const std::string get_end = co_await end_of(items->get());
  EXPECT_EQ(get_end, text);
  EXPECT_EQ(thrown_by([items] { static_cast<void>(items->get_nowait()); }), text);
}

// -- Every kind of queue ------------------------------------------------------------------------------

template <class Queue>
task<void> work(Queue* items, int* sum, const bool* running) {
  while (*running) {
    const int item = co_await items->get();
    *sum += item;
    items->task_done();
  }
}

template <class Queue>
task<void> join_after_all_work() {
  Queue items;
  for (int item = 0; item < 100; ++item) {
    items.put_nowait(item);
  }
  int sum = 0;
  bool running = true;
  const auto body = [&](task_group& group) -> task<void> {
    for (int worker = 0; worker < 2; ++worker) {
      group.create_task(work(&items, &sum, &running));
    }
    co_await items.join();
    EXPECT_EQ(sum, 4950);
    running = false;
    for (int worker = 0; worker < 2; ++worker) {
      items.put_nowait(0);
    }
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

TYPED_TEST(cpython_queues_test, join_returns_when_the_workers_have_dealt_with_everything) {
  run_program(join_after_all_work<TypeParam>());
}

template <class Queue>
task<void> join_without_work() {
  Queue items;
  EXPECT_THROW(items.task_done(), std::invalid_argument);
  co_await items.join();
  co_await items.join();
}

TYPED_TEST(cpython_queues_test, a_queue_that_never_had_an_item_has_nothing_to_be_done) {
  run_program(join_without_work<TypeParam>());
}

template <class Queue>
task<void> shut_down_empty() {
  Queue items;
  const auto getter = create_task(items.get());
  co_await turns(1);
  items.shutdown();
  EXPECT_EQ(items.qsize(), 0U);
  co_await items.join();
  co_await turns(1);
  EXPECT_TRUE(getter.done());
  const std::string end = co_await end_of(getter);
  EXPECT_EQ(end, queue_shut_down().what());
  co_await expect_shut_down(&items);
}

TYPED_TEST(cpython_queues_test, a_shutdown_of_an_empty_queue_ends_getters) {
  run_program(shut_down_empty<TypeParam>());
}

template <class Queue>
task<void> shut_down_with_an_item() {
  Queue items(1);
  items.put_nowait(5);
  const auto joiner = create_task(items.join());
  const auto putter = create_task(put(&items, 6));
  co_await turns(1);
  EXPECT_FALSE(putter.done());
  items.shutdown();
  EXPECT_EQ(items.qsize(), 1U);
  co_await turns(1);
  EXPECT_TRUE(putter.done());
  const std::string end = co_await end_of(putter);
  EXPECT_EQ(end, queue_shut_down().what());
  const int item = co_await items.get();
  EXPECT_EQ(item, 5);
  co_await turns(1);
  EXPECT_FALSE(joiner.done());
  co_await expect_shut_down(&items);
  items.task_done();
  co_await turns(1);
  EXPECT_TRUE(joiner.done());
  co_await joiner;
  EXPECT_THROW(items.task_done(), std::invalid_argument);
}

TYPED_TEST(cpython_queues_test, after_a_shutdown_what_is_there_is_still_given_and_joined) {
  run_program(shut_down_with_an_item<TypeParam>());
}

template <class Queue>
task<void> shut_down_at_once(bool one_is_taken) {
  Queue items;
  items.put_nowait(5);
  if (one_is_taken) {
    items.put_nowait(5);
  }
  const auto joiner = create_task(items.join());
  if (one_is_taken) {
    const int item = co_await items.get();
    EXPECT_EQ(item, 5);
  }
  items.shutdown(true);
  EXPECT_EQ(items.qsize(), 0U);
  co_await turns(2);
  EXPECT_EQ(joiner.done(), !one_is_taken);
  co_await expect_shut_down(&items);
  if (one_is_taken) {
    items.task_done();
  }
  EXPECT_THROW(items.task_done(), std::invalid_argument);
  co_await turns(1);
  EXPECT_TRUE(joiner.done());
  co_await joiner;
}

TYPED_TEST(cpython_queues_test, an_immediate_shutdown_leaves_undone_only_what_was_taken) {
  run_program(shut_down_at_once<TypeParam>(false));
  run_program(shut_down_at_once<TypeParam>(true));
}

// -- Order and bounds ---------------------------------------------------------------------------------

template <class Queue>
task<std::vector<int>> in_and_out() {
  Queue items;
  EXPECT_TRUE(items.empty());
  for (const int item : {1, 3, 2}) {
    co_await items.put(item);
    EXPECT_FALSE(items.empty());
    EXPECT_FALSE(items.full());
  }
  std::vector<int> out;
  for (int count = 0; count < 3; ++count) {
    const int item = co_await items.get();
    out.push_back(item);
  }
  EXPECT_TRUE(items.empty());
  co_return out;
}

TEST(cpython_queues_order_test, items_come_out_in_the_order_of_the_kind_of_queue) {
  EXPECT_EQ(run_program(in_and_out<queue<int>>()), std::vector<int>({1, 3, 2}));
  EXPECT_EQ(run_program(in_and_out<lifo_queue<int>>()), std::vector<int>({2, 3, 1}));
  EXPECT_EQ(run_program(in_and_out<priority_queue<int>>()), std::vector<int>({1, 2, 3}));
}

task<void> put_three(queue<int>* items, std::vector<int>* have_been_put) {
  for (int item = 0; item < 3; ++item) {
    co_await items->put(item);
    have_been_put->push_back(item);
  }
}

TEST(cpython_queues_order_test, a_putter_is_held_up_at_the_bound_and_goes_on_when_there_is_room) {
  run_program([]() -> task<void> {
    queue<int> items(2);
    EXPECT_EQ(items.maxsize(), 2U);
    std::vector<int> have_been_put;
    const auto putter = create_task(put_three(&items, &have_been_put));
    co_await turns(2);
    EXPECT_EQ(have_been_put, std::vector<int>({0, 1}));
    EXPECT_TRUE(items.full());
    const int first = co_await items.get();
    EXPECT_EQ(first, 0);
    co_await turns(1);
    EXPECT_EQ(have_been_put, std::vector<int>({0, 1, 2}));
    const int second = co_await items.get();
    const int third = co_await items.get();
    EXPECT_EQ(second, 1);
    EXPECT_EQ(third, 2);
    EXPECT_TRUE(putter.done());
  }());
}

// -- Getters ------------------------------------------------------------------------------------------

TEST(cpython_queues_get_test, a_getter_goes_on_when_a_timer_puts_something) {
  run_program([]() -> task<void> {
    queue<int> items;
    const time_point begin = now();
    const auto getter = create_task(items.get());
    co_await turns(1);
    EXPECT_FALSE(getter.done());
    get_running_loop().call_later(10ms, [&items] { items.put_nowait(1); });
    const int item = co_await getter;
    EXPECT_EQ(item, 1);
    EXPECT_EQ(now() - begin, 10ms);
  }());
}

TEST(cpython_queues_get_test, one_that_was_cancelled_before_takes_nothing_from_the_next) {
  run_program([]() -> task<void> {
    queue<int> items;
    const auto first = create_task(items.get());
    const auto second = create_task(items.get());
    co_await turns(1);
    first.cancel();
    co_await turns(1);
    EXPECT_TRUE(first.done());
    co_await items.put(7);
    co_await turns(1);
    EXPECT_TRUE(second.done());
    const int item = co_await second;
    EXPECT_EQ(item, 7);
  }());
}

TEST(cpython_queues_get_test, what_putters_wait_to_put_comes_in_their_order) {
  run_program([]() -> task<void> {
    queue<int> items(1);
    create_task(put(&items, 1));
    create_task(put(&items, 2));
    const int first = co_await items.get();
    const int second = co_await items.get();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 2);
  }());
}

task<void> produce(queue<int>* items, int count) {
  for (int item = 0; item < count; ++item) {
    co_await items->put(item);
  }
}

task<void> consume(queue<int>* items, int count, int* taken) {
  for (; *taken < count; ++*taken) {
    const int item = co_await items->get();
    EXPECT_EQ(item, *taken);
  }
}

TEST(cpython_queues_get_test, a_producer_and_a_consumer_with_room_for_one_item_both_end) {
  run_program([]() -> task<void> {
    queue<int> items(1);
    int taken = 0;
    const auto body = [&](task_group& group) -> task<void> {
      group.create_task(produce(&items, 5));
      group.create_task(consume(&items, 5, &taken));
      co_return;
    };
    auto grouped = with_task_group(body);
    co_await std::move(grouped);
    EXPECT_EQ(taken, 5);
  }());
}

TEST(cpython_queues_get_test, one_whose_time_was_up_does_not_wait_any_more) {
  run_program([]() -> task<void> {
    queue<int> items(5);
    const std::string end = co_await end_of(wait_for(items.get(), 100ms));
    EXPECT_EQ(end, "timeout");
    items.put_nowait(1);
    const auto next = create_task(items.get());
    co_await turns(1);
    EXPECT_TRUE(next.done()) << "the item went to the one that has left";
  }());
}

TEST(cpython_queues_get_test, of_two_items_a_cancelled_getter_loses_none) {
  run_program([]() -> task<void> {
    queue<int> items;
    const auto reader = create_task(items.get());
    co_await turns(1);
    items.put_nowait(1);
    items.put_nowait(2);
    reader.cancel();
    const std::string end = co_await end_of(reader);
    EXPECT_EQ(end, "cancelled");
    const int item = co_await items.get();
    EXPECT_EQ(item, 1);
  }());
}

TEST(cpython_queues_get_test, the_item_of_a_cancelled_getter_goes_to_one_behind_it) {
  run_program([]() -> task<void> {
    queue<int> items;
    const auto first = create_task(items.get());
    const auto second = create_task(items.get());
    const auto third = create_task(items.get());
    co_await turns(1);
    items.put_nowait(1);
    items.put_nowait(2);
    first.cancel();
    const std::string end = co_await end_of(first);
    EXPECT_EQ(end, "cancelled");
    co_await third;
    EXPECT_TRUE(second.done());
    const std::set<int> got{second.result(), third.result()};
    EXPECT_EQ(got, std::set<int>({1, 2}));
  }());
}

// -- Putters ------------------------------------------------------------------------------------------

TEST(cpython_queues_put_test, a_putter_goes_on_when_a_timer_makes_room) {
  run_program([]() -> task<void> {
    queue<int> items(1);
    const time_point begin = now();
    get_running_loop().call_later(10ms, [&items] { static_cast<void>(items.get_nowait()); });
    const auto putter = create_task(produce(&items, 2));
    co_await turns(1);
    EXPECT_FALSE(putter.done());
    co_await putter;
    EXPECT_EQ(now() - begin, 10ms);
    EXPECT_EQ(items.get_nowait(), 1);
  }());
}

TEST(cpython_queues_put_test, a_cancelled_putter_has_put_nothing_and_may_try_again) {
  run_program([]() -> task<void> {
    queue<int> items(1);
    items.put_nowait(1);
    const auto writer = create_task(put(&items, 2));
    co_await turns(1);
    EXPECT_EQ(items.get_nowait(), 1);
    writer.cancel();
    const std::string end = co_await end_of(writer);
    EXPECT_EQ(end, "cancelled");
    co_await put(&items, 2);
    EXPECT_EQ(items.get_nowait(), 2);
    EXPECT_EQ(items.qsize(), 0U);
  }());
}

TEST(cpython_queues_put_test, a_put_that_finds_room_wakes_a_getter_and_is_done) {
  run_program([]() -> task<void> {
    queue<int> items;
    const auto putter = create_task(put(&items, 1));
    const int item = co_await items.get();
    EXPECT_EQ(item, 1);
    EXPECT_TRUE(putter.done());
    const auto getter = create_task(items.get());
    co_await turns(1);
    co_await items.put(2);
    const int second = co_await getter;
    EXPECT_EQ(second, 2);
  }());
}

TEST(cpython_queues_put_test, cancelling_the_last_of_the_putters_leaves_the_others) {
  run_program([]() -> task<void> {
    queue<int> items(1);
    const auto first = create_task(put(&items, 1));
    const auto second = create_task(put(&items, 2));
    const auto third = create_task(put(&items, 3));
    co_await turns(1);
    EXPECT_TRUE(first.done());
    EXPECT_FALSE(second.done());
    third.cancel();
    co_await turns(1);
    EXPECT_TRUE(third.done());
    EXPECT_EQ(items.get_nowait(), 1);
    co_await turns(1);
    EXPECT_EQ(items.get_nowait(), 2);
    co_await second;
    EXPECT_TRUE(items.empty());
  }());
}

task<void> empty_once(queue<int>* items, std::size_t* taken) {
  co_await turns(1);
  for (*taken = items->qsize(); !items->empty();) {
    static_cast<void>(items->get_nowait());
  }
}

TEST(cpython_queues_put_test, all_putters_go_on_when_several_items_are_taken_at_once) {
  run_program([]() -> task<void> {
    queue<int> items(2);
    std::size_t taken = 0;
    const auto body = [&](task_group& group) -> task<void> {
      group.create_task(empty_once(&items, &taken));
      for (int item = 0; item < 4; ++item) {
        group.create_task(put(&items, item));
      }
      co_return;
    };
    auto grouped = with_task_group(body);
    co_await std::move(grouped);
    EXPECT_EQ(taken, 2U);
    EXPECT_EQ(items.qsize(), 2U);
  }());
}

TEST(cpython_queues_put_test, one_that_was_cancelled_does_not_wait_any_more) {
  run_program([]() -> task<void> {
    queue<int> items(1);
    items.put_nowait(1);
    const auto writer = create_task(put(&items, 2));
    co_await turns(1);
    writer.cancel();
    const std::string end = co_await end_of(writer);
    EXPECT_EQ(end, "cancelled");
    const auto next = create_task(put(&items, 3));
    co_await turns(1);
    EXPECT_EQ(items.get_nowait(), 1);
    co_await turns(1);
    EXPECT_TRUE(next.done()) << "the room was given to the one that has left";
    EXPECT_EQ(items.get_nowait(), 3);
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
