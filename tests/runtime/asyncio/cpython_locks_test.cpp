// tests/runtime/asyncio/cpython_locks_test.cpp
//
// Goal: locks, events, conditions and semaphores do what CPython's tests of them ask for, where the tests of sync/
// and the conformance cases lock_*, event_*, condition_* and semaphore_* do not say so already. Method: the same
// situations, turn by turn, on the asyncio loop.
#include "program.hpp"
#include <jackdaw/runtime/awaitable.hpp>

#include <array>
#include <functional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

// `await lock` and `with await lock` do not compile.
static_assert(!awaitable<lock> && !awaitable<lock&>);
static_assert(!awaitable<event&> && !awaitable<condition&> && !awaitable<barrier&>);
static_assert(!awaitable<semaphore&> && !awaitable<bounded_semaphore&>);

template <class Primitive>
task<void> acquire_and_say(Primitive* primitive, std::vector<int>* order, int name) {
  co_await primitive->acquire();
  order->push_back(name);
}

using names = std::vector<int>;

// -- Scopes -------------------------------------------------------------------------------------------

// `async with primitive`: locked inside, and while it waits; free before and after.
template <class Scope, class Locked>
task<void> expect_locked_inside(Scope enter, Locked locked) {
  EXPECT_FALSE(locked());
  {
    auto entering = enter();
    const auto held = co_await std::move(entering);
    EXPECT_TRUE(locked());
    co_await asyncio::sleep(1ms);
    EXPECT_TRUE(locked());
  }
  EXPECT_FALSE(locked());
}

TEST(cpython_locks_test, every_primitive_is_held_in_its_scope_and_nowhere_else) {
  run_program([]() -> task<void> {
    lock one;
    auto enter_lock = [&] { return one.scoped_lock(); };
    auto lock_held = [&] { return one.locked(); };
    co_await expect_locked_inside(enter_lock, lock_held);
    condition changed;
    auto enter_condition = [&] { return changed.scoped_lock(); };
    auto condition_held = [&] { return changed.locked(); };
    co_await expect_locked_inside(enter_condition, condition_held);
    semaphore permits(1);
    auto enter_semaphore = [&] { return permits.scoped_acquire(); };
    auto semaphore_held = [&] { return permits.locked(); };
    co_await expect_locked_inside(enter_semaphore, semaphore_held);
    bounded_semaphore bounded(1);
    auto enter_bounded = [&] { return bounded.scoped_acquire(); };
    auto bounded_held = [&] { return bounded.locked(); };
    co_await expect_locked_inside(enter_bounded, bounded_held);
  }());
}

// -- Lock ---------------------------------------------------------------------------------------------

TEST(cpython_locks_test, each_release_lets_the_next_waiter_in_one_turn_later) {
  run_program([]() -> task<void> {
    lock one;
    names order;
    co_await one.acquire();
    const auto first = create_task(acquire_and_say(&one, &order, 1));
    const auto second = create_task(acquire_and_say(&one, &order, 2));
    co_await turns(1);
    EXPECT_EQ(order, names());
    one.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    const auto third = create_task(acquire_and_say(&one, &order, 3));
    one.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1, 2}));
    one.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1, 2, 3}));
    EXPECT_TRUE(first.done() && second.done() && third.done());
  }());
}

// -- Event --------------------------------------------------------------------------------------------

task<void> wait_and_say(event* gate, names* order, int name) {
  co_await gate->wait();
  order->push_back(name);
}

TEST(cpython_locks_test, who_comes_to_a_set_event_does_not_wait_for_those_it_woke) {
  run_program([]() -> task<void> {
    event gate;
    EXPECT_FALSE(gate.is_set());
    names order;
    const auto first = create_task(wait_and_say(&gate, &order, 1));
    const auto second = create_task(wait_and_say(&gate, &order, 2));
    co_await turns(1);
    EXPECT_EQ(order, names());
    const auto third = create_task(wait_and_say(&gate, &order, 3));
    gate.set();
    co_await turns(1);
    EXPECT_EQ(order, names({3, 1, 2}));
    EXPECT_TRUE(first.done() && second.done() && third.done());
  }());
}

TEST(cpython_locks_test, an_event_set_cleared_and_set_again_wakes_its_waiter_once) {
  run_program([]() -> task<void> {
    event gate;
    names order;
    const auto waiting = create_task(wait_and_say(&gate, &order, 1));
    co_await turns(1);
    gate.set();
    EXPECT_TRUE(gate.is_set());
    gate.clear();
    EXPECT_FALSE(gate.is_set());
    gate.set();
    gate.set();
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    EXPECT_TRUE(waiting.done());
  }());
}

