// tests/runtime/asyncio/cpython_futures_test.cpp
//
// Goal: futures, their done-callbacks and gather() of them do what CPython's tests ask for, where future_test.cpp,
// done_callback_test.cpp, gather_test.cpp and the conformance cases do not say so already. Method: the same
// situations on the asyncio loop; callbacks write numbers.
#include "program.hpp"

#include <array>
#include <map>
#include <string_view>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

using numbers = std::vector<int>;

// Returns a callback that writes its number.
auto writes(numbers* bag, int number) {
  return [=](const future<int>& /*done*/) { bag->push_back(number); };
}

// -- What they are ------------------------------------------------------------------------------------

TEST(cpython_futures_test, one_made_in_a_run_belongs_to_its_loop) {
  event_loop loop;
  const auto made =
      loop.run_until_complete([]() -> task<future<int>> { co_return future<int>(); }());
  EXPECT_EQ(&made.state().home(), &loop);
  EXPECT_FALSE(made.done());
  EXPECT_FALSE(made.cancelled());
  EXPECT_TRUE(made.cancel());
  EXPECT_TRUE(made.cancelled());
}

TEST(cpython_futures_test, a_message_of_a_cancellation_arrives_at_who_runs_the_loop_for_it) {
  event_loop loop;
  const auto one = loop.create_future<int>();
  one.cancel("my message");
  EXPECT_EQ(thrown_by([&] { loop.run_until_complete(one); }), "cancelled: my message");
}

TEST(cpython_futures_test, an_exception_is_kept_as_the_object_that_was_given) {
  event_loop loop;
  const auto one = loop.create_future<int>();
  const auto given = std::make_exception_ptr(std::runtime_error("given"));
  EXPECT_THROW(static_cast<void>(one.exception()), invalid_state_error);
  one.set_exception(given);
  EXPECT_FALSE(one.cancelled());
  EXPECT_TRUE(one.done());
  EXPECT_THROW(static_cast<void>(one.result()), std::runtime_error);
  EXPECT_EQ(one.exception(), given);
  EXPECT_THROW(one.set_result(1), invalid_state_error);
  EXPECT_THROW(one.set_exception(given), invalid_state_error);
  EXPECT_FALSE(one.cancel());
}

TEST(cpython_futures_test, awaited_twice_by_the_same_task_it_gives_the_same_twice) {
  run_program([]() -> task<void> {
    const auto one = get_running_loop().create_future<int>();
    get_running_loop().call_soon([one] { one.set_result(42); });
    const int first = co_await one;
    const int second = co_await one;
    EXPECT_EQ(first, 42);
    EXPECT_EQ(second, 42);
  }());
}

// -- What is reported ---------------------------------------------------------------------------------

TEST(cpython_futures_test, only_an_exception_that_nobody_has_seen_is_reported) {
  for (const bool debug : {false, true}) {
    failure_log failures;
    event_loop loop(reporting_to(failures));
    loop.set_debug(debug);
    static_cast<void>(loop.create_future<int>());
    {
      const auto unseen_result = loop.create_future<int>();
      unseen_result.set_result(42);
    }
    {
      const auto seen_result = loop.create_future<int>();
      seen_result.set_result(42);
      EXPECT_EQ(seen_result.result(), 42);
    }
    {
      const auto cancelled = loop.create_future<int>();
      cancelled.set_exception(std::runtime_error("silenced"));
      cancelled.cancel();
    }
    {
      const auto asked = loop.create_future<int>();
      asked.set_exception(std::runtime_error("seen"));
      EXPECT_NE(asked.exception(), nullptr);
    }
    {
      const auto thrown = loop.create_future<int>();
      thrown.set_exception(std::runtime_error("thrown"));
      EXPECT_THROW(static_cast<void>(thrown.result()), std::runtime_error);
    }
    EXPECT_EQ(failures.text(), "");
    {
      const auto unseen = loop.create_future<int>();
      unseen.set_exception(std::runtime_error("boom"));
    }
    EXPECT_EQ(failures.text(), "Future exception was never retrieved||std::runtime_error: boom\n");
    loop.close();
  }
}

// -- Callbacks ----------------------------------------------------------------------------------------

