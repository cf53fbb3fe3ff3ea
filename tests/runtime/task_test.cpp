// tests/runtime/task_test.cpp
//
// Goal: a task is a coroutine that runs where and when it is awaited, gives its result or its
// exception to whoever awaits it, and needs no stack for that, however many or deep the awaits are.
// Method: traces and counters over every runtime; frames that are resumed and destroyed by hand; a
// thread with a stack of 256 KiB.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <pthread.h>

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::asyncio_loop;
using testing::pool_of;
using testing::run_in;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;
using testing::trace;

class task_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_test, all_kinds());

/// Writes its name when it is destroyed; one that was moved from does not.
class noisy {
 public:
  noisy(trace& log, std::string_view name) : log_(&log), name_(name) {}
  noisy(noisy&& other) noexcept
      : log_(std::exchange(other.log_, nullptr)), name_(std::move(other.name_)) {}
  noisy& operator=(noisy&&) = delete;
  ~noisy() {
    if (log_ != nullptr) {
      log_->add("~" + name_);
    }
  }

 private:
  trace* log_;
  std::string name_;
};

/// A coroutine without a runtime: its frame, resumed when the test says so.
template <class T>
class frame_in_hand {
 public:
  explicit frame_in_hand(task<T> body) : frame_(body.release()) {}
  frame_in_hand(const frame_in_hand&) = delete;
  frame_in_hand& operator=(const frame_in_hand&) = delete;
  ~frame_in_hand() { frame_.destroy(); }

  /// Once: up to the first suspension of the innermost coroutine, or to the end.
  void resume() {
    frame_.resume();
    current_context().task_ended = false;  // What the runner of a task would do.
  }
  [[nodiscard]] bool done() const { return frame_.done(); }
  [[nodiscard]] outcome<T>& result() { return frame_.promise().result(); }

 private:
  std::coroutine_handle<task_promise<T>> frame_;
};

// -- When it runs -------------------------------------------------------------------------------

task<void> add_word(trace& log, std::string_view word) {
  log.add(word);
  co_return;
}

TEST_P(task_test, nothing_runs_until_it_is_awaited) {  // S39
  run([]() -> task<void> {
    trace log;
    auto lazy = add_word(log, "ran");
    co_await settled();
    EXPECT_EQ(log, "");
    EXPECT_TRUE(lazy);
    co_await std::move(lazy);
    EXPECT_EQ(log, "ran");
  }());
}

task<int> sum_up_to(int number) {
  if (number == 0) {
    co_return 0;
  }
  const int below = co_await sum_up_to(number - 1);
  co_return below + number;
}

