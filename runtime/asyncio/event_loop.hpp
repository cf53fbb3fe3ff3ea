// The event loop: one thread, and CPython's order of events.
//
// One turn
// --------
//   1. cancelled timers at the head of the heap are dropped (or, if most of many are, all of them)
//   2. the driver is asked: without waiting if something is ready or the loop is stopping, otherwise
//      until the first deadline; what it hands over is appended to the ready queue, and after that
//      what other threads have sent
//   3. due timers are appended, in the order of heapq
//   4. exactly what is ready now runs, oldest first; what that makes ready waits for the next turn
//
// Everything observable goes through the ready queue: first steps, wake-ups, completions. Nothing has
// priority and nothing is inlined, so the number of turns ("hops") that each thing costs is CPython's.
#pragma once

#include <jackdaw/runtime/asyncio/failure_chain.hpp>
#include <jackdaw/runtime/asyncio/handle.hpp>
#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/executor.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {

struct loop_options {
  driver_factory make_driver;
  const clock* time_source = nullptr;
  /// The log: where failures end that no exception handler of the loop was set for, and warnings.
  failure_handler on_failure;
  /// Without it: what the environment says, JACKDAW_ASYNCIO_DEBUG.
  std::optional<bool> debug = {};
};

/// What set_task_factory() takes. asyncio has functions there; which kinds of tasks there are is fixed here.
enum class task_factory : bool { standard, eager };
inline constexpr task_factory eager_task_factory = task_factory::eager;

/// A coroutine given to call_soon() would be made and dropped, never run (S187).
template <class F>
concept plain_callback =
    std::invocable<std::decay_t<F>&> && !is_coroutine<std::invoke_result_t<std::decay_t<F>&>>;

/// What another room keeps per loop; destroyed when the loop is closed, after its tasks.
class loop_extension {
 public:
  loop_extension() = default;
  loop_extension(const loop_extension&) = delete;
  loop_extension& operator=(const loop_extension&) = delete;
  virtual ~loop_extension() = default;
};

/// Source        asyncio.BaseEventLoop. Rule numbers (S1 ...) are those of docs/asyncio.md.
/// Threads       Everything on one thread, the one that made the loop, except what says otherwise.
class event_loop final : public scheduler {
 public:
  explicit event_loop(const loop_options& options = {});
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  /// close().
  ~event_loop() override;

  // --- Callbacks (S1, S2, S6-S13, S22) ---
  // Each runs in a copy of the context in which it was registered, or in the one that is given (S191).

  /// Runs `function()` in the next turn. FIFO. What it throws goes to the exception handler.
  template <plain_callback F>
  handle call_soon(F&& function, context_slot in = context_slot::copy_of_current()) {
    require_callable();
    auto* const item = new callback(*this, std::forward<F>(function), time_point{}, std::move(in));
    ready_.push_back(*item);
    return handle(*item);
  }
  /// Runs `function()` at or after `when`; also a deadline in the past goes through the heap.
  template <plain_callback F>
  handle call_at(time_point when, F&& function, context_slot in = context_slot::copy_of_current()) {
    require_callable();
    auto* const item = new callback(*this, std::forward<F>(function), when, std::move(in));
    push_timer(*item);
    return handle(*item);
  }
  template <plain_callback F>
  handle call_later(duration delay, F&& function,
                    context_slot in = context_slot::copy_of_current()) {
    return call_at(deadline_after(time(), delay), std::forward<F>(function), std::move(in));
  }
  /// As call_soon(), from any thread; wakes the loop. Throws std::runtime_error if it is closed.
  template <plain_callback F>
  void call_soon_threadsafe(F&& function, context_slot in = context_slot::copy_of_current()) {
    auto* const item = new callback(*this, std::forward<F>(function), time_point{}, std::move(in));
    try {
      post_work(*item);
    } catch (...) {
      item->drop_reference();  // The queue's, which it never reached.
      throw;
    }
  }

  /// The loop's clock, read at each call.
  [[nodiscard]] time_point time() const noexcept { return now(); }

  // --- Running (S14-S19) ---