task<void> wait_for_it(event* gate) { co_await gate->wait(); }

TEST(cpython_locks_test, a_waiter_that_a_callback_cancels_leaves_the_event) {
  run_program([]() -> task<void> {
    event gate;
    const auto waiting = create_task(wait_for_it(&gate));
    get_running_loop().call_soon([waiting] { waiting.cancel(); });
    const std::string end = co_await end_of(waiting);
    EXPECT_EQ(end, "cancelled");
    gate.set();  // Would wake it, were it still there.
    co_await turns(1);
    EXPECT_TRUE(gate.is_set());
  }());
}

// -- Condition ----------------------------------------------------------------------------------------

task<void> wait_with_lock(condition* changed, names* order, int name) {
  co_await changed->acquire();
  co_await changed->wait();
  order->push_back(name);
}

task<void> wait_in_scope(condition* changed, names* order, int name) {
  const auto held = co_await changed->scoped_lock();
  co_await changed->wait();
  order->push_back(name);
}

TEST(cpython_locks_test, notified_waiters_go_on_one_by_one_as_the_lock_is_released) {
  run_program([]() -> task<void> {
    condition changed;
    names order;
    std::vector<join_handle<void>> waiting;
    for (const int name : {1, 2, 3}) {
      waiting.push_back(create_task(wait_with_lock(&changed, &order, name)));
    }
    co_await turns(1);
    EXPECT_EQ(order, names());
    EXPECT_FALSE(changed.locked());
    co_await changed.acquire();
    changed.notify();
    co_await turns(1);
    EXPECT_EQ(order, names());
    EXPECT_TRUE(changed.locked());
    changed.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    EXPECT_TRUE(changed.locked());
    changed.notify(2);
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    EXPECT_TRUE(changed.locked());
    changed.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1, 2}));
    EXPECT_TRUE(changed.locked());
    changed.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1, 2, 3}));
    EXPECT_TRUE(changed.locked());
    for (const auto& each : waiting) {
      EXPECT_TRUE(each.done());
    }
  }());
}

TEST(cpython_locks_test, one_two_or_all_waiters_of_a_condition_can_be_notified) {
  run_program([]() -> task<void> {
    condition changed;
    names order;
    for (const int name : {1, 2, 3}) {
      create_task(wait_in_scope(&changed, &order, name));
    }
    co_await turns(1);
    EXPECT_EQ(order, names());
    co_await changed.acquire();
    changed.notify(1);
    changed.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    co_await changed.acquire();
    changed.notify(1);
    changed.notify(2048);
    changed.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1, 2, 3}));
    order.clear();
    for (const int name : {1, 2}) {
      create_task(wait_in_scope(&changed, &order, name));
    }
    co_await turns(1);
    co_await changed.acquire();
    changed.notify_all();
    changed.release();
    co_await turns(1);
    EXPECT_EQ(order, names({1, 2}));
  }());
}

TEST(cpython_locks_test, what_needs_the_lock_of_a_condition_is_refused_without) {
  run_program([]() -> task<void> {
    condition changed;
    EXPECT_EQ(thrown_by([&] { changed.notify(); }), "cannot notify on un-acquired lock");
    EXPECT_EQ(thrown_by([&] { changed.notify_all(); }), "cannot notify on un-acquired lock");
    const std::string waited = co_await end_of(changed.wait());
    EXPECT_EQ(waited, "cannot wait on un-acquired lock");
    auto true_at_once = changed.wait_for([] { return true; });
    const std::string true_one = co_await end_of(std::move(true_at_once));
    EXPECT_EQ(true_one, "value");
    auto never_true = changed.wait_for([] { return false; });
    const std::string false_one = co_await end_of(std::move(never_true));
    EXPECT_EQ(false_one, "cannot wait on un-acquired lock");
  }());
}

