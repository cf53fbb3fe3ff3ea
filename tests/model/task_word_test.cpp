// tests/model/task_word_test.cpp
//
// Goal: "One suspension, one winner" (task_record.hpp): a wait is ended once, whoever does it; a request to
// cancel is delivered or noted; a hook is not touched after the wait. Method: all executions of a task that
// waits, one that wakes it, and one or two that cancel it, over the real word. request_cancel() follows
// task_record.cpp without its messages and depths.
#include "exploration.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include <jackdaw/runtime/task_word.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <mutex>

namespace jackdaw::model {
namespace {

template <class Memory>
struct waiting_task {
  using word_of = basic_task_word<Memory>;

  typename word_of::word_type state{0};
  typename Memory::template atomic<int> scheduled{0};
  doorbell resumed;  // Orders nothing: what the task sees, it sees by its word.
  typename Memory::mutex queue_lock;
  plain<bool> queued{false};
  plain<int> result{0};
  plain<int> reason{0};
  plain<bool> hook{true};

  word_of word() noexcept { return {state, false}; }

  void schedule() {
    check(scheduled.fetch_add(1, std::memory_order_relaxed) == 0, "a wait is ended once");
    resumed.ring();
  }

  // --- The task ---
  /// Suspends once and comes back. True: by a cancellation.
  bool wait(bool hooked) {
    bool suspended = true;
    {
      const std::lock_guard guard(queue_lock);
      queued.set(true);
      const auto begun = word().arm(hooked);
      suspended = begun != word_of::armed::cancelled;
      if (begun == word_of::armed::asks_hook) {
        tell_hook();
      }
    }
    if (suspended) {
      resumed.wait();
      scheduled.store(0, std::memory_order_relaxed);
    }
    const std::uint32_t ended = word().end_phase(word_of::must_cancel);
    if (hooked) {
      hook.end();
    }
    {
      const std::lock_guard guard(queue_lock);
      queued.set(false);
    }
    const bool cancelled = (ended & word_of::phase_mask) == word_of::phase_cancelled;
    if (cancelled || (ended & word_of::must_cancel) != 0) {
      check(reason.get() == 1, "the canceller's reason is there");
      return true;
    }
    check(result.get() == 7, "the waker's result is there");
    return false;
  }

  // --- Others ---
  void wake() {
    result.set(7);
    bool owes = false;
    {
      const std::lock_guard guard(queue_lock);
      owes = queued.get() && word().wake();
    }
    if (owes) {
      schedule();
    }
  }

  // A hook that ends the wait at once, as that of a join.
  void tell_hook() {
    check(hook.get(), "the hook is there");
    if (word().wake()) {
      schedule();
    }
    check(hook.get(), "the hook is still there");
    word().change(word_of::hook_busy, word_of::must_cancel);
  }