TEST_P(task_test, awaiting_yields_to_nobody_at_any_depth) {  // S40
  run([]() -> task<void> {
    const auto steps = [] { return this_task::scheduler().statistics().resumptions; };
    task_record* const self = &current_task();
    const std::uint64_t before = steps();
    const int sum = co_await sum_up_to(100);
    EXPECT_EQ(sum, 5'050);
    EXPECT_EQ(steps(), before);
    EXPECT_EQ(&current_task(), self);
  }());
}

task<task_record*> task_after_yield() {
  co_await yield();
  co_return &current_task();
}

TEST_P(task_test, it_runs_in_the_task_of_whoever_awaits_it_also_after_a_suspension) {  // S53
  run([]() -> task<void> {
    task_record* const inner = co_await task_after_yield();
    EXPECT_EQ(inner, &current_task());
    EXPECT_EQ(this_task::scheduler().statistics().spawns, 1U);
  }());
}

// -- Results ------------------------------------------------------------------------------------

template <class T>
task<T> give(T value, bool suspends) {
  if (suspends) {
    co_await yield();
  }
  co_return static_cast<T&&>(value);
}

/// Counts how often it was copied and moved; has no default constructor.
struct counted {
  explicit counted(int wanted) : number(wanted) {}
  counted(const counted& other)
      : number(other.number), copies(other.copies + 1), moves(other.moves) {}
  counted(counted&& other) noexcept
      : number(other.number), copies(other.copies), moves(other.moves + 1) {}
  counted& operator=(const counted&) = delete;
  counted& operator=(counted&&) = delete;
  int number;
  int copies = 0;
  int moves = 0;
};

task<counted> make_counted(bool suspends) {
  if (suspends) {
    co_await yield();
  }
  co_return counted(3);
}

task<std::string> converts() { co_return "a literal"; }

TEST_P(task_test, a_value_arrives_unchanged_and_is_moved_never_copied) {
  run([]() -> task<void> {
    for (const bool suspends : {false, true}) {
      const int number = co_await give(7, suspends);
      EXPECT_EQ(number, 7);
      const std::string text = co_await give(std::string(100, 'x'), suspends);
      EXPECT_EQ(text, std::string(100, 'x'));
      auto owner = std::make_unique<int>(5);
      const int* const address = owner.get();
      const std::unique_ptr<int> moved = co_await give(std::move(owner), suspends);
      EXPECT_EQ(moved.get(), address);
      const counted three = co_await make_counted(suspends);
      EXPECT_EQ(three.number, 3);
      EXPECT_EQ(three.copies, 0);
      EXPECT_EQ(three.moves, 2);  // Into the promise, and out of it.
    }
    const std::string converted = co_await converts();
    EXPECT_EQ(converted, "a literal");
  }());
}

TEST_P(task_test, a_reference_refers_to_the_same_object) {
  run([]() -> task<void> {
    std::string text = "one";
    for (const bool suspends : {false, true}) {
      std::string& same = co_await give<std::string&>(text, suspends);
      EXPECT_EQ(&same, &text);
      const std::string& read_only = co_await give<const std::string&>(text, suspends);
      EXPECT_EQ(&read_only, &text);
    }
    co_await give<std::string&>(text, false) = "two";
    EXPECT_EQ(text, "two");
  }());
}

TEST_P(task_test, a_result_lives_until_the_end_of_the_expression_that_awaits_it) {
  run([]() -> task<void> {
    trace log;
    {
      const noisy outer(log, "outer");
      co_await [](trace& log, noisy) -> task<void> {
        const noisy local(log, "local");
        co_await yield();
      }(log, noisy(log, "argument"));
      log.add("after");
    }
    EXPECT_EQ(log, "~local ~argument after ~outer");
  }());
}

// -- Exceptions ---------------------------------------------------------------------------------

template <class E>
task<int> fail_with(E error, bool suspends) {
  if (suspends) {
    co_await yield();
  }
  throw std::move(error);
}

template <class E>
task<bool> fails_with(E error, bool suspends) {
  bool thrown = false;
  try {
    co_await fail_with(std::move(error), suspends);
  } catch (const E&) {
    thrown = true;
  }
  co_await yield();  // Whoever caught it goes on as usual.
  co_return thrown;
}

TEST_P(task_test, what_the_body_throws_is_thrown_at_the_await) {
  run([]() -> task<void> {
    for (const bool suspends : {false, true}) {
      const bool standard = co_await fails_with(std::runtime_error("boom"), suspends);
      EXPECT_TRUE(standard);
      const bool foreign = co_await fails_with(42, suspends);  // S48
      EXPECT_TRUE(foreign);
      const bool cancelled = co_await fails_with(cancelled_error("m"), suspends);
      EXPECT_TRUE(cancelled);
    }
  }());
}

task<const void*> address_of_own_error(const void*& thrown) {
  try {
    try {
      throw std::runtime_error("boom");
    } catch (const std::runtime_error& error) {
      thrown = &error;
      throw;
    }
  } catch (...) {
    throw;
  }
  co_return nullptr;
}

task<const void*> passes_it_on(const void*& thrown) {
  co_return co_await address_of_own_error(thrown);
}

TEST_P(task_test, an_exception_passes_through_coroutines_without_being_copied) {
  run([]() -> task<void> {
    const void* thrown = nullptr;
    const void* caught = nullptr;
    try {
      co_await passes_it_on(thrown);
    } catch (const std::runtime_error& error) {
      caught = &error;
      EXPECT_STREQ(error.what(), "boom");
    }
    EXPECT_NE(thrown, nullptr);
    EXPECT_EQ(caught, thrown);
  }());
}

/// Cannot be moved into a promise.
struct immovable_result {
  immovable_result() = default;
  immovable_result(immovable_result&& /*other*/) { throw std::length_error("no room"); }
  immovable_result& operator=(immovable_result&&) = delete;
};

task<immovable_result> give_immovable() { co_return immovable_result(); }

TEST_P(task_test, a_result_that_cannot_be_stored_is_an_exception_of_the_task) {
  run([]() -> task<void> {
    bool thrown = false;
    try {
      co_await give_immovable();
    } catch (const std::length_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  }());
}

// -- Who owns the frame -------------------------------------------------------------------------

task<void> never_awaited(trace& log, noisy /*argument*/) {
  const noisy local(log, "local");
  log.add("ran");
  co_return;
}

TEST(task_frame_test, one_that_is_never_awaited_destroys_its_arguments_and_runs_nothing) {  // S39
  trace log;
  {
    const auto unused = never_awaited(log, noisy(log, "argument"));
    EXPECT_EQ(log, "");
  }
  EXPECT_EQ(log, "~argument");
}

task<void> innermost(trace& log, noisy /*argument*/) {
  const noisy first(log, "inner_first");
  const noisy second(log, "inner_second");
  co_await std::suspend_always();
  log.add("resumed");
}

task<void> around_it(trace& log, noisy /*argument*/) {
  const noisy first(log, "outer_first");
  const noisy second(log, "outer_second");
  try {
    co_await innermost(log, noisy(log, "inner_argument"));
  } catch (...) {
    log.add("caught");
  }
  const noisy never_built(log, "never_built");
}

TEST(task_frame_test, destroyed_while_suspended_it_unwinds_like_a_stack_and_runs_nothing) {  // S56
  trace log;
  {
    frame_in_hand<void> chain(around_it(log, noisy(log, "outer_argument")));
    chain.resume();
    EXPECT_FALSE(chain.done());
    EXPECT_EQ(log, "");
  }
  EXPECT_EQ(log,
            "~inner_second ~inner_first ~inner_argument "
            "~outer_second ~outer_first ~outer_argument");
}

TEST(task_frame_test, who_destroys_a_finished_frame_destroys_its_result_once) {
  trace log;
  {
    frame_in_hand<noisy> finished(
        [](trace& log) -> task<noisy> { co_return noisy(log, "result"); }(log));
    finished.resume();
    EXPECT_TRUE(finished.done());
    EXPECT_TRUE(finished.result().has_value());
    EXPECT_EQ(log, "");
  }
  EXPECT_EQ(log, "~result");
}

TEST(task_frame_test, a_moved_from_task_is_empty_and_the_other_one_has_the_coroutine) {
  trace log;
  auto first = never_awaited(log, noisy(log, "argument"));
  task<void> second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(second);
  EXPECT_EQ(log, "");
  task<void> empty;
  EXPECT_FALSE(empty);
  frame_in_hand<void> running(std::move(second));
  EXPECT_FALSE(second);  // NOLINT(bugprone-use-after-move)
  running.resume();
  EXPECT_EQ(log, "ran ~local");
}

TEST(task_frame_test, assigning_to_a_task_destroys_the_coroutine_that_it_had) {
  trace log;
  auto kept = never_awaited(log, noisy(log, "old"));
  kept = never_awaited(log, noisy(log, "new"));
  EXPECT_EQ(log, "~old");
  task<void>& itself = kept;
  kept = std::move(itself);
  EXPECT_TRUE(kept);
  EXPECT_EQ(log, "~old");
  kept = task<void>();
  EXPECT_FALSE(kept);
  EXPECT_EQ(log, "~old ~new");
}

TEST(task_frame_test, awaiting_a_moved_from_task_stops_the_program) {  // S50
  auto first = sum_up_to(0);
  const auto second = std::move(first);
  EXPECT_DEATH(static_cast<void>(std::move(first).operator co_await()),  // NOLINT
               "assertion failed.*frame_ != nullptr");
}

TEST(task_frame_test, tasks_are_moved_and_never_copied_and_must_not_be_dropped_by_accident) {
  static_assert(!std::is_copy_constructible_v<task<int>>);
  static_assert(!std::is_copy_assignable_v<task<int>>);
  static_assert(std::is_nothrow_move_constructible_v<task<int>>);
  static_assert(std::is_nothrow_move_assignable_v<task<int>>);
  static_assert(std::is_same_v<await_result<task<std::string>>, std::string>);
  static_assert(std::is_same_v<await_result<task<int&>>, int&>);
  static_assert(std::is_void_v<await_result<task<>>>);
  static_assert(!awaitable<task<int>&>, "an lvalue would be awaited twice by mistake");
}

// -- A small stack ------------------------------------------------------------------------------

constexpr std::size_t small_stack_bytes = 256 * 1024;

/// Runs `body` on a thread whose stack is small: one frame lost per await would end the program.
void on_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, small_stack_bytes), 0);
  const auto run_body = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, run_body, &body), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  ASSERT_EQ(pthread_attr_destroy(&attributes), 0);
}

