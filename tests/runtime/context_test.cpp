// tests/runtime/context_test.cpp
//
// Goal: context variables (runtime/context.hpp) belong to what runs: a task, a callback, a thread; who
// copies the context of whom, and when (S191-S194, S173). Method: tasks and callbacks note what they see;
// where contexts are shared by workers, many of them set and look at once. What is set outside of a runtime
// is set in a context or a thread of the test's own, so that no test sees another's values.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::parallel_kinds;
using testing::run_in;
using testing::scaled;
using testing::settled;

const context_var<int> number("number", 0);
const context_var<int> other_number("other number", 0);
const context_var<std::string> text("text");

// --- Variables, tokens and contexts, without a runtime ---

// Runs `body` in an empty context.
template <class F>
void in_new_context(F&& body) {
  context().run(std::forward<F>(body));
}

TEST(context_var_test, get_gives_the_value_then_what_the_caller_says_then_the_default) {
  in_new_context([] {
    EXPECT_EQ(number.get(), 0);
    EXPECT_EQ(number.get(7), 7);
    number.set(1);
    EXPECT_EQ(number.get(), 1);
    EXPECT_EQ(number.get(7), 1);
    EXPECT_EQ(other_number.get(), 0);
  });
}

TEST(context_var_test, get_without_any_value_throws_and_names_the_variable) {
  in_new_context([] {
    EXPECT_EQ(text.get("mine"), "mine");
    try {
      static_cast<void>(text.get());
      FAIL() << "no exception";
    } catch (const lookup_error& error) {
      EXPECT_NE(std::string(error.what()).find("'text'"), std::string::npos);
    }
  });
}

TEST(context_var_test, variables_of_the_same_name_are_different_ones) {
  in_new_context([] {
    const context_var<int> one("same");
    const context_var<int> two("same");
    one.set(1);
    EXPECT_EQ(two.get(2), 2);
    EXPECT_EQ(one.name(), two.name());
  });
}

TEST(context_var_test, a_variable_in_the_place_of_one_that_is_gone_finds_nothing_of_it) {
  in_new_context([] {
    std::optional<context_var<int>> reused(std::in_place, "first");
    reused->set(1);
    reused.emplace("second");
    EXPECT_EQ(reused->get(2), 2);
  });
}

TEST(context_var_test, hundreds_of_variables_are_all_found_and_all_taken_back) {
  in_new_context([] {
    std::deque<context_var<int>> many;
    std::vector<context_token<int>> tokens;
    constexpr int count = 300;
    for (int index = 0; index < count; ++index) {
      many.emplace_back("one of many");
    }
    const auto scrambled = [](int index) { return static_cast<std::size_t>(index * 7 % count); };
    for (int index = 0; index < count; ++index) {
      tokens.push_back(many[scrambled(index)].set(index));
    }
    EXPECT_EQ(copy_context().size(), count);
    for (int index = 0; index < count; ++index) {
      EXPECT_EQ(many[scrambled(index)].get(), index);
    }
    for (int index = 0; index < count; ++index) {
      many[scrambled(index)].reset(tokens[static_cast<std::size_t>(index)]);
      EXPECT_EQ(copy_context().size(), count - index - 1);
    }
  });
}

