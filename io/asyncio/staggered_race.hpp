// staggered_race(): attempts that begin one after another, and the first that succeeds.
//
//   attempt 0 ──┬── delay, or it failed ──► attempt 1 ──┬── delay, or it failed ──► ...
//               └── succeeded: all others are cancelled ─┘
//
// A chain of tasks: each begins the next one before it begins its attempt, and that one waits for the delay or for
// the failure. What belongs to the race is shared by its tasks, for one that is cancelled may end after the race:
// and if its attempt succeeded in that moment, the result is dropped there.
#pragma once

#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/wait.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {

/// What a race ended with.
template <class T>
struct race_outcome {
  std::optional<T> winner;           // None if all failed.
  std::optional<std::size_t> index;  // Of the winner.
  /// Of each attempt that was begun, in order; null for the winner.
  std::vector<std::exception_ptr> exceptions;
};

/// What the tasks of a race share.
template <class Plan, class F>
class staggered_state {
 public:
  using result_type = await_result<std::invoke_result_t<const F&, const Plan&>>;

  staggered_state(jackdaw::asyncio::event_loop& on, std::vector<Plan> all, F function,
                  std::optional<duration> between)
      : loop(&on), plans(std::move(all)), attempt(std::move(function)), delay(between) {}

  void cancel_all_but(std::optional<std::size_t> spared) const {
    for (std::size_t index = 0; index < tasks.size(); ++index) {
      if (index != spared) {
        tasks[index].cancel();
      }
    }
  }
  static void begin_one(const std::shared_ptr<staggered_state>& race,
                        std::shared_ptr<event> previous_failed) {
    race->tasks.push_back(race->loop->create_task(run_one(race, std::move(previous_failed))));
  }

  jackdaw::asyncio::event_loop* loop;
  std::vector<Plan> plans;
  F attempt;
  std::optional<duration> delay;
  std::size_t begun = 0;
  std::vector<join_handle<void>> tasks;
  race_outcome<result_type> outcome;

 private:
  static task<void> run_one(std::shared_ptr<staggered_state> race,
                            std::shared_ptr<event> previous_failed) {
    if (previous_failed != nullptr) {
      auto waiting = wait_for(previous_failed->wait(), race->delay);
      try {
        co_await std::move(waiting);
      } catch (const timeout_error&) {  // It takes long, and may win still.
      }
    }
    if (race->begun == race->plans.size()) {
      co_return;
    }
    const std::size_t index = race->begun++;
    const auto failed = std::make_shared<event>();
    begin_one(race, failed);
    race->outcome.exceptions.emplace_back();
    std::exception_ptr error;
    try {
      auto attempting = race->attempt(std::as_const(race->plans[index]));
      auto result = co_await std::move(attempting);
      if (!race->outcome.index) {
        race->outcome.index = index;
        race->outcome.winner.emplace(std::move(result));
      }
    } catch (...) {
      error = std::current_exception();
    }
    if (is_order_to_end(error)) {
      std::rethrow_exception(error);
    }
    if (error != nullptr) {
      race->outcome.exceptions[index] = error;
      failed->set();
    } else if (race->outcome.index == index) {
      race->cancel_all_but(index);
    }
  }
};

/// Begins `attempt(plan)`, a coroutine, for the plans in order: each when the one before has failed or `delay` has
/// passed; without a delay only when it has failed. The first that succeeds wins, and the others are cancelled.
///
/// Suspends      Until all tasks of the race have ended.
/// Threads       A running event loop's.
/// Lifetime      Plans and function are kept until the last task ends, which may be after a cancelled race.
/// Errors        Those of the attempts are part of the outcome. keyboard_interrupt and system_exit leave.
/// Cancellation  Cancels all attempts, and does not wait for them.
/// Source        asyncio.staggered.staggered_race; RFC 8305. There, two that succeed in one turn fail an assertion;
///               here the second is dropped.
template <class Plan, class F>
task<race_outcome<typename staggered_state<Plan, F>::result_type>> staggered_race(
    std::vector<Plan> plans, F attempt, std::optional<duration> delay) {
  using state = staggered_state<Plan, F>;
  const auto race = std::make_shared<state>(jackdaw::asyncio::get_running_loop(), std::move(plans),
                                            std::move(attempt), delay);
  state::begin_one(race, nullptr);
  std::size_t done = 0;
  try {
    while (done != race->tasks.size()) {
      auto waiting = wait(race->tasks);
      const auto ended = co_await std::move(waiting);
      done = ended.done.size();
      for (const join_handle<void>& each : ended.done) {
        if (!each.cancelled() && each.exception() != nullptr) {
          std::rethrow_exception(each.exception());
        }
      }
    }
  } catch (...) {
    race->cancel_all_but(std::nullopt);
    throw;
  }
  co_return std::move(race->outcome);
}

}  // namespace jackdaw::io::asyncio
