// tests/runtime/any_future_test.cpp
//
// Goal: one container for tasks, futures and gatherings of different types: what it says is what the
// handle behind it says. Method: each operation on all three, over every runtime.
#include "../support/runtime_test.hpp"
#include <jackdaw/runtime/any_future.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::settled;

class any_future_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(any_future_test, all_kinds());

/// A text that can be made from what the handles of these tests give.
struct text {
  explicit text(std::string given) : content(std::move(given)) {}
  explicit text(const int& number) : content(std::to_string(number)) {}
  explicit text(const std::vector<int>& numbers) {
    for (const int number : numbers) {
      content += std::to_string(number);
    }
  }
  std::string content;
};

task<int> number(int value) {
  co_await yield();
  co_return value;
}

task<std::string> fails() {
  co_await yield();
  throw std::runtime_error("boom");
}

TEST_P(any_future_test, tasks_futures_and_gatherings_fit_into_one_vector) {
  run([]() -> task<void> {
    const future<int> later;
    std::vector<task<int>> pair;
    pair.push_back(number(1));
    pair.push_back(number(2));
    std::vector<any_future<text>> mixed;
    mixed.emplace_back(spawn(number(7)));
    mixed.emplace_back(later);
    mixed.emplace_back(gather(std::move(pair)));
    later.set_result(8);
    std::string all;
    for (const any_future<text>& each : mixed) {
      const text value = co_await each;
      all += value.content + " ";
    }
    EXPECT_EQ(all, "7 8 12 ");
    EXPECT_EQ(mixed[2].result().content, "12");
  }());
}

TEST_P(any_future_test, can_be_gathered_and_waited_for) {
  run([]() -> task<void> {
    const future<int> never_set;
    std::vector<any_future<text>> mixed;
    mixed.emplace_back(spawn(number(3)));
    mixed.emplace_back(never_set);
    const auto ends = co_await wait(mixed, return_when::first_completed);
    EXPECT_EQ(ends.done.size(), 1U);
    EXPECT_TRUE(ends.done.front() == mixed.front());
    EXPECT_TRUE(ends.pending.front() == any_future<text>(never_set));
    never_set.set_result(4);
    const std::vector<text> texts = co_await gather(mixed);
    EXPECT_EQ(texts[0].content + texts[1].content, "34");
  }());
}

TEST_P(any_future_test, an_exception_is_that_of_the_task_and_counts_as_fetched) {
  run([]() -> task<void> {
    const any_future<std::string> failing = spawn(fails());
    std::string what;
    try {
      co_await failing;
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "boom");
    EXPECT_NE(failing.exception(), nullptr);
  }());
}

TEST_P(any_future_test, cancelling_it_or_who_awaits_it_cancels_what_it_stands_for) {
  run([]() -> task<void> {
    const future<int> first;
    EXPECT_TRUE(any_future<text>(first).cancel("enough"));
    EXPECT_TRUE(first.cancelled());
    const future<int> second;
    const auto waiter =
        spawn([](any_future<text> awaited) -> task<void> { co_await awaited; }(second));
    co_await settled();
    waiter.cancel();
    co_await settled();
    EXPECT_TRUE(second.cancelled());
    EXPECT_TRUE(waiter.cancelled());
  }());
}

TEST_P(any_future_test, callbacks_get_it_and_can_be_taken_back) {
  run([]() -> task<void> {
    const future<int> watched;
    const any_future<text> any = watched;
    std::string seen;
    any.add_done_callback(
        [&seen](const any_future<text>& ended) { seen += ended.result().content; });
    const done_callback_token second =
        any.add_done_callback([&seen](const any_future<text>&) { seen += "never"; });
    EXPECT_EQ(any.remove_done_callback(second), 1U);
    EXPECT_EQ(any.remove_done_callback(second), 0U);
    watched.set_result(5);
    co_await settled();
    EXPECT_EQ(seen, "5");
  }());
}

}  // namespace
}  // namespace jackdaw
