// fork_join(): structured parallel composition, of coroutines and of plain functions.
//
// How the coroutines are run and joined is told in fork_group.hpp, where they lie meanwhile in fork_stack.hpp.
// Here: what is forked, its results, and what becomes of a child that is made a task of its own.
//
// A branch and its group
// ----------------------
// The frame of a child belongs to the awaiter of fork_join(), in the frame of the parent, whoever runs it. A
// branch is a task record around it that does not own it. The last thing it does to the group is J1.
//
//   K1  branch's task := record   (seq_cst)     S1  stopped_ := true      (seq_cst)
//   K2  read stopped_             (seq_cst)     S2  read branches' tasks  (seq_cst)
//
// The group is stopped when a child fails or T is cancelled while it waits at J2. If it is a branch that fails, T is
// cancelled too, since it may wait inside of a child that it runs, and takes that request back at the join. Dekker: either K2 sees it, and
// the branch ends before it begins, or S2 sees the task, and cancels it. ∎ Seen twice, it is cancelled twice,
// which is as good as once for something that ends because of it.
//
// Asyncio mode has no fork_stack: there the children but the first are tasks from the start.
#pragma once

#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/fork_call.hpp>
#include <jackdaw/runtime/fork_group.hpp>
#include <jackdaw/runtime/fork_joins.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <array>
#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <numeric>
#include <source_location>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw {

class fork_scope;
class branch_record;

/// A forked child, and its task if it becomes a branch.
class fork_branch : public forked_child {
 public:
  using maker = branch_record* (*)(fork_branch& branch, scheduler& scheduler);

  fork_branch() noexcept : forked_child(&fork_branch::run_taken, nullptr) {}
  fork_branch(const fork_branch&) = delete;
  fork_branch& operator=(const fork_branch&) = delete;
  ~fork_branch() = default;

  void set(fork_group& of, std::coroutine_handle<> coroutine, maker make) noexcept {
    group = &of;
    child = coroutine;
    make_ = make;
  }

  /// Makes a task of it, which begins in this call (`now`) or from the run queue.
  void become_task(bool now) noexcept;
  /// True if it is a task, which has accepted the request.
  bool cancel(std::string_view message) const noexcept;
  /// Lets go of the task, if it is one. By whoever has joined it.
  void drop_task() noexcept;

 private:
  static void run_taken(work& self);

  maker make_ = nullptr;
  std::atomic<task_record*> task_{nullptr};
};

/// What all forks of coroutines share, whatever their types. See fork_group.hpp.
class fork_scope : public fork_group {
 public:
  /// From here on the children run. `first` is the one that is run in the task of `parent`.
  [[gnu::always_inline]] std::coroutine_handle<> begin(std::coroutine_handle<> parent,
                                                       std::coroutine_handle<> first,
                                                       std::span<fork_branch> others) noexcept {
    const execution_context& here = current_context();
    parent_ = parent;
    task_ = here.task;
    branches_ = others.data();
    if (context_slot::may_be_needed()) [[unlikely]] {
      keep_context();
    }
    fork_stack* const stack = here.forks;
    if (stack == nullptr) [[unlikely]] {
      return begin_on_loop(first);
    }
    for (std::size_t index = others.size(); index > 0; --index) {
      stack->push(others[index - 1]);
    }
    return stack->tick() ? end_round(*stack, first) : first;
  }

  /// J1: a branch has ended.
  void branch_ended() noexcept;
  /// A branch has thrown. Before branch_ended().
  void branch_failed() noexcept;
  /// S1, S2: what has not begun does not begin, what runs is cancelled. True if somebody will end because of it.
  bool stop(std::string_view message) noexcept;
  [[nodiscard]] bool stopped() const noexcept {
    return stopped_.load(std::memory_order_seq_cst);
  }  // K2
  [[nodiscard]] bool begun() const noexcept { return parent_ != nullptr; }
  /// What was kept of the context in which the fork was made.
  [[nodiscard]] context_slot copy_of_context() const noexcept;
  /// Something is not as it usually is: await_resume() and the destructor look closer.
  void note_exception_from_rule() noexcept {
    is_usual_.store(false, std::memory_order_relaxed);  // Read after the join.
  }

