// tests/runtime/spawn_test.cpp
//
// Goal: a spawned task lives its own life: it begins later, ends whoever holds it, keeps its result
// for all who ask, and an exception that nobody asks for is reported once. Method: traces, counted
// copies and failure logs over every runtime; joiners that come while the task is ending.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::run_in;
using testing::run_options;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;
using testing::trace;

std::vector<runtime_kind> one_thread_kinds() {
  std::vector<runtime_kind> kinds;
  std::copy_if(all_kinds().begin(), all_kinds().end(), std::back_inserter(kinds),
               [](const runtime_kind& kind) { return kind.one_thread(); });
  return kinds;
}

class spawn_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(spawn_test, all_kinds());

/// What is so only where no other worker can begin a task meanwhile.
class spawn_alone_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(spawn_alone_test, one_thread_kinds());

class spawn_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(spawn_order_test, order_kinds());

class spawn_race_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(spawn_race_test, parallel_kinds());

class spawn_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(spawn_threads_test, testing::pool_kinds());

// -- Small tasks --------------------------------------------------------------------------------

task<void> add_word(trace& log, std::string word) {
  log.add(word);
  co_return;
}

task<int> number_after(event& gate, int number) {
  co_await gate.wait();
  co_return number;
}

template <class T>
task<T> give(T value) {
  co_return static_cast<T&&>(value);
}

task<void> fail(std::string text) {
  co_await yield();
  throw std::runtime_error(text);
}

/// How a task ended: "returned", "cancelled" or what the exception says.
template <class T>
task<std::string> end_of(join_handle<T> handle) {
  try {
    co_await handle;
    co_return "returned";
  } catch (const cancelled_error&) {
    co_return "cancelled";
  } catch (const std::exception& error) {
    co_return error.what();
  }
}

template <class T>
task<void> until_done(join_handle<T> handle) {
  while (!handle.done()) {
    co_await yield();
  }
}

/// Writes when it is destroyed, unless it was moved from.
class noisy {
 public:
  explicit noisy(trace& log, std::string_view word) : log_(&log), word_(word) {}
  noisy(noisy&& other) noexcept : log_(std::exchange(other.log_, nullptr)), word_(other.word_) {}
  noisy& operator=(noisy&&) = delete;
  ~noisy() {
    if (log_ != nullptr) {
      log_->add(word_);
    }
  }

 private:
  trace* log_;
  std::string_view word_;
};

// -- When it runs -------------------------------------------------------------------------------

task<void> note_if_inside(std::atomic<bool>& in_call, std::thread::id caller, bool& was_inside) {
  was_inside = in_call.load() && std::this_thread::get_id() == caller;
  co_return;
}

TEST_P(spawn_test, the_body_never_runs_inside_of_the_call) {  // S42
  run([]() -> task<void> {
    for (int round = 0; round < 200; ++round) {
      std::atomic<bool> in_call{true};
      bool was_inside = false;
      auto spawned = spawn(note_if_inside(in_call, std::this_thread::get_id(), was_inside));
      in_call.store(false);
      co_await spawned;
      EXPECT_FALSE(was_inside);
    }
  }());
}

TEST_P(spawn_alone_test, nothing_runs_before_the_spawner_suspends) {
  run([]() -> task<void> {
    trace log;
    const auto spawned = spawn(add_word(log, "ran"));
    co_await give(1);
    EXPECT_EQ(log, "");
    EXPECT_FALSE(spawned.done());
    co_await settled();
    EXPECT_EQ(log, "ran");
    EXPECT_TRUE(spawned.done());
  }());
}

TEST_P(spawn_order_test, tasks_begin_in_the_order_in_which_they_were_spawned) {  // S42
  run([]() -> task<void> {
    trace log;
    for (const char* const word : {"a", "b", "c", "d", "e"}) {
      spawn(add_word(log, word));
    }
    co_await yield();
    EXPECT_EQ(log, "a b c d e");
  }());
}