TEST(cpython_locks_test, a_predicate_is_waited_for_across_notifications) {
  run_program([]() -> task<void> {
    condition changed;
    bool result = false;
    names order;
    const auto wait_for_result = [](condition* own, const bool* wanted, names* log) -> task<void> {
      const auto held = co_await own->scoped_lock();
      auto waiting = own->wait_for([wanted] { return *wanted; });
      co_await std::move(waiting);
      log->push_back(1);
    };
    const auto waiting = create_task(wait_for_result(&changed, &result, &order));
    co_await turns(1);
    EXPECT_EQ(order, names());
    for (const bool now_true : {false, true}) {
      result = now_true;
      co_await changed.acquire();
      changed.notify();
      changed.release();
      co_await turns(1);
      EXPECT_EQ(order, now_true ? names({1}) : names());
    }
    EXPECT_TRUE(waiting.done());
  }());
}

task<void> wait_holding(condition* changed) { co_await changed->wait(); }

TEST(cpython_locks_test, a_cancelled_wait_for_a_condition_has_its_lock_again) {
  run_program([]() -> task<void> {
    condition changed;
    co_await changed.acquire();
    const auto waiting = create_task(wait_holding(&changed));
    get_running_loop().call_soon([waiting] { waiting.cancel(); });
    const std::string end = co_await end_of(waiting);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(changed.locked());
    changed.notify_all();  // Nobody is left.
    co_await turns(1);
    EXPECT_TRUE(changed.locked());
  }());
}

TEST(cpython_locks_test,
     a_notified_wait_that_is_cancelled_has_its_lock_again_though_others_want_it) {
  run_program([]() -> task<void> {
    condition changed;
    co_await changed.acquire();
    const auto waiting = create_task(wait_holding(&changed));
    co_await turns(1);
    EXPECT_FALSE(changed.locked());
    co_await changed.acquire();
    changed.notify();
    get_running_loop().call_soon([waiting] { waiting.cancel(); });
    get_running_loop().call_soon([&changed] { changed.release(); });
    co_await end_of(waiting);
    EXPECT_TRUE(changed.locked());
  }());
}

TEST(cpython_locks_test, a_cancellation_while_it_takes_the_lock_again_comes_when_it_has_it) {
  run_program([]() -> task<void> {
    condition changed;
    names order;
    const auto waiting = create_task(wait_in_scope(&changed, &order, 1));
    co_await turns(1);
    co_await changed.acquire();
    changed.notify();
    co_await turns(1);
    waiting.cancel();
    co_await turns(1);
    EXPECT_FALSE(waiting.done());
    changed.release();
    co_await turns(1);
    EXPECT_TRUE(waiting.cancelled());
    EXPECT_EQ(order, names());
    EXPECT_FALSE(changed.locked());
  }());
}

// What a condition throws is what arrives at who awaits the task: the same object.
task<void> throw_again(condition* changed, const bool* wake, std::exception_ptr* raised) {
  const auto held = co_await changed->scoped_lock();
  try {
    auto waiting = changed->wait_for([wake] { return *wake; });
    co_await std::move(waiting);
  } catch (const cancelled_error&) {
    *raised = std::current_exception();
  }
  EXPECT_NE(*raised, nullptr);
  std::rethrow_exception(*raised);
}

TEST(cpython_locks_test, the_error_of_a_cancelled_wait_is_passed_on_unmodified) {
  run_program([]() -> task<void> {
    for (const bool while_it_takes_the_lock : {false, true}) {
      condition changed;
      bool wake = false;
      std::exception_ptr raised;
      const auto waiting = create_task(throw_again(&changed, &wake, &raised));
      co_await turns(1);
      if (while_it_takes_the_lock) {
        co_await changed.acquire();
        wake = true;
        changed.notify();
        co_await turns(1);
      }
      waiting.cancel("foo");
      if (while_it_takes_the_lock) {
        changed.release();
      }
      std::exception_ptr arrived;
      try {
        co_await waiting;
      } catch (...) {
        arrived = std::current_exception();
      }
      EXPECT_EQ(text_of(arrived), "cancelled: foo");
      EXPECT_EQ(arrived, raised);
    }
  }());
}

TEST(cpython_locks_test, a_condition_and_its_lock_are_locked_together) {
  run_program([]() -> task<void> {
    lock given;
    condition changed(given);
    {
      const auto held = co_await changed.scoped_lock();
      EXPECT_TRUE(given.locked());
      EXPECT_TRUE(changed.locked());
    }
    EXPECT_FALSE(given.locked());
    EXPECT_FALSE(changed.locked());
    {
      const auto held = co_await given.scoped_lock();
      EXPECT_TRUE(given.locked());
      EXPECT_TRUE(changed.locked());
    }
    EXPECT_FALSE(given.locked());
    EXPECT_FALSE(changed.locked());
  }());
}