 protected:
  explicit fork_scope(std::uint32_t children) noexcept
      : fork_group(children), others_(children - 1) {}
  ~fork_scope() {}  // What is not usual was cleaned up.

  /// True if T ran all children itself, and none has failed: then there is nothing to do but to fetch results.
  [[nodiscard]] bool is_usual() const noexcept {
    return is_usual_.load(std::memory_order_relaxed);  // Joined: J1, J2.
  }
  /// Where it is not: by the destructor of whoever has the branches, before they go.
  void clean_up() noexcept;
  /// Otherwise: throws what there is to throw. `errors` are those of the children, in their order.
  void finish(std::span<const std::exception_ptr> errors);

 private:
  friend class fork_group;

  struct wait_for_all;

  std::coroutine_handle<> begin_on_loop(std::coroutine_handle<> first) noexcept;
  static std::coroutine_handle<> end_round(fork_stack& stack,
                                           std::coroutine_handle<> first) noexcept;
  std::coroutine_handle<> join() noexcept;
  bool cancel_branches(std::string_view message) const noexcept;
  void give_up_not_begun() noexcept;
  [[nodiscard]] fork* shown_of_ours(const fork_stack& stack) const noexcept;

  void keep_context() noexcept;
  [[nodiscard]] std::span<fork_branch> branches() const noexcept { return {branches_, others_}; }

  std::uint32_t others_;
  fork_branch* branches_;
  join_counter joined_;
  std::atomic<bool> is_usual_{true};
  std::atomic<bool> stopped_{false};
  bool has_context_ = false;
  bool has_cancelled_parent_ =
      false;  // By the branch that failed first; T reads it after the join.
  std::uint32_t requests_before_ = 0;  // Of T, then.
  task_record* task_;                  // T.
  wait_for_all* waiting_ = nullptr;    // Once T waits.
  union {
    context_slot context_;  // If there is one.
  };
};

/// The task around a child that was not run by the task that forked it.
class branch_record : public task_record {
 public:
  /// The group is gone: a loop that is closed destroys tasks one by one.
  void leave_group() noexcept {
    if (scope_ != nullptr) {  // In a pool it has arrived, and may still look whether it has.
      scope_ = nullptr;
    }
  }

 protected:
  branch_record(scheduler& scheduler, std::coroutine_handle<> child, fork_scope& scope);

  [[nodiscard]] std::exception_ptr exception() const noexcept override { return nullptr; }
  // The frame is the group's.
  void discard_frames() noexcept override {}
  void arrive(bool failed) noexcept;
  [[nodiscard]] bool arrived() const noexcept { return scope_ == nullptr; }

 private:
  fork_scope* scope_;
};

template <class T>
class typed_branch final : public branch_record {
 public:
  using child_handle = std::coroutine_handle<task_promise<T>>;

  static branch_record* make(fork_branch& branch, scheduler& scheduler) {
    const auto child = child_handle::from_address(branch.child.address());
    child.promise().become_outermost();
    return new typed_branch(scheduler, child, static_cast<fork_scope&>(*branch.group));
  }

  [[nodiscard]] std::source_location origin() const noexcept override {
    return child().promise().origin();
  }

 private:
  using branch_record::branch_record;

  [[nodiscard]] child_handle child() const noexcept {
    return child_handle::from_address(root().address());
  }
  void harvest(std::coroutine_handle<> /*root*/) noexcept override {
    arrive(child().promise().result().has_exception());
  }
  void set_cancelled(std::exception_ptr error, bool /*message_lasts*/) noexcept override {
    if (!arrived()) {
      child().promise().result().set_exception(std::move(error));
      arrive(true);
    }
  }
};

/// The await of fork_join() of tasks. The frames of the children are its own.
template <class... Ts>
class [[nodiscard]] fork_join_awaiter final : fork_scope {
 public:
  explicit fork_join_awaiter(task<Ts>... children) noexcept
      : fork_scope(sizeof...(Ts)), children_{one_by_one(children.release())...} {}
  fork_join_awaiter(const fork_join_awaiter&) = delete;
  fork_join_awaiter& operator=(const fork_join_awaiter&) = delete;
  [[gnu::always_inline]] ~fork_join_awaiter() {
    if (!begun() || !is_usual()) [[unlikely]] {
      clean_up_all();
    }
    std::apply([](auto... child) { (child.destroy(), ...); }, children_);
  }

