// fork_join() of plain functions: no coroutine, no frame, a few instructions if nobody takes the second one.
//
// Waiting for a thief
// -------------------
// A plain function cannot be suspended: if the second function was taken, whoever forked waits on its own stack.
// Meanwhile it does what the thief has forked in turn, which is a part of what it waits for (leapfrogging), and
// when there is nothing of that, it sleeps, and looks again once a millisecond:
//
//   W1, W2   how the two meet: fork_joins.hpp
//   W3       thief_ (relaxed): who took it, a hint where to help
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/fork_joins.hpp>
#include <jackdaw/runtime/fork_stack.hpp>
#include <jackdaw/runtime/outcome.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// The part of a forked call that does not depend on what is called.
class call_fork : public fork {
 public:
  call_fork(const call_fork&) = delete;
  call_fork& operator=(const call_fork&) = delete;

 protected:
  explicit call_fork(run_function run) noexcept : fork(run, nullptr) {}
  ~call_fork() = default;

  /// True if nobody has taken it, and the caller has it back. On the thread that pushed it.
  [[nodiscard]] bool take_back(fork_stack& stack) noexcept {
    if (&stack.top() == this) [[likely]] {
      stack.pop();
      return true;
    }
    return find_and_take_back(stack);
  }
  void wait_for_thief(fork_stack& stack) noexcept;

  /// By the thief: before it begins, and as the last thing it does.
  void begin_taken() noexcept;
  void end_taken() noexcept;

 private:
  [[nodiscard]] bool find_and_take_back(fork_stack& stack) noexcept;
  [[nodiscard]] bool help_thief() noexcept;

  thief_word word_;  // W1, W2
  std::atomic<fork_stack*> thief_{
      nullptr};  // W3: relaxed; a hint where to look for work. Stacks outlive it.
};

template <class F>
class typed_call_fork final : public call_fork {
 public:
  using result = std::invoke_result_t<F&>;

  explicit typed_call_fork(F& function) noexcept
      : call_fork(&typed_call_fork::run_taken), function_(&function) {}
  ~typed_call_fork() {
    // The other function has thrown: what was not begun is given up, what runs is waited for.
    if (stack_ != nullptr && !take_back(*stack_)) {
      wait_for_thief(*stack_);
    }
  }

  void push(fork_stack& stack) noexcept {
    stack_ = &stack;
    stack.push(*this);
  }

  /// Runs it, or waits for whoever does; returns or throws what it did.
  stored_type<result> join() {
    fork_stack& stack = *std::exchange(stack_, nullptr);
    if (take_back(stack)) [[likely]] {
      return call(*function_);
    }
    wait_for_thief(stack);
    outcome_.rethrow_if_exception();
    return outcome_.take_stored();
  }

  static stored_type<result> call(F& function) {
    if constexpr (std::is_void_v<result>) {
      function();
      return {};
    } else if constexpr (std::is_reference_v<result>) {
      return std::addressof(function());
    } else {
      return function();
    }
  }

 private:
  static void run_taken(work& self) {
    auto& taken = static_cast<typed_call_fork&>(self);
    taken.begin_taken();
    try {
      taken.outcome_.set_value(call(*taken.function_));
    } catch (...) {
      taken.outcome_.set_exception(std::current_exception());
    }
    taken.end_taken();
  }

  F* function_;
  fork_stack* stack_ = nullptr;
  outcome<stored_type<result>> outcome_;
};

/// Calls two plain functions, at the same time if another worker has nothing better to do:
/// `auto [a, b] = fork_join([&] { return left(); }, [&] { return right(); });`.
///
/// Calls `first` on this thread, then `second`, unless a worker has taken it meanwhile; then waits for that. Made
/// for recursion: a call costs a few nanoseconds. Outside of a pool it is two calls.
///
/// Suspends      Never: it blocks the worker until both have returned. A worker inside of it looks after its
///               I/O, for others to run, but runs no tasks itself; where all workers compute for long, fork_join()
///               of tasks keeps the latency of others low, and this does not.
/// Threads       Anywhere. `second` may run on any worker, where there is no current task.
/// Lifetime      Both have ended before it returns or throws: they may refer to locals of the caller.
/// Errors        What `first` throws; else what `second` throws. If `first` throws, `second` is not begun.
/// Cancellation  None inside: it is not a suspension.
/// Cost          docs/decisions/0015-fork-join.md. No allocation.
/// Source        join() of rayon, fork and join of java.util.concurrent. Results: a tuple (void: `nothing`).
template <std::invocable F, std::invocable G>
auto fork_join(F&& first, G&& second) {
  using left = typed_call_fork<std::remove_reference_t<F>>;
  using right = typed_call_fork<std::remove_reference_t<G>>;
  using results =
      std::tuple<stored_type<typename left::result>, stored_type<typename right::result>>;
  fork_stack* const stack = current_context().forks;
  if (stack == nullptr) {
    auto value = left::call(first);
    return results(std::move(value), right::call(second));
  }
  right forked(second);
  forked.push(*stack);
  if (stack->tick()) [[unlikely]] {
    stack->host().serve_outside();
  }
  auto value = left::call(first);
  return results(std::move(value), forked.join());
}

}  // namespace jackdaw
