// run_in_executor(): a call that blocks begins in a thread now, and is awaited later, or never.
#pragma once

#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <concepts>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// A call whose result goes into a future.
template <class F, class... Args>
class executor_job final : public typed_blocking_job<F, Args...> {
 public:
  using result_type = typename typed_blocking_job<F, Args...>::result_type;
  using state_type = future_state<result_type>;

  executor_job(scheduler& home, F function, std::tuple<Args...> arguments, state_type& future)
      : typed_blocking_job<F, Args...>(home, std::move(function), std::move(arguments)),
        future_(future) {}

 private:
  // S197: a call that has not begun is taken back with its future.
  [[nodiscard]] bool wanted() const noexcept override { return !future_->done(); }
  void ended() noexcept override {
    outcome<result_type>& result = this->result();
    // The future may be cancelled meanwhile: what the call returned is dropped then.
    if (result.has_exception()) {
      static_cast<void>(future_->set_exception(result.exception()));
    } else if (!result.empty()) {
      set_value(result);
    }
  }
  void set_value(outcome<result_type>& result) noexcept {
    try {
      if constexpr (std::is_void_v<result_type>) {
        static_cast<void>(future_->set_value());
      } else {
        static_cast<void>(future_->set_value(result.take_value()));
      }
    } catch (...) {
      static_cast<void>(future_->set_exception(std::current_exception()));
    }
  }

  counted_reference<state_type> future_;
};

/// Calls `function(args...)` in a thread of the scheduler's blocking pool, from now on. See below.
template <class F, class... Args>
future<std::invoke_result_t<F, Args...>> run_in_executor_of(scheduler& home, F function,
                                                            Args... args) {
  using job_type = executor_job<F, Args...>;
  future<typename job_type::result_type> result(home);
  auto* const job = new job_type(home, std::move(function), std::tuple<Args...>(std::move(args)...),
                                 result.state());
  const auto held = counted_reference<blocking_job>::adopt(*job);
  home.blocking().submit(*job);
  return result;
}

/// Calls `function(args...)` in a thread of the blocking pool.
///
/// The call is submitted by this function, not by awaiting its result. to_thread() begins where it is
/// awaited, and gives the function a copy of the caller's context; this does not.
///
/// Suspends      No. The result arrives in a later turn of the loop, whether it is awaited or not.
/// Threads       In a task or callback. The function runs on another thread: what it shares needs protection.
/// Lifetime      Function and arguments are moved or copied into the job. The end of a run waits for it.
/// Errors        The future has what the function throws. std::runtime_error after the shutdown of the
///               executor.
/// Cancellation  Cancelling the future takes a call back that has not begun; one that has goes on to its
///               end, and its result is dropped.
/// Cost          Two allocations, two thread switches. The pool is bounded, as with to_thread().
/// Source        asyncio: loop.run_in_executor(None, function, *args).
template <class F, class... Args>
  requires std::invocable<F, Args...>
auto run_in_executor(F function, Args... args) {
  return run_in_executor_of(current_scheduler(), std::move(function), std::move(args)...);
}

}  // namespace jackdaw