  bool await_ready() const noexcept { return false; }
  [[gnu::always_inline]] std::coroutine_handle<> await_suspend(
      std::coroutine_handle<> parent) noexcept {
    return set_up(parent, std::index_sequence_for<Ts...>());
  }
  [[gnu::always_inline]] std::tuple<stored_type<Ts>...> await_resume() {
    return std::apply([this](auto... child)
                          __attribute__((always_inline)) { return results(child...); },
                      children_);
  }

 private:
  template <class T>
  using handle = std::coroutine_handle<task_promise<T>>;

  // Handles that were just stored one by one are not to be loaded two at a time, as clang would: the load then waits
  // for both stores to reach the cache.
  template <class T>
  static handle<T> one_by_one(handle<T> child) noexcept {
    void* address = child.address();
    asm volatile("" : "+r"(address));
    return handle<T>::from_address(address);
  }

  template <std::size_t... Index>
  [[gnu::always_inline]] std::coroutine_handle<> set_up(std::coroutine_handle<> parent,
                                                        std::index_sequence<Index...>) noexcept {
    (set_up_child<Index>(std::get<Index>(children_)), ...);
    return begin(parent, std::get<0>(children_), branches_);
  }
  template <std::size_t Index, class T>
  [[gnu::always_inline]] void set_up_child(handle<T> child) noexcept {
    child.promise().fork_in(*this);
    if constexpr (Index > 0) {
      branches_[Index - 1].set(*this, child, &typed_branch<T>::make);
    }
  }
  [[gnu::noinline]] void clean_up_all() noexcept {
    if (begun()) {
      clean_up();
    } else {
      std::apply([](auto... child) { (report_never_awaited(child.promise().origin()), ...); },
                 children_);
    }
  }
  [[gnu::always_inline]] std::tuple<stored_type<Ts>...> results(handle<Ts>... child) {
    if (!is_usual()) [[unlikely]] {
      throw_what_went_wrong(child...);
    }
    return {child.promise().result().take_stored()...};
  }

  [[gnu::noinline]] void throw_what_went_wrong(handle<Ts>... child) {
    const std::exception_ptr errors[] = {child.promise().result().error_or_null()...};
    finish(errors);
  }

  std::tuple<handle<Ts>...> children_;
  std::array<fork_branch, sizeof...(Ts) - 1> branches_;
};

/// The await of fork_join() of a range of tasks. `Tasks` is a std::vector or std::array of task<T>.
template <class T, class Tasks, class Branches>
class [[nodiscard]] fork_range_awaiter final : fork_scope {
 public:
  explicit fork_range_awaiter(Tasks&& children)
      : fork_scope(static_cast<std::uint32_t>(children.size())),
        children_(std::forward<Tasks>(children)) {
    if constexpr (requires(std::size_t size) { Branches(size); }) {
      branches_ = Branches(children_.empty() ? 0 : children_.size() - 1);
    }
  }
  fork_range_awaiter(const fork_range_awaiter&) = delete;
  fork_range_awaiter& operator=(const fork_range_awaiter&) = delete;
  ~fork_range_awaiter() {
    if (!is_usual()) [[unlikely]] {
      clean_up();
    }
  }