  void request_cancel() {
    auto seen = state.load(std::memory_order_acquire);
    while (true) {
      if ((seen & word_of::hook_busy) != 0) {
        Memory::yield();
        seen = state.load(std::memory_order_acquire);
      } else if ((seen & word_of::phase_mask) != word_of::phase_waiting) {
        if (word().try_change(seen, (seen | word_of::must_cancel) + word_of::one_request)) {
          return;
        }
      } else if ((seen & word_of::has_hook) == 0) {
        const auto next = word_of::with_phase(seen, word_of::phase_cancelled);
        if (word().try_change(seen, next + word_of::one_request)) {
          schedule();
          return;
        }
      } else if (word().try_change(seen, (seen | word_of::hook_busy) + word_of::one_request)) {
        tell_hook();
        return;
      }
    }
  }
};

// Whoever comes first ends the wait. If nobody wakes, the cancellation must.
template <class Memory>
void woken_and_cancelled(execution& run, bool hooked, bool woken, unsigned cancellers) {
  waiting_task<Memory> task;
  bool cancelled = false;
  run.thread("task", [&, hooked] { cancelled = task.wait(hooked); });
  if (woken) {
    run.thread("waker", [&] { task.wake(); });
  } else {
    task.result.set(7);
  }
  task.reason.set(1);
  for (unsigned index = 0; index < cancellers; ++index) {
    run.thread("canceller " + std::to_string(index), [&] { task.request_cancel(); });
  }
  run.join();
  using word_of = basic_task_word<Memory>;
  const std::uint32_t word = task.state.load(std::memory_order_relaxed);
  const std::uint32_t phase = word & word_of::phase_mask;
  check(phase == word_of::phase_running || phase == word_of::phase_woken, "the task runs");
  check((word & word_of::hook_busy) == 0, "nobody is in the hook");
  check(word_of::requests_in(word) == cancellers, "every request is counted");
  check(cancellers == 0 || cancelled || (word & word_of::must_cancel) != 0,
        "a request is delivered, or noted");
}

// The reason of a cancellation and the result of a wake-up are seen through the word alone.
template <class Memory>
void the_word_carries(execution& run, bool cancel) {
  waiting_task<Memory> task;
  run.thread("task", [&, cancel] {
    if (task.word().arm(false) != basic_task_word<Memory>::armed::cancelled) {
      task.resumed.wait();
    }
    static_cast<void>(task.word().end_phase(basic_task_word<Memory>::must_cancel));
    check((cancel ? task.reason : task.result).get() == 1, "what was written is there");
  });
  run.thread("other", [&, cancel] {
    if (cancel) {
      task.reason.set(1);
      task.request_cancel();
    } else {
      task.result.set(1);
      while (!task.word().wake()) {
        Memory::yield();
      }
      task.schedule();
    }
  });
  run.join();
}

// A task that was taken over sees what it wrote itself before it waited, as does its waker.
template <class Memory>
void the_waker_sees_what_the_task_wrote(execution& run) {
  waiting_task<Memory> task;
  run.thread("task", [&] {
    task.result.set(3);
    static_cast<void>(task.word().arm(false));
  });
  run.thread("waker", [&] {
    if (task.word().wake()) {
      check(task.result.get() == 3, "what the task wrote before it waited is there");
    }
  });
  run.join();
}

// The end of a task and one that begins to await it: N1 to N4 of future_base.hpp, with a flag for the list.
template <class Memory>
void the_end_and_a_new_watcher(execution& run) {
  using word_of = basic_task_word<Memory>;
  typename word_of::word_type state(0);
  typename Memory::template atomic<int> watchers(0);
  plain<int> result(0);
  bool accepted = false;
  bool told = false;
  run.thread("task", [&] {
    result.set(7);
    word_of(state, false).change(0, word_of::is_done);     // N3
    told = watchers.load(std::memory_order_seq_cst) != 0;  // N4
  });
  run.thread("watcher", [&] {
    watchers.store(1, std::memory_order_seq_cst);                                // N1
    accepted = (state.load(std::memory_order_seq_cst) & word_of::is_done) == 0;  // N2
    check(accepted || result.get() == 7, "what is done has its result");
  });
  run.join();
  check(told || !accepted, "a watcher that was accepted is told");
}

TEST(task_word_model, a_watcher_is_told_or_was_never_accepted) {
  EXPECT_TRUE(always_holds(the_end_and_a_new_watcher<memory>));
}

TEST(task_word_model, a_wait_is_ended_once_by_a_waker_or_a_canceller) {
  EXPECT_TRUE(
      always_holds([](execution& run) { woken_and_cancelled<memory>(run, false, true, 1); }));
  EXPECT_TRUE(
      always_holds([](execution& run) { woken_and_cancelled<memory>(run, false, false, 1); }));
  EXPECT_TRUE(
      always_holds([](execution& run) { woken_and_cancelled<memory>(run, false, false, 2); },
                   {.preemptions = 2}));
}

TEST(task_word_model, a_hook_is_told_while_it_lives_and_not_after) {
  EXPECT_TRUE(always_holds([](execution& run) { woken_and_cancelled<memory>(run, true, true, 1); },
                           {.preemptions = 2}));
  EXPECT_TRUE(
      always_holds([](execution& run) { woken_and_cancelled<memory>(run, true, false, 1); }));
  EXPECT_TRUE(always_holds([](execution& run) { woken_and_cancelled<memory>(run, true, false, 2); },
                           {.preemptions = 1}));
}

TEST(task_word_model, who_takes_a_task_over_sees_what_was_written_before) {
  EXPECT_TRUE(always_holds([](execution& run) { the_word_carries<memory>(run, true); }));
  EXPECT_TRUE(always_holds([](execution& run) { the_word_carries<memory>(run, false); }));
  EXPECT_TRUE(always_holds(the_waker_sees_what_the_task_wrote<memory>));
}

TEST(task_word_model, canary_without_seq_cst_a_watcher_is_accepted_and_not_told) {
  EXPECT_TRUE(fails(the_end_and_a_new_watcher<unordered_memory>, "is told"));
}

TEST(task_word_model, canary_without_orders_nothing_is_carried) {
  EXPECT_TRUE(fails([](execution& run) { the_word_carries<relaxed_memory>(run, true); }, "a race"));
  EXPECT_TRUE(
      fails([](execution& run) { the_word_carries<relaxed_memory>(run, false); }, "a race"));
  EXPECT_TRUE(
      fails([](execution& run) { woken_and_cancelled<relaxed_memory>(run, true, false, 1); }));
}

}  // namespace
}  // namespace jackdaw::model