TEST(cpython_locks_test, a_wait_for_a_condition_may_run_out_of_time) {
  run_program([]() -> task<void> {
    condition changed;
    const auto held = co_await changed.scoped_lock();
    const std::string end = co_await end_of(wait_for(changed.wait(), 500ms));
    EXPECT_EQ(end, "timeout");
    EXPECT_TRUE(changed.locked());
  }());
}

task<void> consume(condition* changed, int* state) {
  const auto held = co_await changed->scoped_lock();
  while (true) {
    auto waiting = changed->wait_for([state] { return *state != 0; });
    co_await std::move(waiting);
    if (*state < 0) {
      co_return;
    }
    --*state;
  }
}

TEST(cpython_locks_test, a_notification_that_met_a_cancellation_is_passed_on) {
  run_program([]() -> task<void> {
    for (const bool while_it_takes_the_lock : {false, true}) {
      condition changed;
      int state = 0;
      const auto first = create_task(consume(&changed, &state));
      const auto second = create_task(consume(&changed, &state));
      co_await turns(1);
      {
        const auto held = co_await changed.scoped_lock();
        ++state;
        changed.notify(1);
        if (while_it_takes_the_lock) {
          co_await turns(1);
        }
        first.cancel();
        auto consumed = changed.wait_for([&state] { return state == 0; });
        co_await end_of(asyncio::timeout(10ms, std::move(consumed)));
        EXPECT_EQ(state, 0);
        state = -1;
        changed.notify_all();
      }
      co_await second;
    }
  }());
}

// -- Semaphore ----------------------------------------------------------------------------------------

TEST(cpython_locks_test, a_semaphore_may_begin_without_permits) {
  EXPECT_TRUE(semaphore(0).locked());
  run_program([]() -> task<void> {
    semaphore one(1);
    co_await one.acquire();
    EXPECT_TRUE(one.locked());
    one.release();
    EXPECT_FALSE(one.locked());
  }());
}

TEST(cpython_locks_test, permits_given_back_go_to_as_many_of_those_who_race_for_them) {
  run_program([]() -> task<void> {
    semaphore permits(3);
    names order;
    co_await permits.acquire();
    co_await permits.acquire();
    EXPECT_FALSE(permits.locked());
    std::vector<join_handle<void>> racing;
    const auto first = create_task(acquire_and_say(&permits, &order, 1));
    for (const int name : {2, 3}) {
      racing.push_back(create_task(acquire_and_say(&permits, &order, name)));
    }
    co_await turns(1);
    EXPECT_EQ(order, names({1}));
    EXPECT_TRUE(permits.locked());
    EXPECT_EQ(permits.available(), 0U);
    racing.push_back(create_task(acquire_and_say(&permits, &order, 4)));
    permits.release();
    permits.release();
    EXPECT_EQ(permits.available(), 0U);
    co_await turns(1);
    EXPECT_EQ(order.size(), 3U);
    EXPECT_TRUE(permits.locked());
    EXPECT_EQ(permits.available(), 0U);
    EXPECT_TRUE(first.done());
    permits.release();
    auto all = gather(racing);
    co_await std::move(all);
    EXPECT_EQ(order.size(), 4U);
  }());
}

task<void> acquire(semaphore* permits) { co_await permits->acquire(); }

TEST(cpython_locks_test, a_permit_passes_by_waiters_that_were_cancelled_before) {
  run_program([]() -> task<void> {
    semaphore permits(0);
    std::array<join_handle<void>, 4> waiting;
    for (auto& each : waiting) {
      each = create_task(acquire(&permits));
    }
    co_await turns(1);
    waiting[0].cancel();
    waiting[1].cancel();
    permits.release();
    co_await turns(2);
    EXPECT_TRUE(waiting[2].done());
    EXPECT_FALSE(waiting[2].cancelled());
    EXPECT_FALSE(waiting[3].done());
    waiting[3].cancel();
    co_await turns(1);
    EXPECT_TRUE(permits.locked());
  }());
}