TEST_P(spawn_test, every_task_runs_once_also_if_nobody_holds_it) {
  run([]() -> task<void> {
    std::atomic<int> runs{0};
    const int count = scaled(2'000);
    for (int index = 0; index < count; ++index) {
      spawn([](std::atomic<int>& runs) -> task<void> {
        co_await yield();
        runs.fetch_add(1);
      }(runs));
    }
    co_await settled();
    EXPECT_EQ(runs.load(), count);
    EXPECT_EQ(this_task::scheduler().statistics().tasks_alive, 1U);
  }());
}

TEST_P(spawn_test, spawn_call_keeps_the_arguments_in_the_coroutine) {
  run([]() -> task<void> {
    auto spawned = spawn_call(&give<std::string>, std::string(100, 'x'));
    const std::string text = co_await std::move(spawned);
    EXPECT_EQ(text, std::string(100, 'x'));
  }());
}

TEST(spawn_outside_test, without_a_runtime_it_throws_and_destroys_the_body) {
  trace log;
  const auto body = [](noisy) -> task<void> { co_return; };
  EXPECT_THROW(spawn(body(noisy(log, "destroyed"))), std::logic_error);
  EXPECT_EQ(log, "destroyed");
}

// -- Results ------------------------------------------------------------------------------------

/// Counts its copies.
struct counted {
  counted() = default;
  counted(const counted& other) : text(other.text), copies(other.copies + 1) {}
  counted(counted&& other) noexcept = default;
  counted& operator=(const counted&) = delete;
  counted& operator=(counted&&) = delete;
  std::string text = std::string(50, 'x');
  int copies = 0;
};

TEST_P(spawn_test, awaiting_gives_values_references_and_nothing) {
  run([]() -> task<void> {
    int target = 3;
    const int number = co_await spawn(give(7));
    EXPECT_EQ(number, 7);
    int& same = co_await spawn(give<int&>(target));
    EXPECT_EQ(&same, &target);
    trace log;
    co_await spawn(add_word(log, "ran"));
    EXPECT_EQ(log, "ran");
  }());
}

TEST_P(spawn_test, the_only_holder_moves_the_result_out) {
  run([]() -> task<void> {
    auto spawned = spawn(give(counted()));
    co_await until_done(spawned);
    const counted result = co_await std::move(spawned);
    EXPECT_EQ(result.copies, 0);
    const std::unique_ptr<int> owner = co_await spawn(give(std::make_unique<int>(5)));
    EXPECT_EQ(*owner, 5);
  }());
}

TEST_P(spawn_test, while_others_hold_the_task_its_result_stays_where_it_is) {
  run([]() -> task<void> {
    const auto kept = spawn(give(counted()));
    const counted& first = co_await kept;
    const counted& second = co_await kept;
    EXPECT_EQ(&first, &second);
    EXPECT_EQ(first.copies, 0);
    auto copy_of_handle = kept;
    const counted taken = co_await std::move(copy_of_handle);
    EXPECT_EQ(taken.copies, 1);
    EXPECT_EQ(kept.result().text, std::string(50, 'x'));
  }());
}

/// Its second move, from the frame into the record, throws.
struct moved_once {
  moved_once() = default;
  moved_once(moved_once&& other) : moves(other.moves + 1) {
    if (moves == 2) {
      throw std::length_error("moved twice");
    }
  }
  moved_once& operator=(moved_once&&) = delete;
  int moves = 0;
};

TEST_P(spawn_test, a_result_that_cannot_be_kept_becomes_an_exception_of_the_task) {  // B48
  run([]() -> task<void> {
    auto spawned = spawn([]() -> task<moved_once> { co_return moved_once(); }());
    const std::string end = co_await end_of(spawned);
    EXPECT_EQ(end, "moved twice");
  }());
}

TEST_P(spawn_test, every_joiner_gets_the_value_early_or_late) {
  run([]() -> task<void> {
    event gate;
    const auto shared = spawn(number_after(gate, 5));
    std::vector<join_handle<int>> joiners;
    for (int index = 0; index < 10; ++index) {
      joiners.push_back(spawn([](join_handle<int> shared, int index) -> task<int> {
        co_return co_await shared* index;
      }(shared, index)));
    }
    co_await settled();
    gate.set();
    int sum = 0;
    for (const join_handle<int>& joiner : joiners) {
      sum += co_await joiner;
    }
    EXPECT_EQ(sum, 5 * 45);
    const int late = co_await shared;
    EXPECT_EQ(late, 5);
  }());
}

TEST_P(spawn_order_test, joiners_continue_in_the_order_in_which_they_came) {  // S43
  run([]() -> task<void> {
    trace log;
    event gate;
    const auto shared = spawn(number_after(gate, 0));
    for (const char* const word : {"a", "b", "c"}) {
      spawn([](join_handle<int> shared, trace& log, std::string word) -> task<void> {
        co_await shared;
        log.add(word);
      }(shared, log, word));
    }
    co_await settled();
    gate.set();
    co_await settled();
    EXPECT_EQ(log, "a b c");
  }());
}

TEST_P(spawn_test, every_joiner_gets_the_exception) {
  run([]() -> task<void> {
    const auto failing = spawn(fail("boom"));
    auto first = spawn(end_of(failing));
    auto second = spawn(end_of(failing));
    const std::string early = co_await first;
    EXPECT_EQ(early, "boom");
    const std::string other = co_await second;
    EXPECT_EQ(other, "boom");
    const std::string late = co_await end_of(failing);
    EXPECT_EQ(late, "boom");
    EXPECT_FALSE(failing.cancelled());
  }());
}

TEST_P(spawn_test, the_frame_dies_at_the_end_of_the_task_not_with_the_handle) {  // S57
  run([]() -> task<void> {
    trace log;
    auto spawned = spawn([](noisy, trace& log) -> task<noisy> {
      const noisy local(log, "local");
      co_await yield();
      co_return noisy(log, "result");
    }(noisy(log, "argument"), log));
    co_await spawned;
    EXPECT_EQ(log, "local argument");
    spawned = {};
    co_await settled();
    EXPECT_EQ(log, "local argument result");
  }());
}

// -- Asking without awaiting ----------------------------------------------------------------------

template <class F>
std::string what_is_thrown(F&& function) {
  try {
    function();
    return "nothing";
  } catch (const invalid_state_error& error) {
    return std::string("invalid state: ") + error.what();
  } catch (const cancelled_error&) {
    return "cancelled";
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST_P(spawn_test, a_result_cannot_be_asked_for_before_the_end) {  // S25
  run([]() -> task<void> {
    event gate;
    const auto pending = spawn(number_after(gate, 1));
    EXPECT_EQ(what_is_thrown([&] { return pending.result(); }),
              "invalid state: Result is not set.");
    EXPECT_EQ(what_is_thrown([&] { return pending.exception(); }),
              "invalid state: Exception is not set.");
    EXPECT_FALSE(pending.done());
    EXPECT_FALSE(pending.cancelled());
    gate.set();
    co_await pending;
    EXPECT_EQ(pending.result(), 1);
    EXPECT_EQ(pending.exception(), nullptr);
  }());
}

TEST_P(spawn_test, the_end_of_a_failed_and_of_a_cancelled_task_can_be_asked_for) {  // S46
  run([]() -> task<void> {
    const auto failed = spawn(fail("boom"));
    co_await until_done(failed);
    EXPECT_EQ(describe(failed.exception()), "std::runtime_error: boom");
    EXPECT_EQ(what_is_thrown([&] { return failed.result(); }), "boom");
    event never_set;
    const auto cancelled = spawn(number_after(never_set, 1));
    cancelled.cancel();
    co_await until_done(cancelled);
    EXPECT_TRUE(cancelled.cancelled());
    EXPECT_EQ(what_is_thrown([&] { return cancelled.exception(); }), "cancelled");
    EXPECT_EQ(what_is_thrown([&] { return cancelled.result(); }), "cancelled");
  }());
}

// -- Handles ------------------------------------------------------------------------------------

TEST_P(spawn_test, dropping_the_handle_neither_cancels_nor_delays_the_task) {  // S55
  run([]() -> task<void> {
    trace log;
    event gate;
    {
      const auto dropped = spawn([](event& gate, trace& log) -> task<void> {
        co_await gate.wait();
        log.add(this_task::cancelling() == 0 ? "went on" : "was cancelled");
      }(gate, log));
      co_await settled();
    }
    co_await settled();
    EXPECT_EQ(log, "");
    gate.set();
    co_await settled();
    EXPECT_EQ(log, "went on");
  }());
}

TEST_P(spawn_test, handles_are_copies_of_one_hold) {
  run([]() -> task<void> {
    event gate;
    join_handle<int> first;
    EXPECT_FALSE(first);
    first = spawn(number_after(gate, 3), "shared");
    const auto second = first;
    first = {};
    EXPECT_FALSE(first);
    EXPECT_TRUE(second);
    EXPECT_EQ(second.name(), "shared");
    gate.set();
    const int number = co_await second;
    EXPECT_EQ(number, 3);
  }());
}

TEST_P(spawn_test, a_handle_outlives_the_runtime_with_its_result) {
  const auto handle = run([]() -> task<join_handle<std::string>> {
    auto spawned = spawn(give(std::string(100, 'x')), "long gone");
    co_await spawned;
    co_return spawned;
  }());
  EXPECT_TRUE(handle.done());
  EXPECT_EQ(handle.name(), "long gone");
  EXPECT_EQ(handle.result(), std::string(100, 'x'));
  EXPECT_FALSE(handle.cancel());
}

TEST_P(spawn_test, a_task_that_is_left_behind_is_cancelled_and_its_handle_knows) {
  const auto handle = run([]() -> task<join_handle<void>> {
    auto sleeper = spawn([]() -> task<void> { co_await sleep(24h); }());
    co_await settled();
    co_return sleeper;
  }());
  EXPECT_TRUE(handle.cancelled());
  EXPECT_EQ(handle.cancelling(), 1U);
}

// -- Names --------------------------------------------------------------------------------------

unsigned long number_of(const std::string& name) {
  return name.rfind("Task-", 0) == 0 ? std::stoul(name.substr(5)) : 0;
}

TEST_P(spawn_test, tasks_without_a_name_are_numbered_those_with_one_are_not) {  // S52
  run([]() -> task<void> {
    const auto first = spawn(give(0));
    const auto named = spawn(give(0), std::string("a name of more than sixteen letters"));
    const auto second = spawn(give(0));
    EXPECT_GT(number_of(first.name()), 0U);
    EXPECT_EQ(number_of(second.name()), number_of(first.name()) + 1);
    EXPECT_EQ(named.name(), "a name of more than sixteen letters");
    co_await settled();
    EXPECT_EQ(named.name(), "a name of more than sixteen letters");
  }());
}

// -- Exceptions that nobody asks for ------------------------------------------------------------

constexpr const char* one_report =
    "Task exception was never retrieved|careless|std::runtime_error: boom\n";

TEST_P(spawn_test, an_exception_that_nobody_fetched_is_reported_once_with_the_tasks_name) {  // S179
  expect_failures();
  run([]() -> task<void> {
    spawn(fail("boom"), "careless");
    co_await settled();
  }());
  EXPECT_EQ(failures().text(), one_report);
}

TEST_P(spawn_test, it_is_reported_when_the_last_handle_goes_and_not_before) {
  expect_failures();
  run([](testing::failure_log& failures) -> task<void> {
    auto first = spawn(fail("boom"), "careless");
    auto second = first;
    co_await until_done(first);
    co_await settled();
    first = {};
    EXPECT_EQ(failures.text(), "");
    second = {};
    EXPECT_EQ(failures.text(), one_report);
  }(failures()));
  EXPECT_EQ(failures().text(), one_report);
}

TEST_P(spawn_test, it_is_reported_to_its_own_runtime_also_after_that_has_ended) {
  expect_failures();
  auto handle = run([]() -> task<join_handle<void>> {
    auto spawned = spawn(fail("boom"), "careless");
    co_await until_done(spawned);
    co_return spawned;
  }());
  EXPECT_EQ(failures().text(), "");
  handle = {};
  EXPECT_EQ(failures().text(), one_report);
}

TEST_P(spawn_test, whoever_fetches_the_exception_in_any_way_silences_the_report) {  // S75
  run([]() -> task<void> {
    std::vector<join_handle<void>> failed;
    for (int index = 0; index < 5; ++index) {
      failed.push_back(spawn(fail("boom")));
    }
    const std::string end = co_await end_of(failed[0]);
    EXPECT_EQ(end, "boom");
    co_await settled();
    EXPECT_NE(failed[1].exception(), nullptr);
    EXPECT_THROW(failed[2].result(), std::runtime_error);
    EXPECT_FALSE(failed[3].cancel());
    failed[4].record().mark_retrieved();
  }());
}

TEST_P(spawn_test, a_cancelled_task_is_not_reported) {
  run([]() -> task<void> {
    event never_set;
    {
      const auto cancelled = spawn(number_after(never_set, 1));
      co_await settled();
      cancelled.cancel();
    }
    spawn([]() -> task<void> {
      co_await yield();
      throw cancelled_error("made up");
    }());
    co_await settled();
  }());
}

TEST_P(spawn_test, a_cancelled_joiner_asks_the_task_to_end_and_fetches_what_comes) {  // S64
  run([]() -> task<void> {
    auto stubborn = spawn([]() -> task<void> {
      try {
        co_await sleep(24h);
      } catch (const cancelled_error&) {
      }
      throw std::runtime_error("boom");
    }());
    co_await settled();
    const auto joiner = spawn(end_of(stubborn));
    co_await settled();
    EXPECT_FALSE(joiner.done());
    joiner.cancel();
    const std::string end = co_await joiner;
    EXPECT_EQ(end, "boom");
    EXPECT_EQ(stubborn.cancelling(), 1U);
  }());
}

// -- Ends ---------------------------------------------------------------------------------------

TEST_P(spawn_alone_test, a_task_cancelled_before_its_first_step_never_runs) {  // S68
  run([]() -> task<void> {
    trace log;
    auto unstarted = spawn([](trace& log, noisy) -> task<void> {
      log.add("ran");
      co_return;
    }(log, noisy(log, "argument")));
    EXPECT_TRUE(unstarted.cancel("early"));
    EXPECT_TRUE(unstarted.cancel("again"));
    EXPECT_FALSE(unstarted.done());
    EXPECT_EQ(log, "");
    const std::string end = co_await end_of(unstarted);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(unstarted.cancelled());
    EXPECT_EQ(unstarted.cancelling(), 2U);
    EXPECT_EQ(log, "argument");
  }());
}

TEST_P(spawn_test, a_task_that_is_done_refuses_to_be_cancelled) {  // S75
  run([]() -> task<void> {
    const auto done = spawn(give(3));
    co_await done;
    EXPECT_FALSE(done.cancel());
    EXPECT_EQ(done.cancelling(), 0U);
    EXPECT_FALSE(done.cancelled());
    EXPECT_EQ(done.result(), 3);
  }());
}

TEST_P(spawn_test, a_task_that_awaits_itself_is_told_so_and_goes_on) {  // S49
  run([]() -> task<void> {
    join_handle<std::string> self;
    event known;
    self = spawn(
        [](join_handle<std::string>& self, event& known) -> task<std::string> {
          co_await known.wait();
          std::string told;
          try {
            co_await self;
          } catch (const std::runtime_error& error) {
            told = error.what();
          }
          co_await yield();
          co_return told;
        }(self, known),
        "selfish");
    known.set();
    const std::string told = co_await self;
    EXPECT_EQ(told, "Task cannot await on itself: selfish");
  }());
}

TEST_P(spawn_test, a_task_that_an_error_of_cancellation_leaves_is_cancelled_whoever_threw_it) {
  run([]() -> task<void> {  // S46
    const auto made_up = spawn([]() -> task<int> {
      co_await yield();
      throw cancelled_error("made up");
    }());
    const std::string end = co_await end_of(made_up);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(made_up.cancelled());
    EXPECT_EQ(made_up.cancelling(), 0U);
  }());
}

// -- Threads ------------------------------------------------------------------------------------

task<int> yield_and_give(int turns, int number) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  co_return number;
}

TEST_P(spawn_race_test, joiners_of_a_task_that_is_just_ending_all_get_its_value) {  // B25
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      auto ending = spawn(yield_and_give(round % 4, round));
      auto first =
          spawn([](join_handle<int> ending) -> task<int> { co_return co_await ending; }(ending));
      auto second = spawn([](join_handle<int> ending, int turns) -> task<int> {
        co_await yield_and_give(turns, 0);
        co_return co_await std::move(ending);
      }(ending, round % 3));
      const int own = co_await std::move(ending);
      const int of_first = co_await std::move(first);
      const int of_second = co_await std::move(second);
      EXPECT_EQ(own + of_first + of_second, 3 * round);
    }
  }());
}

