// Waiting for several tasks at once, in structured ways: what race() and wait_for_all() have in common.
//
// The state lives on the heap and is owned by counted references: one of the waiter and one of each
// child that has not ended. So a child may end after the waiter has left, and no node is ever taken
// out of a list from outside. A child's end is reported by scheduler::run_callback(): in asyncio mode
// one turn later, as by a done callback.
#pragma once

#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace jackdaw {

/// When the wait for a set of tasks is over.
enum class set_policy : std::uint8_t {
  first_completed,  // race(): one has ended.
  all_completed,    // All have ended, whatever with.
};

class task_set final : public cancel_hook, public pooled {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  task_set(const task_set&) = delete;
  task_set& operator=(const task_set&) = delete;

  /// Watches `children`, tasks and futures of one scheduler. The caller gets one reference.
  static task_set* watch(std::vector<future_reference> children, set_policy policy);
  void drop_reference() noexcept;

  [[nodiscard]] bool settled() const noexcept;
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept;
  /// The waiter's frame is destroyed while it waits: nobody is woken any more.
  void abandon() noexcept;
  /// Index of the child that settled the set, or `none` if all just ended. Throws if cancelled.
  std::size_t finish();

 private:
  struct child_node : completion_node, work {
    child_node(task_set& owner, std::size_t position) noexcept
        : completion_node(&child_node::notified),
          work(&child_node::ended),
          set(&owner),
          index(position) {}
    static void notified(completion_node& self) noexcept;
    static void ended(work& self);
    task_set* set;
    std::size_t index;
  };

  task_set(std::vector<future_reference> children, set_policy policy);
  ~task_set() = default;
  void child_ended(std::size_t index) noexcept;
  static bool cancel_children(cancel_hook& self, std::string_view message) noexcept;

  mutable spin_lock lock_;
  std::vector<future_reference> children_;
  std::vector<child_node> nodes_;  // As many as children from the start: their addresses stay.
  set_policy policy_;
  // Under the lock.
  std::size_t unfinished_;
  std::size_t decided_by_ = none;
  bool settled_ = false;
  bool cancel_requested_ = false;
  task_record* waiter_ = nullptr;
  bool suspended_ = false;
  std::atomic<std::size_t> references_;
};

/// Owns the waiter's reference; the awaitable of a task_set.
class task_set_wait {
 public:
  task_set_wait(std::vector<future_reference> children, set_policy policy)
      : set_(task_set::watch(std::move(children), policy)) {}
  task_set_wait(task_set_wait&& other) noexcept : set_(std::exchange(other.set_, nullptr)) {}
  task_set_wait& operator=(task_set_wait&&) = delete;
  ~task_set_wait() {
    if (set_ != nullptr) {
      set_->abandon();
      set_->drop_reference();
    }
  }

  [[nodiscard]] bool await_ready() const noexcept { return set_->settled(); }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return set_->await_suspend(awaiting);
  }
  std::size_t await_resume() { return set_->finish(); }

 private:
  task_set* set_;
};

}  // namespace jackdaw
