// tests/runtime/finally_test.cpp
//
// Goal: the clean-up runs exactly once, however the body ends; it may await, and be cancelled itself.
// Method: traces over every runtime; bodies that return, throw and are cancelled, a clean-up behind a gate.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class finally_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(finally_test, all_kinds());
class finally_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(finally_threads_test, parallel_kinds());

struct stage {
  event body;
  event cleanup;
  trace log;
};

task<int> wait_and_return(stage& set, int value) {
  co_await set.body.wait();
  set.log.add("body");
  co_return value;
}

task<void> wait_and_fail(stage& set) {
  co_await set.body.wait();
  throw std::runtime_error("body");
}

task<void> sign_off(stage& set) {
  set.log.add("cleaning");
  co_await set.cleanup.wait();
  set.log.add("cleaned");
}

task<void> sign_off_and_fail(stage& set) {
  co_await sign_off(set);
  throw std::runtime_error("cleanup");
}

// How a task ended: "value", "cancelled <message>", or the text of the exception.
template <class T>
task<std::string> end_of(join_handle<T> handle) {
  try {
    co_await handle;
  } catch (const cancelled_error& error) {
    co_return "cancelled " + error.message();
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "value";
}

TEST_P(finally_test, it_cleans_up_after_a_value_and_returns_it) {
  run([]() -> task<void> {
    stage set;
    auto all = spawn(finally(wait_and_return(set, 7), sign_off(set)));
    co_await settled();
    EXPECT_EQ(set.log, "") << "the clean-up is lazy";
    set.body.set();
    co_await settled();
    EXPECT_EQ(set.log, "body cleaning");
    EXPECT_FALSE(all.done());
    set.cleanup.set();
    const int value = co_await all;
    EXPECT_EQ(value, 7);
    EXPECT_EQ(set.log, "body cleaning cleaned");
  }());
}

TEST_P(finally_test, it_cleans_up_after_an_exception_and_throws_it) {
  run([]() -> task<void> {
    stage set;
    auto all = spawn(finally(wait_and_fail(set), sign_off(set)));
    set.body.set();
    set.cleanup.set();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "body");
    EXPECT_EQ(set.log, "cleaning cleaned");
  }());
}

TEST_P(finally_test, it_cleans_up_after_a_cancellation_and_stays_cancelled) {
  run([]() -> task<void> {
    stage set;
    auto all = spawn(finally(wait_and_return(set, 1), sign_off(set)));
    co_await settled();
    all.cancel("why");
    co_await settled();
    EXPECT_EQ(set.log, "cleaning");
    EXPECT_FALSE(all.done()) << "the cancellation reached the clean-up";
    set.cleanup.set();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cancelled why");
    EXPECT_EQ(set.log, "cleaning cleaned");
  }());
}

TEST_P(finally_test, a_new_request_cancels_the_cleanup_itself) {
  run([]() -> task<void> {
    for (const bool body_cancelled : {false, true}) {
      stage set;
      auto all = spawn(finally(wait_and_return(set, 1), sign_off(set)));
      co_await settled();
      if (body_cancelled) {
        all.cancel("first");
      } else {
        set.body.set();
      }
      co_await settled();
      all.cancel("second");
      const std::string end = co_await end_of(all);
      EXPECT_EQ(end, "cancelled second");
      EXPECT_EQ(set.log, body_cancelled ? "cleaning" : "body cleaning");
    }
  }());
}

TEST_P(finally_test, an_exception_of_the_cleanup_replaces_that_of_the_body) {
  run([]() -> task<void> {
    stage set;
    set.body.set();
    set.cleanup.set();
    auto failed = spawn(finally(wait_and_fail(set), sign_off_and_fail(set)));
    const std::string first = co_await end_of(failed);
    EXPECT_EQ(first, "cleanup");
    auto returned = spawn(finally(wait_and_return(set, 1), sign_off_and_fail(set)));
    const std::string second = co_await end_of(returned);
    EXPECT_EQ(second, "cleanup");
  }());
}

TEST_P(finally_test, an_exception_of_the_cleanup_replaces_a_cancellation) {
  run([]() -> task<void> {
    stage set;
    set.cleanup.set();
    auto all = spawn(finally(wait_and_return(set, 1), sign_off_and_fail(set)));
    co_await settled();
    all.cancel();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cleanup");
  }());
}