  /// create_task(body, {.eager_start = true}): see task_options.
  template <class T>
  join_handle<T> create_task(task<T> body, const task_options& options = {},
                             context_slot in = context_slot::copy_of_current()) {
    require_callable();
    return spawn_on(*this, std::move(body), options, std::move(in));
  }

  template <class T, std::convertible_to<std::string_view> Name>
  join_handle<T> create_task(task<T> body, const Name& name,
                             context_slot in = context_slot::copy_of_current()) {
    return create_task(std::move(body), task_options{.name = name}, std::move(in));
  }

  /// Whether all tasks of this loop, spawn()'s too, start eagerly (S60): see task_options::eager_start.
  /// Source        loop.set_task_factory(asyncio.eager_task_factory), or None.
  void set_task_factory(task_factory factory) noexcept {
    set_starts_eagerly(factory == task_factory::eager);
  }
  [[nodiscard]] task_factory get_task_factory() const noexcept {
    return starts_eagerly() ? task_factory::eager : task_factory::standard;
  }

  /// A future that belongs to this loop.
  template <class T>
  [[nodiscard]] future<T> create_future() {
    return future<T>(*this);
  }

  // --- Threads (S195-S197) ---

  /// As run_in_executor(), also while the loop does not run.
  template <class F, class... Args>
    requires std::invocable<F, Args...>
  auto run_in_executor(F function, Args... args) {
    require_open();
    return run_in_executor_of(*this, std::move(function), std::move(args)...);
  }
  void call_threadsafe(std::unique_ptr<outside_call> call) override {
    call_soon_threadsafe([made = std::move(call)] { made->make(); });
  }

  /// Runs until stop().
  void run_forever();
  /// Runs until the task or future is done, to the end of that turn; returns or throws what it did. Tasks
  /// that are left go on in the next run.
  template <class T, class State>
  T run_until_complete(const result_handle<T, State>& handle) {
    run_until_done({future_reference(handle.state())}, false);
    if constexpr (State::result_is_shared && std::copy_constructible<T>) {
      return handle.result();  // The handle is the caller's, and keeps its result.
    } else {
      return handle.state().look().take_value();
    }
  }
  template <class T>
  T run_until_complete(task<T> body) {
    const join_handle<T> handle = create_task(std::move(body));
    run_until_done({future_reference(handle.state())}, false);
    return handle.state().look().take_value();
  }
  /// Ends the run after the current turn; before a run: after one turn.
  void stop() noexcept { stopping_ = true; }
  [[nodiscard]] bool is_running() const noexcept {
    return running_.load(std::memory_order_relaxed);  // H2
  }
  [[nodiscard]] bool is_closed() const noexcept { return closed_; }
  /// Drops what is queued without running it, ends the blocking pool, destroys and reports the tasks
  /// that are pending. Idempotent.
  void close();

  /// What a run does before it closes the loop (S161): cancels all tasks and waits for them, reports what
  /// they threw, then waits for the calls that run in threads. Throws what tears out of the loop.
  void shut_down();
  /// Nothing: there are no asynchronous generators. Takes its turns all the same.
  task<void> shutdown_asyncgens();
  /// Refuses new calls of run_in_executor() and to_thread(), and waits until those that were made are done;
  /// if they are not when `limit` is over, says so and gives up waiting.
  task<void> shutdown_default_executor(std::optional<duration> limit = std::nullopt);

  /// asyncio.run(): `main`, then the cancellation of all others, then close(). Throws what tears out of
  /// the loop (S21); the task's own outcome stays in the task.
  void run(task_record& main);

  /// Ends the run with `error`, as soon as what runs now has returned (S21).
  void tear_out(std::exception_ptr error) noexcept { torn_out_ = std::move(error); }

  [[nodiscard]] loop_extension* extension() const noexcept { return extension_.get(); }
  void set_extension(std::unique_ptr<loop_extension> extension) noexcept {
    extension_ = std::move(extension);
  }

  // --- Failures (S170-S172): see failure_chain.hpp ---