// The calling thread is the only one that runs tasks.
class task_stack_test : public ::testing::TestWithParam<runtime_kind> {
 protected:
  /// The result of `body`, run on a small stack.
  static std::int64_t run_small(task<std::int64_t> body) {
    const runtime_kind kind = GetParam();
    outcome<std::int64_t> result;
    on_small_stack([&] {
      try {
        result.set_value(run_in(kind, std::move(body)));
      } catch (...) {
        result.set_exception(std::current_exception());
      }
    });
    return result.take_value();
  }
};
INSTANTIATE_TEST_SUITE_P(over, task_stack_test, ::testing::Values(asyncio_loop(), pool_of(1)),
                         testing::kind_name());

task<int> at_once(int number) { co_return number; }

task<std::int64_t> await_in_a_loop(int count) {
  std::int64_t sum = 0;
  for (int index = 0; index < count; ++index) {
    sum += co_await at_once(index % 3);
  }
  co_return sum;
}

TEST_P(task_stack_test, ten_million_awaits_that_complete_at_once_need_no_stack) {
  const int count = scaled(10'000'000);
  const std::int64_t expected = count / 3 * 3 + (count % 3 == 2 ? 1 : 0);
  EXPECT_EQ(run_small(await_in_a_loop(count)), expected);
}

