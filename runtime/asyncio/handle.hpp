// Handles: the hold on a callback that the event loop will run.
#pragma once

#include <jackdaw/runtime/base/unique_function.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/work.hpp>

#include <utility>

namespace jackdaw::asyncio {

class event_loop;

/// A callback in the loop's ready queue or timer heap. Counted references, by the loop and by handles;
/// all of the loop's thread.
class callback final : public work, public pooled {
 public:
  template <class F>
  callback(event_loop& loop, F&& function, time_point when, context_slot in)
      : work(&callback::run_work),
        when_(when),
        loop_(&loop),
        context_(std::move(in)),
        function_(std::forward<F>(function)) {}

  /// S11: idempotent; the function and what it holds are destroyed now.
  void cancel() noexcept;
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
  [[nodiscard]] time_point when() const noexcept { return when_; }
  [[nodiscard]] context get_context() { return context(context_.cell()); }

  void add_reference() noexcept { ++references_; }
  void drop_reference() noexcept {
    if (--references_ == 0) {
      delete this;
    }
  }

 private:
  friend class event_loop;

  ~callback() = default;
  static void run_work(work& self);

  time_point when_;
  event_loop* loop_;
  context_slot context_;
  unsigned references_ = 1;
  bool cancelled_ = false;
  bool runs_ = false;
  bool scheduled_ = false;  // In the timer heap.
  unique_function function_;
};

/// What call_soon() returns. Dropping it has no effect on the callback.
///
/// Threads       The loop's own.
/// Source        asyncio.Handle, asyncio.TimerHandle.
class handle {
 public:
  handle() noexcept = default;
  explicit handle(callback& held) noexcept : held_(&held) { held_->add_reference(); }
  handle(const handle& other) noexcept : held_(other.held_) {
    if (held_ != nullptr) {
      held_->add_reference();
    }
  }
  handle(handle&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  handle& operator=(handle other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~handle() {
    if (held_ != nullptr) {
      held_->drop_reference();
    }
  }

  explicit operator bool() const noexcept { return held_ != nullptr; }
  /// The callback will not run, even if it is due in the current turn.
  void cancel() const noexcept { held_->cancel(); }
  [[nodiscard]] bool cancelled() const noexcept { return held_->cancelled(); }
  /// The deadline of a timer.
  [[nodiscard]] time_point when() const noexcept { return held_->when(); }
  /// In which the callback runs. asyncio: Handle.get_context().
  [[nodiscard]] context get_context() const { return held_->get_context(); }

 private:
  callback* held_ = nullptr;
};

}  // namespace jackdaw::asyncio
