// tests/runtime/gathering_test.cpp
//
// Goal: the future behind gather(): it counts its children, ends once, and lives as long as one of them
// may end. Method: futures as children, so that a test decides who ends when, also before it is made; on
// several workers, ends and cancellations that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;

class gathering_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(gathering_test, all_kinds());
class gathering_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(gathering_order_test, order_kinds());
class gathering_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(gathering_threads_test, parallel_kinds());

using futures = std::vector<future<int>>;

// "1 2 3", "cancelled message", or the text of the exception.
template <class Gather>
task<std::string> end_of(Gather all) {
  std::string text;
  try {
    const std::vector<int>& values = co_await all;
    for (const int value : values) {
      text.append(text.empty() ? "" : " ").append(std::to_string(value));
    }
  } catch (const cancelled_error& error) {
    text = "cancelled " + error.message();
  } catch (const std::exception& error) {
    text = error.what();
  }
  co_return text;
}

TEST_P(gathering_test, it_is_done_when_the_last_child_is_done) {
  run([]() -> task<void> {
    const futures each(3);
    const auto all = gather(each);
    for (const int index : {1, 2, 0}) {
      EXPECT_FALSE(all.done());
      each[static_cast<std::size_t>(index)].set_result(index);
      co_await settled();
    }
    EXPECT_TRUE(all.done());
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "0 1 2");
  }());
}

TEST_P(gathering_test, of_children_that_are_all_done_it_is_done_at_once) {  // S90
  run([]() -> task<void> {
    const futures each(2);
    each[0].set_result(1);
    each[1].set_result(2);
    const auto all = gather(each);
    EXPECT_TRUE(all.done());
    EXPECT_EQ(all.result()[1], 2);
    EXPECT_EQ(each[0].result(), 1) << "what is others' was moved";
    each[0].state().mark_retrieved();
    co_return;
  }());
}

TEST_P(gathering_test, a_child_that_had_failed_before_ends_it_at_once) {  // S84, S90
  run([]() -> task<void> {
    const futures each(2);
    each[1].set_exception(std::runtime_error("before"));
    const auto all = gather(each);
    EXPECT_TRUE(all.done());
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "before");
    each[0].set_result(1);
  }());
}

TEST_P(gathering_order_test, the_end_of_a_child_is_told_a_turn_later) {  // S43
  run([]() -> task<void> {
    const futures each(2);
    const auto all = gather(each);
    each[0].set_result(1);
    each[1].set_result(2);
    EXPECT_FALSE(all.done());
    co_await yield();
    EXPECT_TRUE(all.done());
  }());
}

TEST_P(gathering_test, the_same_child_may_be_in_it_several_times) {  // S89
  run([]() -> task<void> {
    const future<int> one;
    const auto all = gather(futures{one, one, one});
    one.set_result(4);
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "4 4 4");
  }());
}

TEST_P(gathering_test, of_all_outcomes_an_exception_is_one) {  // S85
  run([]() -> task<void> {
    const futures each(3);
    auto all = gather(return_exceptions, each);
    each[1].set_exception(std::runtime_error("kept"));
    co_await settled();
    EXPECT_FALSE(all.done());
    each[2].cancel("why");
    each[0].set_result(1);
    const auto outcomes = co_await std::move(all);
    EXPECT_EQ(outcomes[0].value(), 1);
    EXPECT_THROW(outcomes[1].rethrow_if_exception(), std::runtime_error);
    EXPECT_THROW(outcomes[2].rethrow_if_exception(), cancelled_error);
  }());
}

TEST_P(gathering_test, cancelled_it_waits_for_the_children_and_then_throws) {  // S87
  run([]() -> task<void> {
    const futures each(3);
    each[0].set_result(1);
    const auto all = gather(each);
    EXPECT_TRUE(all.cancel("stop"));
    EXPECT_TRUE(each[1].cancelled());
    EXPECT_TRUE(each[2].cancelled());
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cancelled stop");
    EXPECT_TRUE(all.done());
    EXPECT_FALSE(all.cancelled()) << "it failed with a cancelled_error";
    EXPECT_NE(all.exception(), nullptr);
    EXPECT_FALSE(all.cancel());
  }());
}