TEST(context_var_test, a_value_goes_with_the_last_context_that_has_it) {
  const context_var<std::shared_ptr<int>> shared("shared");
  const auto value = std::make_shared<int>(1);
  {
    const context first;
    first.run([&] { shared.set(value); });
    const context second = first.copy();
    first.run([&] { shared.set(nullptr); });
    EXPECT_EQ(value.use_count(), 2);
    EXPECT_EQ(second.at(shared), value);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(context_token_test, reset_gives_back_what_was_before_also_if_that_was_nothing) {
  in_new_context([] {
    auto first = text.set("first");
    auto second = text.set("second");
    EXPECT_EQ(first.old_value(), std::nullopt);
    EXPECT_EQ(second.old_value(), "first");
    EXPECT_EQ(&second.variable(), &text);
    text.reset(second);
    EXPECT_EQ(text.get(), "first");
    text.reset(first);
    EXPECT_THROW(static_cast<void>(text.get()), lookup_error);
    EXPECT_EQ(copy_context().size(), 0U);
  });
}

TEST(context_token_test, tokens_may_be_used_in_any_order) {
  in_new_context([] {
    auto first = number.set(1);
    auto second = number.set(2);
    number.reset(first);
    EXPECT_EQ(number.get(), 0);
    number.reset(second);
    EXPECT_EQ(number.get(), 1);
  });
}

TEST(context_token_test, a_token_is_good_for_one_reset) {
  in_new_context([] {
    auto token = number.set(1);
    number.reset(token);
    number.set(2);
    EXPECT_THROW(number.reset(token), std::runtime_error);
    EXPECT_EQ(number.get(), 2);
    auto moved = number.set(3);
    auto target = std::move(moved);
    EXPECT_THROW(number.reset(moved), std::runtime_error);  // NOLINT(bugprone-use-after-move)
    number.reset(target);
    EXPECT_EQ(number.get(), 2);
  });
}

TEST(context_token_test, a_token_of_another_variable_or_context_is_refused_and_stays_good) {
  in_new_context([] {
    auto token = number.set(1);
    EXPECT_THROW(other_number.reset(token), std::invalid_argument);
    const context copy = copy_context();
    copy.run([&] { EXPECT_THROW(number.reset(token), std::invalid_argument); });
    in_new_context([&] { EXPECT_THROW(number.reset(token), std::invalid_argument); });
    EXPECT_EQ(number.get(), 1);
    number.reset(token);
    EXPECT_EQ(number.get(), 0);
    EXPECT_EQ(copy.at(number), 1);
  });
}

TEST(context_test, a_copy_and_its_original_do_not_see_each_others_changes) {
  in_new_context([] {
    number.set(1);
    const context copy = copy_context();
    number.set(2);
    copy.run([] { other_number.set(3); });
    EXPECT_EQ(copy.at(number), 1);
    EXPECT_EQ(number.get(), 2);
    EXPECT_EQ(other_number.get(), 0);
  });
}

TEST(context_test, two_objects_may_be_the_same_context) {
  const context one;
  const context same = one;  // NOLINT(performance-unnecessary-copy-initialization)
  one.run([] { number.set(1); });
  EXPECT_EQ(same.at(number), 1);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, one.copy());
}

TEST(context_test, it_tells_what_is_set_in_it_and_no_defaults) {
  const context one;
  EXPECT_EQ(one.size(), 0U);
  EXPECT_FALSE(one.contains(number));
  EXPECT_EQ(one.get(number), std::nullopt);
  EXPECT_THROW(static_cast<void>(one.at(number)), lookup_error);
  one.run([] { number.set(1); });
  EXPECT_EQ(one.size(), 1U);
  EXPECT_TRUE(one.contains(number));
  EXPECT_EQ(one.get(number), 1);
  EXPECT_FALSE(one.contains(other_number));
}

TEST(context_test, run_gives_back_what_the_function_returns_or_throws_and_leaves_the_context) {
  in_new_context([] {
    const context one;
    EXPECT_EQ(one.run([](int a, int b) { return a + b + number.get(); }, 1, 2), 3);
    EXPECT_THROW(one.run([] {
      number.set(1);
      throw std::runtime_error("boom");
    }),
                 std::runtime_error);
    EXPECT_EQ(number.get(), 0);
    EXPECT_EQ(one.at(number), 1);
  });
}

TEST(context_test, contexts_nest_but_none_is_entered_twice) {
  const context outer;
  const context inner;
  outer.run([&] {
    number.set(1);
    inner.run([&] {
      EXPECT_EQ(number.get(), 0);
      EXPECT_THROW(outer.run([] {}), std::runtime_error);
      EXPECT_THROW(inner.run([] {}), std::runtime_error);
      number.set(2);
    });
    EXPECT_EQ(number.get(), 1);
  });
  inner.run([] { EXPECT_EQ(number.get(), 2); });
}

TEST(context_test, a_thread_begins_with_the_empty_context_and_keeps_its_own) {
  std::thread([] {
    number.set(1);
    std::thread([] {
      EXPECT_EQ(number.get(), 0);
      number.set(2);
    }).join();
    EXPECT_EQ(number.get(), 1);
  }).join();
}

// --- Tasks, over every runtime ---

class task_context_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_context_test, all_kinds());