TEST(cpython_locks_test, a_waiter_cancelled_as_its_permit_comes_leaves_it_to_others) {
  run_program([]() -> task<void> {
    semaphore permits(1);
    join_handle<void> second;
    const auto use_and_cancel = [](semaphore* own, join_handle<void>* other) -> task<void> {
      {
        const auto permit = co_await own->scoped_acquire();
        co_await turns(1);
      }
      other->cancel();
    };
    const auto never_inside = [](semaphore* own) -> task<void> {
      const auto permit = co_await own->scoped_acquire();
      ADD_FAILURE() << "the cancelled one has got in";
    };
    const auto first = create_task(use_and_cancel(&permits, &second));
    second = create_task(never_inside(&permits));
    const std::string end_of_first = co_await end_of(first);
    const std::string end_of_second = co_await end_of(second);
    EXPECT_EQ(end_of_first, "value");
    EXPECT_EQ(end_of_second, "cancelled");
    auto acquired = wait_for(acquire(&permits), 1s);
    const std::string end = co_await end_of(std::move(acquired));
    EXPECT_EQ(end, "value");
  }());
}

task<void> use_twice(semaphore* permits, trace* log, std::string name) {
  for (const char* const time : {"1", "2"}) {
    co_await permits->acquire();
    log->add(name + time);
    co_await asyncio::sleep(10ms);
    permits->release();
  }
}

TEST(cpython_locks_test, who_comes_again_stands_behind_those_who_wait) {
  run_program([]() -> task<void> {
    semaphore permits(1);
    trace log;
    const auto body = [&](task_group& group) -> task<void> {
      for (const char* const name : {"a", "b", "c"}) {
        group.create_task(use_twice(&permits, &log, name));
      }
      co_return;
    };
    auto grouped = with_task_group(body);
    co_await std::move(grouped);
    EXPECT_EQ(log, "a1 b1 c1 a2 b2 c2");
  }());
}

TEST(cpython_locks_test, a_permit_that_is_given_back_and_wanted_again_goes_to_the_others_first) {
  run_program([]() -> task<void> {
    semaphore permits(1);
    names order;
    const auto twice = [](semaphore* own, names* log) -> task<void> {
      co_await own->acquire();
      log->push_back(2);
      own->release();
      co_await own->acquire();
      log->push_back(4);
    };
    std::vector<join_handle<void>> all;
    all.push_back(create_task(acquire_and_say(&permits, &order, 1)));
    all.push_back(create_task(twice(&permits, &order)));
    all.push_back(create_task(acquire_and_say(&permits, &order, 3)));
    co_await turns(1);
    permits.release();
    permits.release();
    auto gathered = gather(all);
    co_await std::move(gathered);
    EXPECT_EQ(order, names({1, 2, 3, 4}));
  }());
}

TEST(cpython_locks_test, those_behind_a_cancelled_waiter_keep_their_order) {
  run_program([]() -> task<void> {
    semaphore permits(0);
    names order;
    std::vector<join_handle<void>> all;
    for (const int name : {1, 2, 3}) {
      all.push_back(create_task(acquire_and_say(&permits, &order, name)));
    }
    co_await turns(1);
    all.front().cancel();
    co_await turns(1);
    permits.release();
    permits.release();
    auto gathered = gather(return_exceptions, all);
    co_await std::move(gathered);
    EXPECT_EQ(order, names({2, 3}));
  }());
}

struct contest {
  semaphore permits{0};
  names order;
  join_handle<void> fourth;
};

task<void> say(contest* in, int name) {
  in->order.push_back(name);
  co_return;
}

task<void> first_of(contest* in) {
  EXPECT_EQ(in->permits.available(), 0U);
  co_await in->permits.acquire();
  in->fourth = create_task(say(in, 4));
  in->order.push_back(1);
}

task<void> second_of(contest* in) {
  for (int permit = 0; permit < 3; ++permit) {
    in->permits.release();
  }
  EXPECT_EQ(in->permits.available(), 2U);
  EXPECT_TRUE(in->permits.locked()) << "the first has been woken, and did not run yet";
  co_await in->permits.acquire();
  in->order.push_back(2);
}

TEST(cpython_locks_test, all_who_were_woken_get_in_before_a_task_that_the_first_of_them_makes) {
  run_program([]() -> task<void> {
    contest all_of_us;
    std::vector<join_handle<void>> all;
    all.push_back(create_task(first_of(&all_of_us)));
    all.push_back(create_task(second_of(&all_of_us)));
    all.push_back(create_task(acquire_and_say(&all_of_us.permits, &all_of_us.order, 3)));
    co_await turns(1);
    EXPECT_EQ(all_of_us.permits.available(), 2U);
    co_await turns(1);
    all.push_back(all_of_us.fourth);
    auto gathered = gather(all);
    co_await std::move(gathered);
    EXPECT_EQ(all_of_us.order, names({1, 2, 3, 4}));
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
