// task_handle: a hold on a task of whatever type: what current_task() and all_tasks() give.
#pragma once

#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw {

/// A join_handle without the type of the result: to ask and to cancel, not to await. May be empty.
///
/// Threads       All members from any thread in multi-threaded mode, from the loop's own in asyncio mode.
/// Lifetime      Dropping it has no effect on the task.
/// Source        asyncio.Task.
class task_handle {
 public:
  task_handle() noexcept = default;
  explicit task_handle(task_reference task) noexcept : task_(std::move(task)) {}
  template <class T>
  // NOLINTNEXTLINE(google-explicit-constructor): so that handles can be compared.
  task_handle(const join_handle<T>& handle) noexcept : task_(handle.record()) {}

  explicit operator bool() const noexcept { return static_cast<bool>(task_); }
  /// True for handles of the same task.
  friend bool operator==(const task_handle&, const task_handle&) = default;

  [[nodiscard]] std::string name() const { return task_->name(); }
  void set_name(std::string_view name) const { task_->set_name(name); }
  /// A request, not an order. False if the task is done.
  bool cancel(std::string_view message = {}) const noexcept {
    return task_->request_cancel(message);
  }
  [[nodiscard]] std::uint32_t cancelling() const noexcept { return task_->cancelling(); }
  std::uint32_t uncancel() const noexcept { return task_->uncancel(); }
  [[nodiscard]] bool done() const noexcept { return task_->done(); }
  [[nodiscard]] bool cancelled() const noexcept { return task_->cancelled(); }
  /// What a task ended with that is done, or null; it counts as fetched then.
  [[nodiscard]] std::exception_ptr exception() const {
    if (!done()) {
      throw invalid_state_error("Exception is not set.");
    }
    task_->mark_retrieved();
    return task_->exception();
  }

  [[nodiscard]] task_record& record() const noexcept { return *task_; }

 private:
  task_reference task_;
};

/// All tasks of `home` that are not done, in the order of their creation (a pool: by worker).
/// Threads       Any.
[[nodiscard]] std::vector<task_handle> all_tasks_of(scheduler& home);

}  // namespace jackdaw
