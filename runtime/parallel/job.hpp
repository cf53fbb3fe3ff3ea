// A call into the arena that a task awaits.
//
// Nothing is freed early
// ----------------------
// The call works on what belongs to the awaiting task, so the wait ends when the call has ended, and not
// before: a cancellation is a request to the call (cancel_hook), which stops after the slices that run now.
// One exception: a call that no thread has begun is taken back, since the threads may be busy for long.
//
//   queued ──► running ──► (ended)      by the thread that begins it    B1
//      └─────► taken_back               by the canceller                B1
//
// The end and the suspension meet in `halves_`: the call may end before the task is suspended. Whoever comes
// second wakes the task (H1), and nothing else does, so the task is there to be woken.
#pragma once

#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/parallel/execution.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw::parallel {

/// See "Nothing is freed early". Begins in a thread of the blocking pool.
class job : public blocking_job {
 public:
  explicit job(scheduler& home);

  bool await_suspend(std::coroutine_handle<> awaiting);
  /// Throws if the wait was cancelled.
  void finish();

 protected:
  /// Does it, in the arena, and keeps what it returns. May throw.
  virtual void perform(execution& in) = 0;
  virtual void keep_exception(std::exception_ptr error) noexcept = 0;
  /// Destroys what was given to the call.
  virtual void release() noexcept = 0;

 private:
  enum class phase : std::uint8_t { queued, running, taken_back };

  struct hook : cancel_hook {
    explicit hook(job& asked) noexcept : cancel_hook(&job::ask_to_stop), owner(&asked) {}
    job* owner;
  };

  static bool ask_to_stop(cancel_hook& self, std::string_view message) noexcept;
  [[nodiscard]] bool begin() noexcept;
  void call() noexcept override;
  void ended() noexcept override;
  void end_half() noexcept;

  unsigned cores_;
  hook hook_;
  task_record* waiter_ = nullptr;
  std::atomic<phase> phase_{phase::queued};
  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint8_t> halves_{0};
};

template <class F>
class typed_job final : public job {
 public:
  using result_type = std::invoke_result_t<F&, execution&>;

  typed_job(scheduler& home, F function) : job(home), function_(std::move(function)) {}

  /// An exception leaves with the task, whose it is: the last reference to the call may be a thread's.
  void finish() {
    job::finish();
    if (result_.has_exception()) {
      std::rethrow_exception(std::exchange(result_, outcome<result_type>()).exception());
    }
  }
  [[nodiscard]] outcome<result_type>& result() noexcept { return result_; }

 private:
  void perform(execution& in) override {
    if constexpr (std::is_void_v<result_type>) {
      (*function_)(in);
      result_.set_value();
    } else {
      result_.set_value((*function_)(in));
    }
  }
  void keep_exception(std::exception_ptr error) noexcept override {
    result_.set_exception(std::move(error));
  }
  void release() noexcept override { function_.reset(); }

  std::optional<F> function_;
  outcome<result_type> result_;
};

/// Awaits `function(execution&)`, which is called in the arena of this runtime.
template <class F>
auto call_in_arena(F function) {
  using job_type = typed_job<F>;
  return blocking_wait<job_type>(new job_type(current_scheduler(), std::move(function)));
}

}  // namespace jackdaw::parallel