  /// An empty one takes the handler away. It may be called until the loop is destroyed.
  void set_exception_handler(exception_handler handler);
  [[nodiscard]] exception_handler get_exception_handler() const;
  /// Tells the handler. Throws keyboard_interrupt and system_exit, if that does.
  void call_exception_handler(const failure& failure);
  /// Tells the log: loop_options::on_failure, or stderr.
  void default_exception_handler(const failure& failure);
  void report(const failure& failure) noexcept override;

  // --- Debug mode (S185-S189) ---

  /// Calls from a thread that is not the loop's throw std::runtime_error, where else they would be races;
  /// callbacks and steps that take long are told to the log.
  void set_debug(bool debug) noexcept { debug_ = debug; }
  [[nodiscard]] bool get_debug() const noexcept { return debug_; }
  /// What is long: 0.1 s unless it is changed.
  [[nodiscard]] duration slow_callback_duration() const noexcept { return slow_callback_duration_; }
  void set_slow_callback_duration(duration limit) noexcept { slow_callback_duration_ = limit; }

  // --- scheduler ---
  void task_spawned(task_record& task) override;
  void schedule(work& work) noexcept override;
  void schedule_last(work& work) noexcept override { ready_.push_back(work); }
  void run_callback(work& work) noexcept override { ready_.push_back(work); }
  void arm_timer(timer& timer) override;
  void disarm_timer(timer& timer) noexcept override;
  [[nodiscard]] bool concurrent() const noexcept override { return false; }
  [[nodiscard]] bool is_this_thread() const noexcept override {
    return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed);  // H2
  }
  [[nodiscard]] scheduler_statistics statistics() const override;
  void task_finished(task_record& task) noexcept override;
  void may_be_lost(future_base& suspect) noexcept override;

 private:
  friend class callback;

  struct done_watch;

  void run_once();
  void run_ready();
  void drop_cancelled_timers() noexcept;
  void push_timer(callback& item);
  void timer_cancelled() noexcept { ++timers_cancelled_; }
  void post_work(work& item);
  void send(work& item);
  void receive() noexcept;
  void run_until_done(std::vector<future_reference> awaited, bool extra_turn);
  void cancel_all_tasks();
  void finish_operations() noexcept;
  void drop_queued() noexcept;
  [[nodiscard]] static bool debug_wanted_by_environment() noexcept;
  event_loop(const loop_options& options, std::shared_ptr<failure_chain> failures);

  void run_timed(work& item);
  void require_open() const {
    if (closed_) [[unlikely]] {
      throw_closed();
    }
  }
  [[noreturn]] static void throw_closed();
  void require_own_thread() const;
  void require_callable() const {
    require_open();
    if (debug_) [[unlikely]] {
      require_own_thread();
    }
  }
  void require_runnable() const;
  void ensure_driver();

  driver_factory make_driver_;
  driver_counters io_counters_;
  std::unique_ptr<driver> driver_;
  std::unique_ptr<loop_extension> extension_;
  work_list ready_;
  std::vector<callback*> timers_;
  std::size_t timers_cancelled_ = 0;
  bool stopping_ = false;
  bool debug_;
  std::atomic<bool> running_{false};  // As H2: others ask in debug mode, to find their mistakes.
  bool closed_ = false;
  duration slow_callback_duration_ = std::chrono::milliseconds(100);
  std::shared_ptr<failure_chain> failures_;
  std::exception_ptr torn_out_;
  std::vector<std::unique_ptr<done_watch>> watches_;
  // H2: relaxed; others ask only whether they are this thread, and that one wrote it itself.
  std::atomic<std::thread::id> thread_{std::this_thread::get_id()};
  std::uint64_t resumptions_ = 0;
  std::uint64_t parks_ = 0;

  // What other threads send.
  std::mutex inbox_lock_;
  work_list inbox_;
  std::atomic<bool> inbox_filled_{false};
  bool inbox_closed_ = false;
};

/// The loop that runs on this thread. Throws std::runtime_error("no running event loop").
[[nodiscard]] event_loop& get_running_loop();

}  // namespace jackdaw::asyncio