task<int> get_number() { co_return number.get(); }

task<int> set_and_get_later(int value, event& gate) {
  number.set(value);
  co_await gate.wait();
  co_return number.get();
}

TEST_P(task_context_test, a_task_copies_the_context_of_its_spawner_when_it_is_spawned) {  // S192
  run([]() -> task<void> {
    number.set(1);
    const auto first = spawn(get_number());
    number.set(2);
    const auto second = spawn(get_number());
    number.set(3);
    EXPECT_EQ(co_await first, 1);
    EXPECT_EQ(co_await second, 2);
  }());
}

TEST_P(task_context_test, what_a_task_sets_stays_in_it_in_all_its_steps) {  // S192
  run([]() -> task<void> {
    event gate;
    number.set(1);
    const auto first = spawn(set_and_get_later(2, gate));
    const auto second = spawn(set_and_get_later(3, gate));
    co_await settled();
    EXPECT_EQ(number.get(), 1);
    number.set(4);
    gate.set();
    EXPECT_EQ(co_await first, 2);
    EXPECT_EQ(co_await second, 3);
    EXPECT_EQ(number.get(), 4);
  }());
}

task<void> set_number(int value) {
  co_await yield();
  number.set(value);
}

TEST_P(task_context_test, an_awaited_coroutine_shares_the_context) {  // S192
  run([]() -> task<void> {
    co_await set_number(1);
    EXPECT_EQ(number.get(), 1);
    EXPECT_EQ(co_await get_number(), 1);
    co_await timeout(1h, set_number(2));  // S95
    EXPECT_EQ(number.get(), 2);
  }());
}

TEST_P(task_context_test, gathered_coroutines_have_a_copy_each) {
  run([]() -> task<void> {
    number.set(1);
    co_await gather(set_number(2), set_number(3));
    EXPECT_EQ(number.get(), 1);
  }());
}

TEST_P(task_context_test, a_task_may_run_in_a_given_context_itself) {  // S192
  run([]() -> task<void> {
    number.set(1);
    const context given = copy_context();
    co_await spawn(set_number(2), "in the context", given);
    EXPECT_EQ(number.get(), 1);
    EXPECT_EQ(given.at(number), 2);
    EXPECT_EQ(co_await spawn(get_number(), "in given", given), 2);
    EXPECT_EQ(co_await spawn(get_number(), "in a new one", context()), 0);
  }());
}

TEST_P(task_context_test, tasks_in_one_context_see_what_the_others_set) {
  run([]() -> task<void> {
    const context shared;
    event gate;
    const auto waits = spawn(set_and_get_later(1, gate), "in shared", shared);
    co_await settled();
    co_await spawn(set_number(2), "in shared", shared);
    gate.set();
    EXPECT_EQ(co_await waits, 2);
  }());
}

task<void> refuse_to_enter(context own) {
  EXPECT_THROW(own.run([] {}), std::runtime_error);
  const context another;
  another.run([&] { EXPECT_THROW(own.run([] {}), std::runtime_error); });
  co_return;
}

TEST_P(task_context_test, a_task_does_not_enter_the_context_in_which_it_runs) {
  run([]() -> task<void> {
    const context given;
    co_await spawn(refuse_to_enter(given), "in given", given);
  }());
}

TEST_P(task_context_test,
       a_task_that_is_spawned_inside_of_run_copies_the_context_that_was_entered) {
  run([]() -> task<void> {
    const context entered;
    auto inside = entered.run([] {
      number.set(1);
      return spawn(get_number());
    });
    EXPECT_EQ(number.get(), 0);
    EXPECT_EQ(co_await inside, 1);
  }());
}

