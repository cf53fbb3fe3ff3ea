// tests/runtime/post_test.cpp
//
// Goal: what is posted is called once, on a thread of the runtime and never inside of post(); in order where there is
// one thread; and a runtime that ends calls what it has accepted, or refuses. Method: counted calls over every runtime,
// from its own threads and from others; threads that post while a pool ends.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::pool_of;
using testing::run_in;
using testing::scaled;
using testing::trace;

class post_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(post_test, all_kinds());

TEST_P(post_test, the_function_is_called_later_once_on_a_thread_of_the_runtime) {
  run([]() -> task<void> {
    std::atomic<int> calls{0};
    scheduler* called_on = nullptr;
    scheduler& home = current_scheduler();
    post(home, [&] {
      called_on = &current_scheduler();
      calls.fetch_add(1);
    });
    while (calls.load() == 0) {
      co_await yield();
    }
    co_await testing::settled();
    EXPECT_EQ(calls.load(), 1);
    EXPECT_EQ(called_on, &home);
  }());
}

TEST_P(post_test, it_is_never_called_inside_of_post) {
  if (!GetParam().one_thread()) {
    GTEST_SKIP() << "another worker may call it at once";
  }
  trace log;
  run([](trace& log) -> task<void> {
    for (const char* const word : {"a", "b", "c"}) {
      post(current_scheduler(), [&log, word] { log.add(word); });
    }
    log.add("posted");
    co_await yield();
    log.add("main");
  }(log));
  EXPECT_EQ(log, "posted a b c main") << "in the order of their posts";
}

TEST_P(post_test, other_threads_may_post_to_wake_and_to_spawn) {
  run([]() -> task<void> {
    constexpr int threads = 3;
    constexpr int posts = scaled(2'000);
    std::atomic<int> calls{0};
    event spawned;
    scheduler& home = current_scheduler();
    std::vector<std::jthread> outside;
    for (int thread = 0; thread < threads; ++thread) {
      outside.emplace_back([&] {
        for (int index = 0; index < posts; ++index) {
          post(home, [&calls] { calls.fetch_add(1); });
        }
      });
    }
    outside.emplace_back([&] {
      post(home, [&spawned] {
        spawn_detached([](event& spawned) -> task<void> {
          spawned.set();
          co_return;
        }(spawned));
      });
    });
    co_await spawned.wait();
    outside.clear();
    while (calls.load() < threads * posts) {
      co_await yield();
    }
    EXPECT_EQ(calls.load(), threads * posts);
  }());
}

TEST_P(post_test, what_it_throws_is_reported) {
  expect_failures();
  run([]() -> task<void> {
    std::atomic<bool> called{false};
    post(current_scheduler(), [&called] {
      called.store(true);
      throw std::runtime_error("posted and broken");
    });
    while (!called.load()) {
      co_await yield();
    }
  }());
  EXPECT_EQ(failures().text(), "Exception in callback||std::runtime_error: posted and broken\n");
}

TEST_P(post_test, what_a_runtime_has_accepted_is_called_by_a_pool_and_destroyed_by_both) {
  auto argument = std::make_shared<int>(1);
  int calls = 0;
  run([](const std::shared_ptr<int>& given, int& calls) -> task<void> {
    post(current_scheduler(), [given, &calls] { ++calls; });
    co_return;
  }(argument, calls));
  EXPECT_EQ(argument.use_count(), 1);
  if (!GetParam().is_loop()) {
    EXPECT_EQ(calls, 1);
  }
}

TEST(post_on_workers_test, a_call_takes_one_block) {
  run_in(pool_of(1), []() -> task<void> {
    constexpr int posts = 100;
    int calls = 0;
    const std::int64_t before = live_frames();
    for (int index = 0; index < posts; ++index) {
      post(current_scheduler(), [&calls] { ++calls; });
    }
    EXPECT_EQ(live_frames() - before, posts);
    co_await yield();
    EXPECT_EQ(calls, posts);
    EXPECT_EQ(live_frames(), before);
  }());
}

TEST(post_on_workers_test, threads_that_post_while_a_pool_ends_are_served_or_refused) {
  constexpr int rounds = scaled(200);
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> calls{0};
    std::atomic<int> accepted{0};
    std::atomic<scheduler*> home{nullptr};
    pool_options options;
    options.workers = 2;
    pool pool(std::move(options));
    std::jthread outside([&] {
      while (home.load() == nullptr) {
        std::this_thread::yield();
      }
      try {
        while (true) {
          post(*home.load(), [&calls] { calls.fetch_add(1); });
          accepted.fetch_add(1);
        }
      } catch (const std::runtime_error& refused) {
        EXPECT_STREQ(refused.what(), "This pool has ended: nothing can be started on it");
      }
    });
    auto* const main = new task_state<void>(
        pool,
        [](std::atomic<scheduler*>& home, std::atomic<int>& calls) -> task<void> {
          home.store(&current_scheduler());
          while (calls.load() == 0) {
            co_await yield();
          }
        }(home, calls),
        "main");
    pool.run(*main);
    outside.join();
    EXPECT_EQ(calls.load(), accepted.load());
  }
}

}  // namespace
}  // namespace jackdaw
