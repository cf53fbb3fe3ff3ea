// tests/runtime/blocking_pool_test.cpp
//
// Goal: calls that block run on threads of their own, not too many, and neither a cancellation nor the
// end of the runtime can hurt anybody by them. Method: calls that wait for a signal of the test, so that
// it knows what runs and what is queued; counters and shared pointers say what was made and dropped.
#include "../support/forked.hpp"
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::complaint_of;
using testing::in_child;
using testing::parallel_kinds;
using testing::refuse_system_call;
using testing::scaled;
using testing::settled;
using testing::virtual_kinds;

class blocking_pool_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(blocking_pool_test, all_kinds());
class blocking_pool_time_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(blocking_pool_time_test, virtual_kinds());
class blocking_pool_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(blocking_pool_threads_test, parallel_kinds());

blocking_pool& threads() { return this_task::scheduler().blocking(); }

// A call that blocks until it is let go.
struct blocker {
  std::atomic<bool> entered{false};
  std::atomic<bool> released{false};
  std::atomic<int> calls{0};

  void block() {
    calls.fetch_add(1);
    entered.store(true);
    released.wait(false);
  }
  void release() {
    released.store(true);
    released.notify_all();
  }
};

task<void> call(blocker& blocking) {
  co_await to_thread([](blocker* held) { held->block(); }, &blocking);
}

task<void> until(const std::atomic<bool>& flag) {
  while (!flag.load()) {
    co_await yield();
  }
}

int twice(int number) { return 2 * number; }

TEST_P(blocking_pool_test, it_returns_what_the_function_returns) {
  run([]() -> task<void> {
    EXPECT_EQ(threads().threads(), 0U) << "threads start when there is work for them";
    const int result = co_await to_thread(&twice, 21);
    EXPECT_EQ(result, 42);
    EXPECT_EQ(threads().threads(), 1U);
  }());
}

TEST_P(blocking_pool_test, the_function_runs_on_a_thread_of_its_own_without_signals) {
  run([]() -> task<void> {
    const std::thread::id here = std::this_thread::get_id();
    bool signals_blocked = false;
    const std::thread::id there = co_await to_thread([&signals_blocked] {
      sigset_t blocked;
      sigemptyset(&blocked);
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      signals_blocked = sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGTERM) == 1;
      return std::this_thread::get_id();
    });
    EXPECT_NE(here, there);
    EXPECT_TRUE(signals_blocked);
  }());
}