TEST(cpython_futures_test, callbacks_that_were_removed_are_left_out_wherever_they_stood) {
  struct row {
    std::vector<std::size_t> removed;
    numbers called;
  };
  const std::array<row, 3> table{{{{0, 0}, {17, 100}}, {{0, 1, 0}, {100}}, {{2, 2}, {42, 17}}}};
  for (const row& each : table) {
    event_loop loop;
    numbers bag;
    const auto one = loop.create_future<int>();
    std::vector<done_callback_token> tokens;
    for (const int number : {42, 17, 100}) {
      tokens.push_back(one.add_done_callback(writes(&bag, number)));
    }
    std::map<std::size_t, std::size_t> count;
    for (const std::size_t index : each.removed) {
      count[index] += one.remove_done_callback(tokens[index]);
    }
    for (const auto& [index, times] : count) {
      EXPECT_EQ(times, 1U) << "the second removal finds nothing";
    }
    EXPECT_EQ(bag, numbers());
    one.set_result(1);
    loop.run_until_complete(turns(1));
    EXPECT_EQ(bag, each.called);
    EXPECT_EQ(one.result(), 1);
  }
}

TEST(cpython_futures_test, callbacks_are_called_for_an_exception_as_well) {
  event_loop loop;
  numbers bag;
  const auto one = loop.create_future<int>();
  one.add_done_callback(writes(&bag, 100));
  EXPECT_EQ(bag, numbers());
  const auto given = std::make_exception_ptr(std::runtime_error("given"));
  one.set_exception(given);
  loop.run_until_complete(turns(1));
  EXPECT_EQ(bag, numbers({100}));
  EXPECT_EQ(one.exception(), given);
}

TEST(cpython_futures_test, a_callback_registered_several_times_is_removed_once_by_each_token) {
  event_loop loop;
  numbers bag;
  const auto one = loop.create_future<int>();
  const auto other = loop.create_future<int>();
  const auto first = writes(&bag, 1);
  const auto second = writes(&bag, 2);
  std::vector<done_callback_token> of_first{one.add_done_callback(first)};
  const auto of_second = one.add_done_callback(second);
  EXPECT_EQ(one.remove_done_callback(of_second), 1U);
  EXPECT_EQ(one.remove_done_callback(of_second), 0U);
  one.add_done_callback(second);
  for (int more = 0; more < 5; ++more) {
    of_first.push_back(one.add_done_callback(first));
  }
  for (const auto& token : of_first) {
    EXPECT_EQ(one.remove_done_callback(token), 1U);
  }
  EXPECT_EQ(bag, numbers());
  one.set_result(1);
  loop.run_until_complete(turns(1));
  EXPECT_EQ(bag, numbers({2}));
}

TEST(cpython_futures_test, a_callback_may_remove_those_that_are_called_with_it) {
  event_loop loop;
  numbers bag;
  const auto one = loop.create_future<int>();
  std::vector<done_callback_token> others;
  one.add_done_callback([&](const future<int>& done) {
    for (const auto& token : others) {
      EXPECT_EQ(done.remove_done_callback(token), 0U) << "they are queued already";
    }
  });
  for (const int number : {1, 2}) {
    others.push_back(one.add_done_callback(writes(&bag, number)));
  }
  one.set_result(1);
  loop.run_until_complete(turns(1));
  EXPECT_EQ(bag, numbers({1, 2}));
}

// -- gather() of futures, and of coroutines that await them -------------------------------------------

task<int> await_it(future<int> awaited) { co_return co_await awaited; }

// A gather of `children`: as they are, or of a coroutine for each.
template <class Check>
task<void> with_gathered(bool coroutines, bool keep_exceptions, Check check) {
  std::vector<future<int>> children;
  for (int count = 0; count < 6; ++count) {
    children.emplace_back();
  }
  if (!coroutines) {
    if (keep_exceptions) {
      co_await check(gather(return_exceptions, children), children);
    } else {
      co_await check(gather(children), children);
    }
    co_return;
  }
  std::vector<task<int>> awaiting;
  awaiting.reserve(children.size());
  for (const future<int>& child : children) {
    awaiting.push_back(await_it(child));
  }
  if (keep_exceptions) {
    co_await check(gather(return_exceptions, std::move(awaiting)), children);
  } else {
    co_await check(gather(std::move(awaiting)), children);
  }
}