task<int> fail_at_once(int number) {
  if (number != 0) {
    throw number;
  }
  co_return 0;
}

task<std::int64_t> catch_in_a_loop(int count) {
  std::int64_t sum = 0;
  for (int index = 0; index < count; ++index) {
    try {
      sum += co_await fail_at_once(1);
    } catch (int number) {
      sum += number;
    }
  }
  co_return sum;
}

TEST_P(task_stack_test, many_exceptions_in_a_loop_need_no_stack) {
  const int count = scaled(300'000);
  EXPECT_EQ(run_small(catch_in_a_loop(count)), count);
}

enum class bottom : std::uint8_t { returns, yields, throws, is_cancelled };

task<std::int64_t> nested(int levels, bottom end) {
  if (levels > 0) {
    const std::int64_t below = co_await nested(levels - 1, end);
    co_return below + 1;
  }
  if (end == bottom::throws) {
    throw std::runtime_error("at the bottom");
  }
  if (end == bottom::yields) {
    co_await yield();
  }
  if (end == bottom::is_cancelled) {
    this_task::cancel();
    co_await yield();
  }
  co_return 0;
}

TEST_P(task_stack_test, a_million_nested_awaits_live_on_the_heap_alone) {
  const int levels = scaled(1'000'000);
  EXPECT_EQ(run_small(nested(levels, bottom::returns)), levels);
}

TEST_P(task_stack_test, a_million_nested_awaits_are_resumed_at_the_bottom) {
  const int levels = scaled(1'000'000);
  EXPECT_EQ(run_small(nested(levels, bottom::yields)), levels);
}

TEST_P(task_stack_test, an_exception_comes_up_through_a_million_nested_awaits) {
  const int levels = scaled(1'000'000);
  EXPECT_THROW(run_small(nested(levels, bottom::throws)), std::runtime_error);
}

TEST_P(task_stack_test, a_cancellation_comes_up_through_a_million_nested_awaits) {
  const int levels = scaled(1'000'000);
  EXPECT_THROW(run_small(nested(levels, bottom::is_cancelled)), cancelled_error);
}

}  // namespace
}  // namespace jackdaw