task<int> exchange_number(int value) {
  const int before = number.get();
  number.set(value);
  co_return before;
}

TEST_P(task_context_test, a_task_that_starts_inside_of_spawn_has_its_own_copy_already) {  // S60
  run([]() -> task<void> {
    const auto spawn_eagerly = [](int value) {
      return spawn(exchange_number(value), task_options{.name = "eager", .eager_start = true});
    };
    number.set(1);
    const auto eager = spawn_eagerly(2);
    EXPECT_EQ(number.get(), 1);
    EXPECT_EQ(co_await eager, 1);
    const context entered;
    const auto inside = entered.run([&] {
      number.set(3);
      auto spawned = spawn_eagerly(4);
      EXPECT_EQ(number.get(), 3);
      return spawned;
    });
    EXPECT_EQ(co_await inside, 3);
    EXPECT_EQ(number.get(), 1);
  }());
}

TEST_P(task_context_test, a_handle_gives_the_context_of_its_task) {  // asyncio: Task.get_context()
  run([]() -> task<void> {
    const auto ended = spawn(set_number(1));
    co_await ended;
    EXPECT_EQ(ended.get_context().at(number), 1);
    const context given;
    const auto in_given = spawn(get_number(), "in given", given);
    co_await in_given;
    EXPECT_EQ(in_given.get_context(), given);
  }());
}

task<void> reset_in_vain(context_token<int>& token) {
  EXPECT_THROW(number.reset(token), std::invalid_argument);
  number.set(5);
  EXPECT_THROW(number.reset(token), std::invalid_argument);
  co_return;
}

TEST_P(task_context_test, a_token_is_of_no_use_in_a_task_that_has_a_copy) {
  run([]() -> task<void> {
    auto token = number.set(1);
    co_await spawn(reset_in_vain(token));
    co_await set_number(2);
    number.reset(token);
    EXPECT_EQ(number.get(), 0);
  }());
}

task<void> note_at_the_end(int& seen) {
  number.set(1);
  event never;
  try {
    co_await never.wait();
  } catch (const cancelled_error&) {
    seen = number.get();
    throw;
  }
}

TEST_P(task_context_test, the_cleanup_of_a_cancelled_task_runs_in_its_context) {
  run([]() -> task<void> {
    int seen = -1;
    auto task = spawn(note_at_the_end(seen));
    co_await settled();
    number.set(2);
    task.cancel();
    co_await settled();
    EXPECT_TRUE(task.cancelled());
    EXPECT_EQ(seen, 1);
  }());
}

TEST_P(task_context_test,
       the_main_task_copies_the_context_of_the_caller_who_has_his_back_after_it) {
  const context caller;
  caller.run([&] {
    number.set(1);
    run([]() -> task<void> {
      EXPECT_EQ(number.get(), 1);
      number.set(2);
      EXPECT_EQ(co_await spawn(get_number()), 2);
    }());
    EXPECT_EQ(number.get(), 1);
    other_number.set(3);
  });
  EXPECT_EQ(caller.at(other_number), 3);
}

task<void> wait_for(event& gate) { co_await gate.wait(); }

TEST_P(task_context_test, a_task_that_changes_nothing_needs_no_block_for_its_context) {
  run([]() -> task<void> {
    event gate;
    const auto blocks_of_a_task = [](event& awaited) {
      const auto before = live_frames();
      spawn(wait_for(awaited));
      return live_frames() - before;
    };
    const auto without_variables = blocks_of_a_task(gate);
    number.set(1);
    const auto with_variables = blocks_of_a_task(gate);
    EXPECT_EQ(without_variables, with_variables);
    gate.set();
    co_await settled();
  }());
}

task<void> fail_with_number(int value) {
  number.set(value);
  co_await yield();
  throw std::runtime_error("boom");
}