// Counts its calls. Lives in the coroutine that awaits what it returns.
struct counting_cleanup {
  stage* set;
  std::shared_ptr<int> calls;
  task<void> operator()() const {
    ++*calls;
    co_await sign_off(*set);
  }
};

TEST_P(finally_test, a_function_is_called_once_after_the_body_and_kept_until_then) {
  run([]() -> task<void> {
    stage set;
    auto calls = std::make_shared<int>(0);
    counting_cleanup cleanup{&set, calls};
    auto all = spawn(finally(wait_and_return(set, 3), std::move(cleanup)));
    co_await settled();
    EXPECT_EQ(*calls, 0);
    EXPECT_EQ(calls.use_count(), 2);
    set.body.set();
    set.cleanup.set();
    const int value = co_await all;
    EXPECT_EQ(value, 3);
    EXPECT_EQ(*calls, 1);
    EXPECT_EQ(calls.use_count(), 1) << "the frame ended with the task";
  }());
}

TEST_P(finally_test, anything_awaitable_may_clean_up) {
  run([]() -> task<void> {
    stage set;
    set.body.set();
    set.cleanup.set();
    const auto wait_for_gate = [&set] { return set.cleanup.wait(); };
    const int value = co_await finally(wait_and_return(set, 4), wait_for_gate);
    EXPECT_EQ(value, 4);
  }());
}

task<std::unique_ptr<int>> make_pointer() { co_return std::make_unique<int>(5); }

TEST_P(finally_test, a_value_that_cannot_be_copied_is_moved) {
  run([]() -> task<void> {
    stage set;
    set.cleanup.set();
    const std::unique_ptr<int> value = co_await finally(make_pointer(), sign_off(set));
    EXPECT_EQ(*value, 5);
  }());
}

TEST_P(finally_test, they_nest_and_clean_up_from_the_inside_out) {
  run([]() -> task<void> {
    stage inner;
    stage outer;
    inner.cleanup.set();
    auto all = spawn(finally(finally(wait_and_return(inner, 6), sign_off(inner)), sign_off(outer)));
    co_await settled();
    all.cancel("deep");
    co_await settled();
    EXPECT_EQ(inner.log, "cleaning cleaned");
    EXPECT_EQ(outer.log, "cleaning");
    outer.cleanup.set();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cancelled deep");
  }());
}

TEST_P(finally_test, one_that_is_never_started_runs_neither) {
  expect_failures();
  run([]() -> task<void> {
    stage set;
    set.body.set();
    set.cleanup.set();
    {
      const auto unused = finally(wait_and_return(set, 1), sign_off(set));
    }
    co_await settled();
    EXPECT_EQ(set.log, "");
  }());
  std::multiset<std::string> reported;
  for (const failure& each : failures().all()) {
    reported.insert(each.message);
  }
  EXPECT_EQ(reported,
            (std::multiset<std::string>{"coroutine 'finally' was never awaited",
                                        "coroutine 'sign_off' was never awaited",
                                        "coroutine 'wait_and_return' was never awaited"}));
}

// Threads.

struct balance {
  std::atomic<int> begun{0};
  std::atomic<int> cleaned{0};
};

task<void> begin_and_wait(balance& counts, int turns) {
  counts.begun.fetch_add(1);
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

task<void> count_cleanup(balance& counts) {
  counts.cleaned.fetch_add(1);
  co_return;
}

TEST_P(finally_threads_test, whenever_the_cancellation_comes_what_began_is_cleaned_up_once) {
  run([]() -> task<void> {
    balance counts;
    for (int round = 0; round < scaled(10'000); ++round) {
      auto all = spawn(finally(begin_and_wait(counts, round % 4), count_cleanup(counts)));
      for (int turn = 0; turn < round % 3; ++turn) {
        co_await yield();
      }
      all.cancel();
      const std::string end = co_await end_of(all);
      EXPECT_TRUE(end == "value" || end == "cancelled ") << end;
      EXPECT_EQ(counts.begun.load(), counts.cleaned.load()) << "round " << round;
    }
  }());
}

task<int&> refer_to(int& number) { co_return number; }

TEST_P(finally_test, a_reference_stays_a_reference) {
  run([]() -> task<void> {
    stage set;
    set.cleanup.set();
    int number = 1;
    int& same = co_await finally(refer_to(number), sign_off(set));
    EXPECT_EQ(&same, &number);
  }());
}

}  // namespace
}  // namespace jackdaw
