// Threads for calls that block, and to_thread(), which awaits one.
//
// One job, two owners
// -------------------
// A job is owned by the awaiting coroutine and by the pool, by counted references, because a cancelled
// waiter leaves at once while the call cannot be stopped. `waiter` is set while somebody waits; the end
// of the job and the leaving of the waiter both look at it under the job's lock, so a late end never
// wakes a task that waits for something else by now.
#pragma once

#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/work.hpp>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw {

class virtual_world;

/// A call that some thread of the pool makes. See "One job, two owners".
class blocking_job : public work {
 public:
  explicit blocking_job(scheduler& home) noexcept;
  blocking_job(const blocking_job&) = delete;
  blocking_job& operator=(const blocking_job&) = delete;

  /// The call is to be made in a copy of the context of whoever awaits it; else it is made in the thread's.
  void copy_context_of_waiter() noexcept { copies_context_ = true; }
  bool await_suspend(std::coroutine_handle<> awaiting);
  /// Throws if the wait was cancelled, or the pool has been closed.
  void finish();
  void add_reference() noexcept;
  void drop_reference() noexcept;

 protected:
  virtual ~blocking_job();

  [[nodiscard]] scheduler& home() const noexcept { return *home_; }

 private:
  friend class blocking_pool;

  // Whether the call is still to be made.
  [[nodiscard]] virtual bool wanted() const noexcept;
  // The call was made, or was not wanted. On the loop's thread, or that which made the call.
  virtual void ended() noexcept { tell_waiter(); }

  virtual void call() noexcept = 0;
  void call_in_context() noexcept;
  void run_in_thread() noexcept;
  void tell_waiter() noexcept;
  static void end_on_loop(work& self);

  scheduler* home_;
  virtual_world* held_ = nullptr;
  context_slot context_;
  bool copies_context_ = false;
  spin_lock lock_;
  task_record* waiter_ = nullptr;  // Under the lock.
  bool ended_ = false;             // Under the lock.
  std::atomic<bool> abandoned_{false};
  std::atomic<unsigned> references_{1};
};

/// A bounded set of threads, started when there is work for them, which sleep when there is none.
class blocking_pool {
 public:
  blocking_pool() = default;
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;
  /// close().
  ~blocking_pool();

  void set_threads_max(unsigned threads) noexcept { threads_max_ = threads; }
  /// Time must not jump while a job runs.
  void set_world(virtual_world* world) noexcept { world_ = world; }

  /// Queues a job. Throws std::runtime_error after close() or shut_down().
  void submit(blocking_job& job);

  /// Takes no more jobs; those that are queued are still done. False if there never was one.
  bool refuse() noexcept;
  /// refuse(), and calls `ended` when all jobs are done: once, in one of the pool's threads, or at once.
  void shut_down(std::function<void()> ended);

  /// refuse(), waits until all jobs are done, and ends the threads.
  void finish() noexcept;
  /// Waits for the jobs that run, drops those that do not yet, and ends the threads.
  void close() noexcept;

  [[nodiscard]] unsigned threads() const;

 private:
  void serve();
  [[nodiscard]] bool all_is_done() const noexcept { return serving_ == 0 && jobs_.empty(); }
  void tell_end(std::unique_lock<std::mutex>& held);
  void join_threads() noexcept;

  unsigned threads_max_ = 64;
  virtual_world* world_ = nullptr;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  work_list jobs_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  unsigned serving_ = 0;  // Threads that have not left.
  bool refuses_ = false;
  bool closed_ = false;
  std::vector<std::function<void()>> on_end_;
};

template <class F, class... Args>
class typed_blocking_job : public blocking_job {
 public:
  using result_type = std::invoke_result_t<F, Args...>;

  typed_blocking_job(scheduler& home, F function, std::tuple<Args...> arguments)
      : blocking_job(home), function_(std::move(function)), arguments_(std::move(arguments)) {}

  [[nodiscard]] outcome<result_type>& result() noexcept { return result_; }

 private:
  void call() noexcept override {
    try {
      if constexpr (std::is_void_v<result_type>) {
        std::apply(std::move(function_), std::move(arguments_));
        result_.set_value();
      } else {
        result_.set_value(std::apply(std::move(function_), std::move(arguments_)));
      }
    } catch (...) {
      result_.set_exception(std::current_exception());
    }
  }

  F function_;
  std::tuple<Args...> arguments_;
  outcome<result_type> result_;
};

/// The awaitable of to_thread(): owns the waiter's reference.
template <class Job>
class [[nodiscard]] blocking_wait {
 public:
  explicit blocking_wait(Job* job) noexcept : job_(job) {}
  blocking_wait(blocking_wait&& other) noexcept : job_(std::exchange(other.job_, nullptr)) {}
  blocking_wait& operator=(blocking_wait&&) = delete;
  ~blocking_wait() {
    if (job_ != nullptr) {
      job_->drop_reference();
    }
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) { return job_->await_suspend(awaiting); }
  typename Job::result_type await_resume() {
    job_->finish();
    return job_->result().take_value();
  }

 private:
  Job* job_;
};

/// Calls `function(args...)` in a thread of the blocking pool.
///
/// Returns what it returns, and throws what it throws.
///
/// Suspends      Always.
/// Threads       The function runs on another thread: what it shares needs protection. It sees a copy of the
///               context of the task that awaits it.
/// Lifetime      Function and arguments are moved or copied into the job.
/// Cancellation  The waiter leaves at once. A call that has begun runs to its end and its result is
///               dropped; one that has not is not made.
/// Cost          An allocation, two thread switches. The pool is bounded: calls beyond it queue, so
///               blocking calls that wait for each other can deadlock.
/// Source        asyncio.to_thread.
template <class F, class... Args>
auto to_thread(F function, Args... args) {
  using job_type = typed_blocking_job<F, Args...>;
  auto* const job = new job_type(current_scheduler(), std::move(function),
                                 std::tuple<Args...>(std::move(args)...));
  job->copy_context_of_waiter();
  return blocking_wait<job_type>(job);
}

}  // namespace jackdaw