constexpr int enough_turns = 5;

// Ends what a check has left.
void end_all(const std::vector<future<int>>& children) {
  for (const future<int>& child : children) {
    child.cancel();
  }
}

// "1 what cancelled": values, texts of exceptions.
template <class Elements>
std::string text_of_all(const Elements& elements) {
  std::string text;
  for (const auto& each : elements) {
    if constexpr (requires { each.has_exception(); }) {
      text += each.has_exception() ? text_of(each.exception()) : std::to_string(each.value());
    } else {
      text += std::to_string(each);
    }
    text += ' ';
  }
  return text;
}

struct checks_success {
  template <class Gathered>
  task<void> operator()(Gathered gathered, std::vector<future<int>> children) const {
    int called = 0;
    gathered.add_done_callback([&called](const auto& /*done*/) { ++called; });
    for (const std::size_t index : {1U, 0U, 3U, 4U, 5U}) {
      children[index].set_result(static_cast<int>(index));
    }
    co_await turns(enough_turns);
    EXPECT_EQ(called, 0);
    EXPECT_FALSE(gathered.done());
    children[2].set_result(2);
    co_await turns(enough_turns);
    EXPECT_EQ(called, 1);
    EXPECT_EQ(text_of_all(gathered.result()), "0 1 2 3 4 5 ");
  }
};

TEST(cpython_gather_test, results_come_in_the_order_of_the_arguments_after_the_last_end) {
  for (const bool coroutines : {false, true}) {
    run_program(with_gathered(coroutines, false, checks_success()));
    run_program(with_gathered(coroutines, true, checks_success()));
  }
}

struct checks_one_exception {
  template <class Gathered>
  task<void> operator()(Gathered gathered, std::vector<future<int>> children) const {
    int called = 0;
    gathered.add_done_callback([&called](const auto& /*done*/) { ++called; });
    const auto given = std::make_exception_ptr(std::runtime_error("first"));
    children[0].set_result(1);
    children[1].set_exception(given);
    co_await turns(enough_turns);
    EXPECT_TRUE(gathered.done());
    EXPECT_EQ(called, 1);
    EXPECT_EQ(gathered.exception(), given);
    children[2].set_result(3);
    children[3].cancel();
    children[4].set_exception(std::runtime_error("nobody's business"));
    co_await turns(enough_turns);
    EXPECT_EQ(called, 1);
    end_all(children);
    co_await turns(enough_turns);
  }
};

TEST(cpython_gather_test, the_first_exception_is_its_own_and_what_comes_later_is_nothing) {
  for (const bool coroutines : {false, true}) {
    run_program(with_gathered(coroutines, false, checks_one_exception()));
  }
}

struct checks_all_outcomes {
  template <class Gathered>
  task<void> operator()(Gathered gathered, std::vector<future<int>> children) const {
    int called = 0;
    gathered.add_done_callback([&called](const auto& /*done*/) { ++called; });
    children[0].set_result(1);
    children[1].set_exception(std::runtime_error("b"));
    children[2].cancel();
    co_await turns(enough_turns);
    EXPECT_FALSE(gathered.done());
    children[3].set_result(3);
    children[4].cancel();
    children[5].set_exception(std::runtime_error("f"));
    co_await turns(enough_turns);
    EXPECT_TRUE(gathered.done());
    EXPECT_EQ(called, 1);
    EXPECT_EQ(text_of_all(gathered.result()), "1 b cancelled:  3 cancelled:  f ");
  }
};

TEST(cpython_gather_test, all_outcomes_can_be_had_cancellations_as_well) {
  for (const bool coroutines : {false, true}) {
    run_program(with_gathered(coroutines, true, checks_all_outcomes()));
  }
}

struct checks_one_cancellation {
  template <class Gathered>
  task<void> operator()(Gathered gathered, std::vector<future<int>> children) const {
    int called = 0;
    gathered.add_done_callback([&called](const auto& /*done*/) { ++called; });
    children[0].set_result(1);
    children[1].cancel();
    co_await turns(enough_turns);
    EXPECT_TRUE(gathered.done());
    EXPECT_EQ(called, 1);
    EXPECT_FALSE(gathered.cancelled());
    EXPECT_EQ(text_of(gathered.exception()), "cancelled");
    children[2].set_result(3);
    children[4].set_exception(std::runtime_error("nobody's business"));
    end_all(children);
    co_await turns(enough_turns);
    EXPECT_EQ(called, 1);
  }
};