  bool await_ready() const noexcept { return children_.empty(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
    for (std::size_t index = 0; index < children_.size(); ++index) {
      const auto child = children_[index].coroutine();
      child.promise().fork_in(*this);
      if (index > 0) {
        branches_[index - 1].set(*this, child, &typed_branch<T>::make);
      }
    }
    return begin(parent, children_.front().coroutine(),
                 std::span<fork_branch>(branches_).first(children_.size() - 1));
  }
  auto await_resume() {
    if (!is_usual()) [[unlikely]] {
      std::vector<std::exception_ptr> errors;
      for (const auto& child : children_) {
        errors.push_back(child.coroutine().promise().result().error_or_null());
      }
      finish(errors);
    }
    if constexpr (!std::is_void_v<T>) {
      return results();
    }
  }

 private:
  auto results() {
    if constexpr (requires { std::tuple_size<std::remove_reference_t<Tasks>>::value; }) {
      return [this]<std::size_t... Index>(std::index_sequence<Index...>) {
        return std::array<stored_type<T>, sizeof...(Index)>{
            children_[Index].coroutine().promise().result().take_stored()...};
      }(std::make_index_sequence<std::tuple_size_v<std::remove_reference_t<Tasks>>>());
    } else {
      std::vector<stored_type<T>> all;
      all.reserve(children_.size());
      for (auto& child : children_) {
        all.push_back(child.coroutine().promise().result().take_stored());
      }
      return all;
    }
  }

  Tasks children_;
  Branches branches_;
};

/// Runs tasks at the same time as far as there are workers for it, and waits for all of them:
/// `auto [a, b] = co_await fork_join(left(), right());`.
///
/// The current task runs the first child itself, then the second unless another worker has taken it, and so on:
/// on one worker it is as if they were awaited one after the other. A child that waits for something makes way
/// for the next. For children that compute, in trees of any depth; for a few that mostly wait, gather() is as
/// good and keeps asyncio's order.
///
/// Suspends      Until all have ended; not at all where no child waits and none is taken.
/// Threads       In a task. In a pool children run on any worker; on a loop on its own thread.
/// Lifetime      Children end before the await does, however it ends: they may refer to locals of the caller.
/// Errors        The first exception, in the order of the children, other than a cancelled_error that followed
///               from it. The other children are cancelled, those that have not begun never begin.
/// Cancellation  Goes to the children that wait, and to all of them while only the join is left. Results of the
///               others are lost.
/// Context       Children see the caller's context variables. What one of them sets the others may see or not.
/// Cost          Nanoseconds per child beside its frame while nobody takes it: docs/decisions/0015-fork-join.md.
///               A task's record for each that is taken, or begins while another one waits.
/// Source        Cilk's spawn and sync; results as of gather() (void: `nothing`).
template <class... Ts>
  requires(sizeof...(Ts) >= 1)
fork_join_awaiter<Ts...> fork_join(task<Ts>... children) noexcept {
  return fork_join_awaiter<Ts...>(std::move(children)...);
}

/// As above, for any number of children; gives a vector of their results, or nothing for task<void>.
template <class T>
auto fork_join(std::vector<task<T>> children) {
  return fork_range_awaiter<T, std::vector<task<T>>, std::vector<fork_branch>>(std::move(children));
}
/// As above; gives an array.
template <class T, std::size_t Count>
  requires(Count >= 1)
auto fork_join(std::array<task<T>, Count>&& children) {
  return fork_range_awaiter<T, std::array<task<T>, Count>, std::array<fork_branch, Count - 1>>(
      std::move(children));
}
/// As above, and the tasks stay where they are: with their frames, until the array goes.
template <class T, std::size_t Count>
  requires(Count >= 1)
auto fork_join(std::array<task<T>, Count>& children) {
  return fork_range_awaiter<T, std::array<task<T>, Count>&, std::array<fork_branch, Count - 1>>(
      children);
}

/// The body of fork_each(): `function` belongs to that.
template <std::integral Index, class F>
task<void> fork_halves(Index first, Index last, const F* function) {
  if (last - first == 1) {
    co_await (*function)(first);
    co_return;
  }
  const Index middle = std::midpoint(first, last);
  co_await fork_join(fork_halves(first, middle, function), fork_halves(middle, last, function));
}

/// Calls `function(index)`, a coroutine function, for each index of [first, last), as fork_join() would. The
/// range is halved again and again, so that a million children are never a million at once, and whoever takes
/// a part takes the largest. `function` is kept by the coroutine, and called on any worker at the same time.
template <std::integral Index, class F>
  requires std::invocable<const F&, Index>
task<void> fork_each(Index first, Index last, F function) {
  if (first < last) {
    co_await fork_halves(first, last, &function);
  }
}

}  // namespace jackdaw