TEST_P(task_context_test, the_failure_handler_is_called_in_the_context_of_the_task) {  // S173
  std::atomic<int> seen{-1};
  testing::run_options options;
  options.on_failure = [&seen](const failure&) { seen = number.get(); };
  run_in(
      GetParam(),
      []() -> task<void> {
        number.set(1);
        spawn(fail_with_number(2));
        co_await settled();
      }(),
      options);
  EXPECT_EQ(seen, 2);
}

// --- Callbacks and threads ---

TEST_P(task_context_test,
       a_done_callback_runs_in_a_copy_made_when_it_was_registered) {  // S191, S29
  run([]() -> task<void> {
    future<int> source;
    std::atomic<int> first{-1};
    std::atomic<int> second{-1};
    number.set(1);
    source.add_done_callback([&](const future<int>&) {
      first = number.get();
      number.set(10);
    });
    number.set(2);
    source.add_done_callback([&](const future<int>&) { second = number.get(); });
    number.set(3);
    source.set_result(0);
    co_await settled();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 2);
    EXPECT_EQ(number.get(), 3);
    source.add_done_callback([&](const future<int>&) { first = number.get(); });
    number.set(4);
    co_await settled();
    EXPECT_EQ(first, 3);
  }());
}

TEST_P(task_context_test, a_done_callback_may_run_in_a_given_context_itself) {
  run([]() -> task<void> {
    const context given;
    const auto change = [](const join_handle<int>&) { number.set(number.get() + 1); };
    const auto task = spawn(get_number());
    task.add_done_callback(change, given);
    co_await settled();
    task.add_done_callback(change, given);
    co_await settled();
    EXPECT_EQ(given.at(number), 2);
    EXPECT_EQ(number.get(), 0);
  }());
}

TEST_P(task_context_test, to_thread_makes_its_call_in_a_copy_of_the_context) {  // S193
  run([]() -> task<void> {
    number.set(1);
    auto later = to_thread([] { return number.get(); });
    number.set(2);
    EXPECT_EQ(co_await std::move(later), 2);  // asyncio: copied when it is awaited.
    co_await to_thread([] { number.set(3); });
    EXPECT_EQ(number.get(), 2);
    EXPECT_EQ(co_await to_thread([] { return number.get(); }), 2);
  }());
}

class loop_context_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(loop_context_test, std::vector{testing::asyncio_loop()});

TEST_P(loop_context_test, a_callback_runs_in_a_copy_made_when_it_was_registered) {  // S191
  run([]() -> task<void> {
    auto& loop = asyncio::get_running_loop();
    std::vector<int> seen;
    const auto note = [&seen] {
      seen.push_back(number.get());
      number.set(-1);
    };
    number.set(1);
    loop.call_soon(note);
    number.set(2);
    loop.call_later(1s, note);
    number.set(3);
    loop.call_at(loop.time() + 2s, note);
    number.set(4);
    loop.call_soon_threadsafe(note);
    number.set(5);
    co_await sleep(3s);
    EXPECT_EQ(seen, (std::vector{1, 4, 2, 3}));
    EXPECT_EQ(number.get(), 5);
  }());
}

TEST_P(loop_context_test, a_callback_from_another_thread_brings_that_threads_context) {
  run([]() -> task<void> {
    auto& loop = asyncio::get_running_loop();
    int seen = -1;
    number.set(1);
    std::thread([&] {
      number.set(2);
      loop.call_soon_threadsafe([&seen] { seen = number.get(); });
    }).join();
    co_await sleep(1s);  // Virtual: over when nothing is left to run.
    EXPECT_EQ(seen, 2);
  }());
}

TEST_P(loop_context_test, a_callback_may_run_in_a_given_context_itself) {
  run([]() -> task<void> {
    auto& loop = asyncio::get_running_loop();
    const context given;
    const auto count = [] { number.set(number.get() + 1); };
    const asyncio::handle held = loop.call_soon(count, given);
    EXPECT_EQ(held.get_context(), given);
    loop.call_later(1s, count, given);
    loop.call_at(loop.time() + 1s, count, given);
    loop.call_soon_threadsafe(count, given);
    co_await loop.create_task(set_number(0), "in given", given);
    co_await sleep(2s);
    EXPECT_EQ(given.at(number), 2);
    EXPECT_EQ(number.get(), 0);
    const asyncio::handle own = loop.call_soon(count);
    co_await settled();
    EXPECT_EQ(own.get_context().at(number), 1);
  }());
}