TEST(cpython_gather_test, a_cancelled_child_is_an_exception_and_no_cancellation_of_the_gather) {
  run_program(with_gathered(false, false, checks_one_cancellation()));
}

TEST(cpython_gather_test, of_nobody_it_is_done_in_a_run_and_refused_outside) {
  EXPECT_THROW(static_cast<void>(gather(std::vector<future<int>>())), std::logic_error);
  EXPECT_THROW(static_cast<void>(gather(forever(), forever())), std::logic_error);
  event_loop loop;
  loop.run_until_complete([]() -> task<void> {
    const auto nobody = gather(std::vector<future<int>>());
    EXPECT_EQ(&nobody.state().home(), &get_running_loop());
    co_await turns(1);
    EXPECT_TRUE(nobody.done());
    EXPECT_TRUE(nobody.result().empty());
  }());
}

TEST(cpython_gather_test, outside_of_a_run_it_belongs_to_the_loop_of_its_children) {
  event_loop loop;
  std::vector<future<int>> children;
  for (int count = 0; count < 3; ++count) {
    children.push_back(loop.create_future<int>());
  }
  for (int time = 0; time < 2; ++time) {
    const auto gathered = gather(children);
    EXPECT_EQ(&gathered.state().home(), &loop);
    loop.run_until_complete(turns(1));
    EXPECT_FALSE(gathered.done());
  }
  for (const auto& child : children) {
    child.set_result(1);
  }
  loop.run_until_complete(turns(enough_turns));
}

TEST(cpython_gather_test, children_of_two_loops_are_refused) {
  event_loop one;
  event_loop other;
  EXPECT_THROW(static_cast<void>(gather(one.create_future<int>(), other.create_future<int>())),
               std::invalid_argument);
}

task<void> await_and_count(future<void> waiter, int* proof) {
  co_await waiter;
  *proof += 1;
}

using gathered_children = decltype(gather(std::declval<std::vector<join_handle<void>>>()));

struct broadcast {
  std::vector<join_handle<void>> children;
  gathered_children gathered;
  int proof = 0;
};

task<void> gather_and_count(broadcast* in) {
  in->gathered = gather(in->children);
  co_await in->gathered;
  in->proof += 100;
}

TEST(cpython_gather_test, cancelling_who_awaits_it_cancels_all_children) {
  run_program([]() -> task<void> {
    const auto waiter = get_running_loop().create_future<void>();
    broadcast all;
    for (int child = 0; child < 2; ++child) {
      all.children.push_back(create_task(await_and_count(waiter, &all.proof)));
    }
    const auto outer = create_task(gather_and_count(&all));
    co_await turns(1);
    EXPECT_TRUE(outer.cancel());
    const std::string end = co_await end_of(outer);
    EXPECT_EQ(end, "cancelled");
    EXPECT_FALSE(all.gathered.cancel());
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_TRUE(all.children[0].cancelled());
    EXPECT_TRUE(all.children[1].cancelled());
    co_await turns(1);
    EXPECT_EQ(all.proof, 0);
  }());
}

task<void> await_and_fail(future<void> waiter) {
  co_await waiter;
  throw std::runtime_error("seen by the gather");
}

task<void> gather_two_failing(future<void> first, future<void> second) {
  auto both = gather(await_and_fail(first), await_and_fail(second));
  co_await std::move(both);
}

TEST(cpython_gather_test, exceptions_after_the_first_count_as_seen) {
  run_program([]() -> task<void> {
    const auto first = get_running_loop().create_future<void>();
    const auto second = get_running_loop().create_future<void>();
    const auto outer = create_task(gather_two_failing(first, second));
    co_await turns(1);
    for (const auto& each : {first, second}) {
      each.set_result();
      co_await turns(3);
    }
    EXPECT_EQ(text_of(outer.exception()), "seen by the gather");
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
