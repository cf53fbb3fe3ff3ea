// Coroutines that were forked together and are joined together: the part that runs once per child.
//
// Who runs a child, and what that costs
// -------------------------------------
// The task T that forks goes on with the first child, by symmetric transfer, and the others lie in the worker's
// fork_stack. At the end of each child, T takes the next one from there if it is still there: a comparison, no
// atomic operation, no queue. Such a child runs in the task T: it has no task of its own, no name, and no
// state for cancellation. If T comes to a suspension, or somebody steals a child, the child is made a task first
// (a branch), so that both can wait for something at the same time.
//
//   inline   T runs it:            its end is counted in left_, which only T touches.
//   branch   a task of its own:    its end is counted in a join_counter, for T to see: fork_joins.hpp.
//
// T is armed before it waits there, with the group as its hook, so that wake() finds it waiting.
// T may be resumed on another worker than the one whose stack has its forks. It then does not find them, and
// waits at J2; the run loop of that worker makes branches of them.
#pragma once

#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/fork_stack.hpp>

#include <coroutine>
#include <cstdint>

namespace jackdaw {

/// A child that has not begun.
struct forked_child : fork {
  using fork::fork;
  std::coroutine_handle<> child;
};

class fork_group {
 public:
  fork_group(const fork_group&) = delete;
  fork_group& operator=(const fork_group&) = delete;

  /// A child that ran in the forking task has ended; returns what goes on.
  [[nodiscard, gnu::always_inline]] std::coroutine_handle<> child_ended() noexcept {
    if (--left_ == 0) {
      return parent_;
    }
    if (fork_stack* const stack = current_context().forks; stack != nullptr) [[likely]] {
      fork& newest = stack->top();
      if (newest.group == this) [[likely]] {
        stack->pop();
        return static_cast<forked_child&>(newest).child;
      }
    }
    return wait_for_branches();
  }
  /// A child that ran in the forking task has thrown: what has not begun is given up, what runs is cancelled.
  /// Followed by child_ended().
  void child_failed() noexcept;

 protected:
  explicit fork_group(std::uint32_t children) noexcept : left_(children) {}
  ~fork_group() = default;

  std::coroutine_handle<> parent_;
  std::uint32_t left_;

 private:
  JACKDAW_RARELY_CALLED [[nodiscard]] std::coroutine_handle<> wait_for_branches() noexcept;
};

}  // namespace jackdaw