TEST_P(blocking_pool_test, what_the_function_throws_is_thrown_at_the_await) {
  run([]() -> task<void> {
    std::string text;
    try {
      co_await to_thread([] { throw std::runtime_error("boom"); });
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    EXPECT_EQ(text, "boom");
    const int after = co_await to_thread(&twice, 1);
    EXPECT_EQ(after, 2) << "the thread survived it";
  }());
}

std::unique_ptr<int> add_one(std::unique_ptr<int> number) {
  ++*number;
  return number;
}

TEST_P(blocking_pool_test, arguments_and_results_that_cannot_be_copied_are_moved) {
  run([]() -> task<void> {
    auto number = std::make_unique<int>(1);
    const std::unique_ptr<int> result = co_await to_thread(&add_one, std::move(number));
    EXPECT_EQ(*result, 2);
  }());
}

TEST_P(blocking_pool_test, a_call_that_is_never_awaited_is_not_made) {
  run([]() -> task<void> {
    auto token = std::make_shared<int>(0);
    {
      const auto unused = to_thread([](const std::shared_ptr<int>& used) { ++*used; }, token);
    }
    EXPECT_EQ(*token, 0);
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_EQ(threads().threads(), 0U);
    co_return;
  }());
}

TEST_P(blocking_pool_test, one_thread_serves_any_number_of_calls) {
  run([]() -> task<void> {
    threads().set_threads_max(1);
    int sum = 0;
    for (int round = 0; round < scaled(1'000); ++round) {
      sum += co_await to_thread(&twice, 1);  // Hangs if a sleeping thread is not woken.
    }
    EXPECT_EQ(sum, 2 * scaled(1'000));
    EXPECT_EQ(threads().threads(), 1U);
  }());
}

// Counts who is inside at once.
struct turnstile {
  std::atomic<int> inside{0};
  std::atomic<int> inside_max{0};
  std::atomic<int> calls{0};

  void pass() {
    const int now = inside.fetch_add(1) + 1;
    int seen = inside_max.load();
    while (now > seen && !inside_max.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();
    calls.fetch_add(1);
    inside.fetch_sub(1);
  }
};

task<void> pass_through(turnstile& gate) {
  co_await to_thread([](turnstile* passed) { passed->pass(); }, &gate);
}

TEST_P(blocking_pool_test, there_are_never_more_threads_than_allowed) {
  run([]() -> task<void> {
    threads().set_threads_max(3);
    turnstile gate;
    std::vector<task<void>> all;
    for (int index = 0; index < scaled(500); ++index) {
      all.push_back(pass_through(gate));
    }
    co_await gather(std::move(all));
    EXPECT_EQ(gate.calls.load(), scaled(500));
    EXPECT_LE(gate.inside_max.load(), 3);
    EXPECT_LE(threads().threads(), 3U);
  }());
}

TEST_P(blocking_pool_test, calls_that_block_do_not_keep_others_waiting_while_threads_are_allowed) {
  run([]() -> task<void> {
    blocker first;
    blocker second;
    auto waiting = spawn(call(first));
    auto other = spawn(call(second));
    co_await until(first.entered);
    co_await until(second.entered);
    const int result = co_await to_thread(&twice, 4);
    EXPECT_EQ(result, 8);
    EXPECT_FALSE(waiting.done());
    first.release();
    second.release();
    co_await waiting;
    co_await other;
  }());
}

// Cancellation.

TEST_P(blocking_pool_test, a_cancelled_waiter_leaves_at_once_and_the_call_goes_on) {  // S80, S197
  run([]() -> task<void> {
    blocker blocking;
    const auto waiter = spawn(call(blocking));
    co_await until(blocking.entered);
    waiter.cancel();
    while (!waiter.done()) {  // Hangs if it waits for the call.
      co_await yield();
    }
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_EQ(blocking.calls.load(), 1);
    blocking.release();
    threads().close();  // The call has ended before `blocking` is gone.
  }());
}

TEST_P(blocking_pool_test, the_result_of_an_abandoned_call_is_dropped) {  // S197
  auto token = std::make_shared<int>(0);
  run([](std::shared_ptr<int> kept) -> task<void> {
    auto blocking = std::make_shared<blocker>();
    const auto waiter =
        spawn([](std::shared_ptr<blocker> held, std::shared_ptr<int> result) -> task<void> {
          co_await to_thread(
              [](const std::shared_ptr<blocker>& inner, std::shared_ptr<int> value) {
                inner->block();
                return value;
              },
              held, result);
        }(blocking, kept));
    co_await until(blocking->entered);
    waiter.cancel();
    while (!waiter.done()) {
      co_await yield();
    }
    blocking->release();  // Ends while the runtime does.
  }(token));
  EXPECT_EQ(token.use_count(), 1);
}

TEST_P(blocking_pool_test, a_call_that_is_cancelled_in_the_queue_is_not_made) {  // S197
  run([]() -> task<void> {
    threads().set_threads_max(1);
    blocker first;
    blocker second;
    auto running = spawn(call(first));
    co_await until(first.entered);
    const auto queued = spawn(call(second));
    co_await settled();
    queued.cancel();
    co_await settled();
    EXPECT_TRUE(queued.cancelled());
    first.release();
    second.release();
    co_await running;
    const int behind = co_await to_thread(&twice, 1);
    EXPECT_EQ(behind, 2);
    EXPECT_EQ(second.calls.load(), 0);
  }());
}

TEST_P(blocking_pool_test, the_end_of_an_abandoned_call_wakes_nobody) {
  run([]() -> task<void> {
    blocker blocking;
    event never_set;
    const auto waiter = spawn([](blocker& held, event& gate) -> task<void> {
      try {
        co_await call(held);
      } catch (const cancelled_error&) {
      }
      co_await gate.wait();
    }(blocking, never_set));
    co_await until(blocking.entered);
    waiter.cancel();
    co_await settled();
    blocking.release();
    threads().close();  // It has ended now.
    co_await settled();
    EXPECT_FALSE(waiter.done());
    never_set.set();
    co_await settled();
    EXPECT_TRUE(waiter.done());
    EXPECT_FALSE(waiter.cancelled());
  }());
}

TEST_P(blocking_pool_test, a_cancellation_that_is_due_ends_the_wait) {
  run([]() -> task<void> {
    this_task::cancel();
    bool cancelled = false;
    try {
      co_await to_thread(&twice, 1);
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    this_task::uncancel();
  }());
}

// The end.

TEST_P(blocking_pool_test, after_the_end_a_call_is_refused_and_the_task_goes_on) {  // S196
  run([]() -> task<void> {
    const int before = co_await to_thread(&twice, 1);
    EXPECT_EQ(before, 2);
    threads().close();
    threads().close();
    EXPECT_EQ(threads().threads(), 0U);
    bool refused = false;
    try {
      co_await to_thread(&twice, 1);
    } catch (const std::runtime_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    co_await yield();
  }());
}

TEST_P(blocking_pool_test, the_end_of_the_runtime_waits_for_calls_that_nobody_waits_for) {  // B21
  std::atomic<int> ended{0};
  run([](std::atomic<int>& counter) -> task<void> {
    std::atomic<int> begun{0};
    std::vector<join_handle<void>> all;
    for (int index = 0; index < 3; ++index) {
      all.push_back(spawn([](std::atomic<int>& started, std::atomic<int>& count) -> task<void> {
        co_await to_thread(
            [](std::atomic<int>* first, std::atomic<int>* last) {
              first->fetch_add(1);
              for (int turn = 0; turn < 100; ++turn) {
                std::this_thread::yield();
              }
              last->fetch_add(1);
            },
            &started, &count);
      }(begun, counter)));
    }
    while (begun.load() < 3) {
      co_await yield();
    }
  }(ended));  // They are cancelled here.
  EXPECT_EQ(ended.load(), 3);
}

// The loop is closed over pending tasks: one call runs until the queue has been dropped, one is queued.
TEST(blocking_pool_close_test, calls_in_the_queue_are_dropped_with_what_they_hold) {  // S19, B24
  testing::failure_log failures;
  auto token = std::make_shared<int>(0);
  std::atomic<bool> entered{false};
  {
    asyncio::loop_options options;
    options.on_failure = failures.handler();
    asyncio::event_loop loop(std::move(options));
    loop.blocking().set_threads_max(1);
    const auto wait_for_close = [](std::atomic<bool>& flag) -> task<void> {
      co_await to_thread(
          [](std::atomic<bool>* begun, blocking_pool* own) {
            begun->store(true);
            while (own->threads() != 0) {
              std::this_thread::yield();
            }
          },
          &flag, &threads());
    };
    const auto use_token = [](std::shared_ptr<int> used) -> task<void> {
      co_await to_thread([](const std::shared_ptr<int>& inner) { ++*inner; }, used);
    };
    loop.create_task(wait_for_close(entered), "running");
    loop.run_until_complete(until(entered));
    loop.create_task(use_token(token), "queued");
    loop.run_until_complete(settled());
    EXPECT_GT(token.use_count(), 1);
    loop.close();
  }
  EXPECT_EQ(*token, 0) << "was called";
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(failures.all().size(), 2U) << failures.text();
}

TEST(blocking_pool_close_test, one_that_was_never_used_ends) {  // B22
  blocking_pool unused;
  EXPECT_EQ(unused.threads(), 0U);
  unused.close();
}

// Virtual time.

TEST_P(blocking_pool_time_test, time_stands_still_while_a_call_runs_and_moves_when_it_has_ended) {
  run([]() -> task<void> {
    const time_point begin = this_task::scheduler().now();
    auto sleeper = spawn([]() -> task<void> { co_await sleep(1h); }());
    co_await settled();
    const bool stood_still = co_await timeout(2h, to_thread(
                                                      [](scheduler* home, time_point before) {
                                                        for (int turn = 0; turn < 1'000; ++turn) {
                                                          std::this_thread::yield();
                                                        }
                                                        return home->now() == before;
                                                      },
                                                      &this_task::scheduler(), begin));
    EXPECT_TRUE(stood_still);
    co_await sleeper;
    EXPECT_EQ(this_task::scheduler().now() - begin, 1h);
  }());
}

// Several workers.

task<long long> sum_of_calls(int rounds) {
  long long sum = 0;
  for (int round = 0; round < rounds; ++round) {
    sum += co_await to_thread(&twice, round);
  }
  co_return sum;
}

TEST_P(blocking_pool_threads_test, calls_from_several_workers_come_back_to_whoever_made_them) {
  run([]() -> task<void> {
    const long long rounds = scaled(500);
    std::vector<task<long long>> all;
    for (int index = 0; index < 8; ++index) {
      all.push_back(sum_of_calls(scaled(500)));
    }
    const auto sums = co_await gather(std::move(all));
    for (const long long sum : sums) {
      EXPECT_EQ(sum, rounds * (rounds - 1));
    }
  }());
}

TEST_P(blocking_pool_threads_test,
       a_call_that_ends_while_its_waiter_is_cancelled_ends_the_wait_once) {
  run([]() -> task<void> {
    auto token = std::make_shared<int>(0);
    event never_set;
    for (int round = 0; round < scaled(500); ++round) {
      const auto waiter = spawn([](std::shared_ptr<int> held, event& gate) -> task<bool> {
        try {
          co_await to_thread([](const std::shared_ptr<int>& inner) { return inner; }, held);
          co_return true;
        } catch (const cancelled_error&) {
        }
        try {
          co_await gate.wait();  // A late end of the call would wake it.
        } catch (const cancelled_error&) {
          co_return true;
        }
        co_return false;
      }(token, never_set));
      for (int turn = 0; turn < round % 5; ++turn) {
        co_await yield();
      }
      waiter.cancel();
      co_await yield();
      while (!waiter.done()) {
        waiter.cancel();
        co_await yield();
      }
      EXPECT_TRUE(waiter.cancelled() || waiter.result()) << "round " << round;
    }
    threads().close();
    EXPECT_EQ(token.use_count(), 1);
  }());
}

void refuse_threads() {
  refuse_system_call(SYS_clone3, EAGAIN);
  refuse_system_call(SYS_clone, EAGAIN);
}

TEST(blocking_pool_limits_test, a_call_for_which_no_thread_can_be_started_is_not_made) {
  const auto result = in_child([]() -> std::string {
    return testing::run_in(testing::asyncio_loop(), []() -> task<std::string> {
      auto token = std::make_shared<int>(0);
      refuse_threads();
      bool refused = false;
      try {
        co_await to_thread([](const std::shared_ptr<int>& used) { ++*used; }, token);
      } catch (const std::system_error&) {
        refused = true;
      }
      if (!refused) {
        co_return "not refused";
      }
      co_return token.use_count() == 1 ? "" : "the call stayed in the queue";
    }());
  });
  EXPECT_EQ(complaint_of(result), "");
}

TEST(blocking_pool_limits_test, where_no_more_threads_can_be_started_those_that_run_do_the_rest) {
  const auto result = in_child([]() -> std::string {
    return testing::run_in(testing::asyncio_loop(), []() -> task<std::string> {
      std::atomic<bool> entered{false};
      std::atomic<bool> released{false};
      const auto first = spawn([](std::atomic<bool>& in, std::atomic<bool>& out) -> task<void> {
        co_await to_thread(
            [](std::atomic<bool>* begun, std::atomic<bool>* free) {
              begun->store(true);
              free->wait(false);
            },
            &in, &out);
      }(entered, released));
      while (!entered.load()) {
        co_await yield();
      }
      refuse_threads();
      auto second = spawn([]() -> task<int> {
        const int two = co_await to_thread([] { return 2; });
        co_return two;
      }());
      co_await testing::settled();
      released.store(true);
      released.notify_all();
      std::string complaint;
      try {
        co_await first;
        const int two = co_await second;
        complaint = two == 2 ? "" : "wrong result";
      } catch (const std::system_error&) {
        complaint = "refused although a thread was there";
      }
      co_return complaint;
    }());
  });
  EXPECT_EQ(complaint_of(result), "");
}

}  // namespace
}  // namespace jackdaw