TEST_P(loop_context_test, a_callback_that_fails_is_reported_in_its_context) {  // S173
  int seen = -1;
  testing::run_options options;
  options.on_failure = [&seen](const failure&) { seen = number.get(); };
  run_in(
      GetParam(),
      []() -> task<void> {
        asyncio::get_running_loop().call_soon([] {
          number.set(2);
          throw std::runtime_error("boom");
        });
        co_await settled();
      }(),
      options);
  EXPECT_EQ(seen, 2);
}

TEST(loop_close_context_test, a_pending_task_is_reported_in_its_context) {  // S173
  int seen = -1;
  asyncio::loop_options options;
  options.on_failure = [&seen](const failure&) { seen = number.get(); };
  asyncio::event_loop loop(std::move(options));
  event never;
  loop.create_task(set_and_get_later(2, never));
  loop.stop();
  loop.run_forever();
  loop.close();
  EXPECT_EQ(seen, 2);
}

struct notes_its_end {
  explicit notes_its_end(int& place) : seen(&place) {}
  notes_its_end(notes_its_end&& other) noexcept : seen(std::exchange(other.seen, nullptr)) {}
  notes_its_end& operator=(notes_its_end&&) = delete;
  ~notes_its_end() {
    if (seen != nullptr) {
      *seen = number.get();
    }
  }
  void operator()() const {}
  int* seen;
};

TEST(loop_close_context_test, what_a_closed_loop_drops_ends_in_the_context_of_who_closes_it) {
  int seen = -1;
  asyncio::event_loop loop;
  loop.call_soon(notes_its_end(seen));
  in_new_context([&] {
    number.set(1);
    loop.close();
  });
  EXPECT_EQ(seen, 1);
}

// --- Several workers at once ---

class parallel_context_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(parallel_context_test, parallel_kinds());

task<int> keep_own_number(int own, int rounds) {
  int wrong = 0;
  for (int round = 0; round < rounds; ++round) {
    number.set(own + round);
    co_await yield();
    wrong += number.get() == own + round ? 0 : 1;
    const int inherited = co_await spawn(get_number());
    wrong += inherited == own + round ? 0 : 1;
  }
  co_return wrong;
}

TEST_P(parallel_context_test, tasks_that_move_between_workers_keep_their_context) {
  run([]() -> task<void> {
    std::vector<join_handle<int>> tasks;
    for (int index = 0; index < 50; ++index) {
      tasks.push_back(spawn(keep_own_number(index * 1'000'000, scaled(400))));
    }
    for (join_handle<int>& each : tasks) {
      EXPECT_EQ(co_await each, 0);
    }
  }());
}

task<int> count_up(const context_var<int>& own, int rounds) {
  int wrong = 0;
  for (int round = 0; round < rounds; ++round) {
    wrong += own.get(0) == round ? 0 : 1;
    own.set(round + 1);
    if (round % 16 == 0) {
      co_await yield();
    }
  }
  co_return wrong;
}

TEST_P(parallel_context_test, nothing_is_lost_if_many_set_variables_of_one_context_at_once) {
  run([]() -> task<void> {
    const context shared;
    std::deque<context_var<int>> variables;
    std::vector<join_handle<int>> tasks;
    const int rounds = scaled(5'000);
    for (int index = 0; index < 8; ++index) {
      tasks.push_back(
          spawn(count_up(variables.emplace_back("counter"), rounds), "in shared", shared));
    }
    for (join_handle<int>& each : tasks) {
      EXPECT_EQ(co_await each, 0);
    }
    for (const context_var<int>& each : variables) {
      EXPECT_EQ(shared.at(each), rounds);
    }
  }());
}

}  // namespace
}  // namespace jackdaw