TEST_P(gathering_test, a_cancellation_ends_one_that_keeps_exceptions_too) {  // S87
  run([]() -> task<void> {
    const futures each(2);
    const auto all = gather(return_exceptions, each);
    EXPECT_TRUE(all.cancel());
    bool cancelled = false;
    try {
      co_await all;
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
  }());
}

TEST_P(gathering_test, cancelling_one_that_is_done_cancels_nobody) {  // S88
  run([]() -> task<void> {
    const futures each(2);
    const auto all = gather(each);
    each[0].set_exception(std::runtime_error("boom"));
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "boom");
    EXPECT_FALSE(all.cancel());
    EXPECT_FALSE(each[1].cancelled());
    each[1].set_exception(std::runtime_error("dropped"));  // Silently (S84).
    co_await settled();
  }());
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error("no copy"); }
  throws_when_copied(throws_when_copied&&) = default;
  throws_when_copied& operator=(const throws_when_copied&) = default;
  throws_when_copied& operator=(throws_when_copied&&) = default;
  ~throws_when_copied() = default;
};

TEST_P(gathering_test, a_value_that_cannot_be_copied_now_is_its_exception) {
  run([]() -> task<void> {
    const std::vector<future<throws_when_copied>> each(1);
    const auto all = gather(each);
    each[0].set_result();
    std::string end;
    try {
      co_await all;
    } catch (const std::runtime_error& error) {
      end = error.what();
    }
    EXPECT_EQ(end, "no copy");
  }());
}

TEST_P(gathering_test, it_goes_when_it_is_done_and_nobody_holds_it) {
  run([]() -> task<void> {
    const auto value = std::make_shared<int>(1);
    const future<std::shared_ptr<int>> one;
    {
      const std::vector<future<std::shared_ptr<int>>> each{one};
      static_cast<void>(gather(each));
      static_cast<void>(gather(return_exceptions, each));
    }
    one.set_result(value);
    co_await settled();
    EXPECT_EQ(value.use_count(), 2) << "ours and that of the future";
  }());
}

TEST_P(gathering_test, one_that_failed_and_was_not_looked_at_is_reported) {  // S75
  expect_failures();
  run([]() -> task<void> {
    const futures each(2);
    {
      const auto all = gather(each);
      each[0].set_exception(std::runtime_error("boom"));
      co_await settled();
      EXPECT_TRUE(all.done());
      EXPECT_FALSE(all.cancel()) << "which does not silence it";
    }
    each[1].set_result(1);
    co_await settled();
  }());
  EXPECT_EQ(failures().text(),
            "_GatheringFuture exception was never retrieved||std::runtime_error: boom\n");
}

task<void> yield_some(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

task<void> set_soon(future<int> one, int value, int turns) {
  co_await yield_some(turns);
  try {
    one.set_result(value);
  } catch (const invalid_state_error&) {
  }
}

TEST_P(gathering_threads_test, it_ends_once_and_as_its_cancel_said) {  // B26
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      const futures each(3);
      const auto all = gather(each);
      const auto waiter = spawn(end_of(all));
      const std::vector setters{spawn(set_soon(each[0], 1, round % 2)),
                                spawn(set_soon(each[1], 2, round % 3)),
                                spawn(set_soon(each[2], 3, round % 5))};
      co_await yield_some(round % 4);
      const bool asked = all.cancel("asked");
      const std::string end = co_await waiter;  // Hangs if the end of a child gets lost.
      EXPECT_EQ(end.starts_with("cancelled"), asked) << end << " in round " << round;
      co_await gather(setters);
    }
  }());
}

}  // namespace
}  // namespace jackdaw