TEST_P(spawn_threads_test, any_thread_may_spawn_and_its_handle_is_awaited_as_any_other) {
  run([]() -> task<void> {
    const int count = scaled(500);
    auto handles = co_await to_thread(
        [](scheduler* home, int count) {
          std::vector<join_handle<int>> handles;
          for (int index = 0; index < count; ++index) {
            handles.push_back(spawn_on(*home, yield_and_give(index % 3, index)));
          }
          return handles;
        },
        &this_task::scheduler(), count);
    int sum = 0;
    for (join_handle<int>& handle : handles) {
      sum += co_await std::move(handle);
    }
    EXPECT_EQ(sum, count * (count - 1) / 2);
  }());
}

TEST_P(spawn_threads_test, a_task_of_one_pool_is_awaited_in_another) {
  run([](runtime_kind kind) -> task<void> {
    for (int round = 0; round < scaled(50); ++round) {
      const auto here = spawn(yield_and_give(round * 3, round));
      const int seen = co_await to_thread(
          [](runtime_kind kind, join_handle<int> other) {
            return run_in(
                kind, [](join_handle<int> other) -> task<int> { co_return co_await other; }(other));
          },
          kind, here);
      EXPECT_EQ(seen, round);
    }
  }(GetParam()));
}

TEST_P(spawn_race_test, the_last_handle_may_be_dropped_anywhere_while_the_task_ends) {
  expect_failures();
  const int rounds = scaled(3'000);
  run([](int rounds) -> task<void> {
    for (int round = 0; round < rounds; ++round) {
      auto failing = spawn(fail("boom"), "careless");
      spawn([](join_handle<void> dropped, int turns) -> task<void> {
        co_await yield_and_give(turns, 0);
        dropped = {};
      }(std::move(failing), round % 4));
    }
    co_await settled();
  }(rounds));
  EXPECT_EQ(failures().all().size(), static_cast<std::size_t>(rounds));
}

}  // namespace
}  // namespace jackdaw
