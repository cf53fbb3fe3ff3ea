// tests/runtime/asyncio/asyncio_test.cpp
//
// Goal: a program may be written in asyncio's names alone, and means the same over the loop and over a pool.
// Method: small programs that use nothing but the namespace, over every runtime. That all names are there is
// checked by tests/tidy/asyncio_names_check.py; what they mean, by the tests of what is behind them.
#include "../../support/runtime_test.hpp"
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace asyncio = jackdaw::asyncio;

namespace {

using namespace std::chrono_literals;
using asyncio::task;

class asyncio_test : public jackdaw::testing::runtime_test {};
JACKDAW_OVER_KINDS(asyncio_test, jackdaw::testing::virtual_kinds());

task<int> slow(int value) {
  co_await asyncio::sleep(std::chrono::seconds(value));
  co_return value;
}

TEST_P(asyncio_test, tasks_have_names_and_can_be_found) {  // S52-S54
  run([]() -> task<void> {
    const auto child = asyncio::create_task(slow(1), {.name = "child"});
    EXPECT_EQ(child.name(), "child");
    EXPECT_TRUE(asyncio::current_task());
    EXPECT_NE(asyncio::current_task(), child);
    EXPECT_EQ(asyncio::all_tasks().size(), 2U);
    EXPECT_EQ(co_await child, 1);
    const std::vector<asyncio::task_handle> only_us = asyncio::all_tasks();
    EXPECT_EQ(only_us.size(), 1U);
    EXPECT_EQ(only_us.front(), asyncio::current_task());
  }());
}

TEST_P(asyncio_test, sleep_gives_the_result_that_it_is_given) {  // S45
  run([]() -> task<void> {
    const std::string result = co_await asyncio::sleep(1s, std::string("slept"));
    EXPECT_EQ(result, "slept");
  }());
}

TEST_P(asyncio_test, waiting_in_asyncio_words) {
  run([]() -> task<void> {
    const auto results = co_await asyncio::gather(slow(2), slow(1));
    EXPECT_EQ(results, std::make_tuple(2, 1));
    EXPECT_THROW(co_await asyncio::wait_for(slow(10), 1s), asyncio::timeout_error);
    std::vector<asyncio::join_handle<int>> both;
    both.push_back(asyncio::create_task(slow(1)));
    both.push_back(asyncio::create_task(slow(5)));
    auto waiting = asyncio::wait(both, asyncio::return_when::first_completed);
    const auto ended = co_await std::move(waiting);
    EXPECT_EQ(ended.done.size(), 1U);
    EXPECT_EQ(ended.pending.size(), 1U);
    const auto shielded = asyncio::shield(both.back());
    EXPECT_EQ(co_await shielded, 5);
  }());
}

task<void> fill(asyncio::queue<int>* items) {
  for (const int item : {1, 2, 3}) {
    co_await items->put(item);
  }
  items->shutdown();
}

TEST_P(asyncio_test, groups_and_queues_in_asyncio_words) {
  run([]() -> task<void> {
    asyncio::queue<int> items(1);
    int sum = 0;
    const auto body = [&](asyncio::task_group& group) -> task<void> {
      group.create_task(fill(&items));
      try {
        while (true) {
          sum += co_await items.get();
        }
      } catch (const asyncio::queue_shut_down&) {
        co_return;
      }
    };
    auto grouped = asyncio::with_task_group(body);
    co_await std::move(grouped);
    EXPECT_EQ(sum, 6);
  }());
}

TEST_P(asyncio_test, locks_in_asyncio_words) {
  run([]() -> task<void> {
    asyncio::lock lock;
    co_await lock.acquire();
    EXPECT_TRUE(lock.locked());
    lock.release();
    EXPECT_FALSE(lock.locked());
    EXPECT_THROW(lock.release(), std::runtime_error);
    asyncio::barrier alone(1);
    EXPECT_EQ(alone.n_waiting(), 0U);
    EXPECT_EQ(co_await alone.wait(), 0U);
    asyncio::event event;
    event.set();
    co_await event.wait();
    asyncio::bounded_semaphore permits(1);
    EXPECT_THROW(permits.release(), std::invalid_argument);
  }());
}

task<void> wait_for_change(asyncio::condition* changed, int* seen) {
  const auto held = co_await changed->scoped_lock();
  co_await changed->wait();
  ++*seen;
}

TEST_P(asyncio_test, a_condition_may_have_a_lock_of_its_own) {  // S142
  run([]() -> task<void> {
    asyncio::condition changed;
    int seen = 0;
    EXPECT_THROW(changed.notify(), std::runtime_error);
    const auto waiter = asyncio::create_task(wait_for_change(&changed, &seen));
    co_await asyncio::sleep(1s);
    co_await changed.acquire();
    EXPECT_TRUE(changed.locked());
    changed.notify_all();
    changed.release();
    co_await waiter;
    EXPECT_EQ(seen, 1);
  }());
}

TEST_P(asyncio_test, threads_in_asyncio_words) {
  run([]() -> task<void> {
    jackdaw::scheduler* const home = &asyncio::running_scheduler();
    auto asked = asyncio::to_thread(
        [](jackdaw::scheduler* loop) {
          return asyncio::run_coroutine_threadsafe(slow(0), *loop).get();
        },
        home);
    EXPECT_EQ(co_await std::move(asked), 0);  // Time does not pass meanwhile.
    const auto called = asyncio::run_in_executor([] { return 4; });
    EXPECT_EQ(co_await called, 4);
  }());
}

TEST(asyncio_outside_test, without_a_loop_there_are_no_tasks) {
  EXPECT_THROW(static_cast<void>(asyncio::current_task()), std::runtime_error);
  EXPECT_THROW(static_cast<void>(asyncio::all_tasks()), std::runtime_error);
  EXPECT_THROW(asyncio::create_task(slow(1)), std::runtime_error);
}

TEST(asyncio_outside_test, a_callback_is_no_task) {  // S53
  auto loop = asyncio::new_event_loop();
  bool is_task = true;
  loop.call_soon([&] {
    is_task = static_cast<bool>(asyncio::current_task());
    loop.stop();
  });
  loop.run_forever();
  EXPECT_FALSE(is_task);
  const auto result = loop.create_future<int>();
  loop.call_soon([&] { result.set_result(1); });
  EXPECT_EQ(loop.run_until_complete(result), 1);
}

}  // namespace
