// task<T>: a lazy coroutine. The vocabulary of the library: nearly every function that waits is one.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/fork_group.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/work.hpp>

#include <bit>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

namespace jackdaw {

template <class T>
class task;

/// What all promises of task<T> share: where to go at the end, and where frames come from.
///
/// One word says who awaits the coroutine; while nobody does, it says instead in which function the
/// coroutine was made. So the name in "was never awaited" costs no room, and no time: a store of one constant
/// instead of another. The two lowest bits tell which:
///
///     00  awaited by a coroutine      01  awaited by nobody; the outermost one of a task, perhaps
///     10  forked: its fork_group      11  forked, and made the outermost one of a task of its own
class task_promise_base : public pooled {
 public:
  std::suspend_always initial_suspend(
      std::source_location where = std::source_location::current()) noexcept {
    set_origin(where, nobody_awaits);
    return {};
  }

  /// Hands control to whoever awaits the coroutine, by symmetric transfer: stacks stay flat. The
  /// outermost coroutine of a task has nobody; it tells its runner, who then ends the task from the
  /// run loop, so that frames are destroyed on an empty stack.
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const task_promise_base& promise = ended.promise();
      const std::uintptr_t kind = promise.kind();
      if (kind == awaited) [[likely]] {
        return std::coroutine_handle<>::from_address(promise.word_);
      }
      if (kind == forked) {
        return promise.group().child_ended();
      }
      current_context().task_ended = true;
      return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  void continue_with(std::coroutine_handle<> awaiting) noexcept {
    word_ = static_cast<char*>(awaiting.address());
  }

  void fork_in(fork_group& group) noexcept { word_ = reinterpret_cast<char*>(&group) + forked; }
  /// A forked coroutine becomes the outermost one of a task. `where` stands for the function.
  void become_outermost(std::source_location where = std::source_location::current()) noexcept {
    set_origin(where, branch);
  }

  /// True once another coroutine has awaited or forked this one, whether that has ended or not.
  [[nodiscard]] bool is_awaited() const noexcept { return kind() != nobody_awaits; }
  /// The coroutine function. Only while nobody awaits it.
  [[nodiscard]] std::source_location origin() const noexcept {
    return std::bit_cast<std::source_location>(word_ - kind());
  }

 protected:
  /// The coroutine has thrown.
  void note_failure() const noexcept {
    if (kind() == forked) [[unlikely]] {
      group().child_failed();
    }
  }

 private:
  // Frames, groups and locations are aligned, so the bits are free.
  static constexpr std::uintptr_t awaited = 0;
  static constexpr std::uintptr_t nobody_awaits = 1;
  static constexpr std::uintptr_t forked = 2;
  static constexpr std::uintptr_t branch = 3;

  [[nodiscard]] std::uintptr_t kind() const noexcept {
    return reinterpret_cast<std::uintptr_t>(word_) & 3;
  }
  [[nodiscard]] fork_group& group() const noexcept {
    return *reinterpret_cast<fork_group*>(word_ - forked);
  }
  void set_origin(std::source_location where, std::uintptr_t kind) noexcept {
    static_assert(sizeof(where) == sizeof(char*), "a pointer to what the compiler wrote down");
    word_ = const_cast<char*>(std::bit_cast<const char*>(where)) + kind;
  }

  char* word_ = nullptr;
};

template <class T>
class task_promise final : public task_promise_base {
 public:
  task<T> get_return_object() noexcept;

  template <class U = T>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    if constexpr (std::is_reference_v<T>) {
      result_.set_first_value(std::addressof(static_cast<T>(value)));
    } else {
      result_.set_first_value(std::forward<U>(value));
    }
  }
  void unhandled_exception() noexcept {
    result_.set_exception(std::current_exception());
    note_failure();
  }

  outcome<T>& result() noexcept { return result_; }

 private:
  outcome<T> result_;
};

/// The room for the result of a coroutine that returns nothing. Until the coroutine begins it may be something
/// runnable instead: so a task that nobody holds waits for its turn without a record (detached.hpp).
class result_or_work {
 public:
  result_or_work() noexcept : result_() {}
  result_or_work(const result_or_work&) = delete;
  result_or_work& operator=(const result_or_work&) = delete;
  ~result_or_work() { std::destroy_at(&result_); }

  outcome<void>& result() noexcept { return result_; }

  [[nodiscard]] work& become_work(work::run_function run) noexcept {
    std::destroy_at(&result_);
    return *std::construct_at(&work_, run);
  }
  /// Before the coroutine goes on, or is destroyed.
  [[nodiscard]] static result_or_work& become_result(work& self) noexcept {
    auto& room = reinterpret_cast<result_or_work&>(self);  // The union is all there is.
    std::destroy_at(&room.work_);
    std::construct_at(&room.result_);
    return room;
  }

 private:
  union {
    outcome<void> result_;
    work work_;
  };
};
static_assert(std::is_standard_layout_v<result_or_work>);
static_assert(sizeof(result_or_work) <= sizeof(outcome<void*>), "the room is there anyway");

template <>
class task_promise<void> final : public task_promise_base, public result_or_work {
 public:
  task<void> get_return_object() noexcept;
  void return_void() noexcept { result().set_first_value(); }
  void unhandled_exception() noexcept {
    result().set_exception(std::current_exception());
    note_failure();
  }
};

/// A coroutine that has not started yet. `co_await` runs it, in the task and on the thread of whoever
/// awaits, and gives its result; spawn() makes it a task of its own.
///
/// Suspends      Awaiting it yields to nobody by itself, at any depth.
/// Lifetime      Move-only, awaited at most once. Destroying it unstarted destroys the arguments and
///               runs nothing; the failure handler is warned that it was never awaited. A coroutine keeps its parameters by value, but a reference parameter or
///               the captures of a lambda are not kept: see docs/guide.md, "Pitfalls".
/// Errors        What the body throws is thrown at the await.
/// Cancellation  Goes to whatever the innermost coroutine waits for.
/// Cost          One frame from the thread's free list; none where the compiler elides it.
/// Source        Python's `async def`: a coroutine object.
template <class T = void>
class [[nodiscard("a task does nothing until it is awaited or spawned")]] JACKDAW_CORO_TYPE
    JACKDAW_CORO_ELIDABLE task {
 public:
  using promise_type = task_promise<T>;
  using value_type = T;

  task() noexcept = default;
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~task() { destroy(); }

  /// True while there is a coroutine to await; false once it was moved from or spawned.
  explicit operator bool() const noexcept { return frame_ != nullptr; }

  class awaiter {
   public:
    explicit awaiter(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      frame_.promise().continue_with(awaiting);
      return frame_;
    }
    T await_resume() const { return frame_.promise().result().take_value(); }

   private:
    std::coroutine_handle<promise_type> frame_;
  };

  awaiter operator co_await() && noexcept {
    // asyncio: "cannot reuse already awaited coroutine".
    JACKDAW_ASSERT(frame_ != nullptr);
    JACKDAW_ASSERT(!frame_.done());
    return awaiter(frame_);
  }

  /// The coroutine, which stays the task's: for the library's own.
  [[nodiscard]] std::coroutine_handle<promise_type> coroutine() const noexcept { return frame_; }

  /// Gives the frame away, to whoever will run and destroy it.
  [[nodiscard]] std::coroutine_handle<promise_type> release() noexcept {
    return std::exchange(frame_, nullptr);
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  void destroy() noexcept {
    if (frame_ != nullptr) {
      if (!frame_.promise().is_awaited()) [[unlikely]] {
        report_never_awaited(frame_.promise().origin());
      }
      frame_.destroy();
    }
  }

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}

inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace jackdaw
