// Context variables: values that belong to what runs, not to a thread. A request's id, a user, a deadline.
//
// Three objects, and who may touch them
// -------------------------------------
//   context_map    immutable: a change makes a new one. Shared by all contexts that have the same values,
//                  on any thread, by counted references.
//   context_cell   one context: the place where its map is exchanged, under a lock, since several tasks
//                  may run in one context at once. Its address is the context's identity.
//   context_slot   a word in a task, a callback or a thread that says in which context it runs: nothing
//                  (the empty context), a map (values that were inherited and never changed), or a cell.
//                  Touched only by what runs in it.
//
// So a task copies the context of its spawner by one counted reference, or not at all where nobody uses
// variables; it gets a cell, and with it an identity, when it first sets one.
// Which slot is current follows from what runs, so a task's steps need no switch: the innermost scope that
// was entered by what runs now, else the slot of the running task, else that of the thread.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/future_base.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw {

class context;
class task_record;

/// What contexts know a variable by. Never used twice, so a variable that is gone leaves no trap.
using context_key = std::uint64_t;

/// Objects that any number of contexts share; the last one to let go deletes them.
class shared_by_contexts : public pooled {
 public:
  shared_by_contexts(const shared_by_contexts&) = delete;
  shared_by_contexts& operator=(const shared_by_contexts&) = delete;

  void add_reference() noexcept;
  void drop_reference() noexcept;

 protected:
  shared_by_contexts() noexcept = default;
  virtual ~shared_by_contexts();

 private:
  std::atomic<std::size_t> references_{1};
};

/// What a variable was set to. Immutable.
class context_value : public shared_by_contexts {};
using context_value_reference = counted_reference<context_value>;

template <class T>
class typed_context_value final : public context_value {
 public:
  explicit typed_context_value(T given) : value(std::move(given)) {}
  const T value;
};

/// The values of a context. Immutable; searched by halves, copied to be changed.
class context_map final : public shared_by_contexts {
 public:
  using reference = counted_reference<context_map>;

  [[nodiscard]] context_value_reference find(context_key key) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  /// `base` (null: empty) with another value of `key`; null takes it out.
  [[nodiscard]] static reference changed(const context_map* base, context_key key,
                                         const context_value_reference& value);

 private:
  struct entry {
    context_key key;
    context_value_reference value;
  };
  std::vector<entry> entries_;  // Sorted by key.
};

/// One context. See "Three objects".
class context_cell final : public shared_by_contexts {
 public:
  explicit context_cell(context_map::reference map) noexcept : map_(std::move(map)) {}

  [[nodiscard]] context_map::reference snapshot() const noexcept;
  /// Returns the value that was there before.
  context_value_reference change(context_key key, const context_value_reference& value);

 private:
  [[nodiscard]] bool exchange_if_still(const context_map::reference& expected,
                                       context_map::reference& map) noexcept;

  mutable spin_lock lock_;
  context_map::reference map_;  // Under the lock.
};
using context_cell_reference = counted_reference<context_cell>;

/// In which context something runs: what tasks and callbacks are given. See "Three objects".
class context_slot {
 public:
  /// The empty context.
  constexpr context_slot() noexcept = default;
  /// This context itself, not a copy.
  // NOLINTNEXTLINE(google-explicit-constructor): to be written where a function asks for a slot.
  context_slot(const context& in) noexcept;
  context_slot(context_slot&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
  context_slot& operator=(context_slot&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~context_slot() {
    if (word_ != 0) {
      release();
    }
  }

  /// False if nobody has set a variable yet, in the whole process: then copies need not be made.
  [[nodiscard]] static bool may_be_needed() noexcept {
    // C4: relaxed; who has a value at all was given it after somebody set it.
    return any_variable_set.load(std::memory_order_relaxed);
  }
  /// A new context with the values of the current one: what either of them sets, the other does not see.
  [[nodiscard]] static context_slot copy_of_current() noexcept {
    return may_be_needed() ? copy_of_what_runs() : context_slot();
  }

  /// A new context with the values of this one.
  [[nodiscard]] context_slot copy() const noexcept {
    return word_ != 0 ? copy_of_values() : context_slot();
  }
  /// The values at present; null if there are none.
  [[nodiscard]] context_map::reference snapshot() const noexcept;
  /// The context's identity, which it gets by this call if it has none.
  [[nodiscard]] context_cell& cell();
  [[nodiscard]] bool is(const context_cell& cell) const noexcept;

 private:
  friend class context_cell;

  static constexpr std::uintptr_t is_cell = 1;  // Objects are aligned, so the bit is free.

  [[nodiscard]] static context_slot copy_of_what_runs() noexcept;
  [[nodiscard]] context_slot copy_of_values() const noexcept;
  void release() noexcept;

  // In the whole process, ever: spares those who use no variables the look at what runs.
  static inline std::atomic<bool> any_variable_set{false};

  std::uintptr_t word_ = 0;  // A context_map, or a context_cell and the bit.
};

/// Makes `slot` the current one of what runs on this thread now, to the end of a C++ scope. Never across
/// a suspension.
class context_scope {
 public:
  explicit context_scope(context_slot& slot) noexcept : context_scope(slot, current_context()) {}
  context_scope(const context_scope&) = delete;
  context_scope& operator=(const context_scope&) = delete;
  ~context_scope() {
    JACKDAW_ASSERT(here_->scope == this);
    here_->scope = outer_;
  }

  [[nodiscard]] context_slot& slot() const noexcept { return *slot_; }
  [[nodiscard]] const task_record* entered_by() const noexcept { return task_; }
  [[nodiscard]] const context_scope* outer() const noexcept { return outer_; }

 private:
  context_scope(context_slot& slot, execution_context& here) noexcept
      : slot_(&slot), here_(&here), task_(here.task), outer_(std::exchange(here.scope, this)) {}

  context_slot* slot_;
  execution_context* here_;  // Of this thread, on which the scope also ends.
  const task_record* task_;
  const context_scope* outer_;
};

/// What set() did, for reset().
///
/// Lifetime      It may outlive the context, and is good for nothing then; not the variable.
/// Source        contextvars.Token.
template <class T>
class context_token;

/// A variable that has a value of its own in each context.
///
/// Define it once, with static lifetime: `inline const context_var<std::string> user("user", "nobody");`.
/// A task begins with a copy of its spawner's context; awaiting a coroutine stays in that of the awaiting
/// task. So what a task sets is seen by the coroutines that it awaits and by the tasks that it spawns from
/// then on, and by nobody else. A callback runs in a copy of the context in which it was registered.
///
/// Suspends      No.
/// Threads       All members from any thread, in or outside of a runtime. A value may be copied by several
///               tasks at once: let its copy constructor be safe for that, or use a pointer to const.
/// Errors        get() throws lookup_error where there is no value and no default.
/// Cost          get(): a search among the variables of the context, and a copy of the value. set(): a copy
///               of the list of variables that are set, so have dozens, not thousands. Programs that use
///               none pay a look at a flag per task.
/// Source        contextvars.ContextVar.
template <class T>
class context_var {
 public:
  using token = context_token<T>;

  explicit context_var(std::string name);
  context_var(std::string name, T initial);
  context_var(const context_var&) = delete;
  context_var& operator=(const context_var&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] context_key key() const noexcept { return key_; }

  /// The value in the current context, else the default.
  [[nodiscard]] T get() const;
  /// The value in the current context, else `otherwise`, also where the variable has a default.
  [[nodiscard]] T get(T otherwise) const;
  /// Changes the current context only.
  token set(T value) const;
  /// Gives the variable back what it was before the set() that returned `used`, which is used up by this.
  /// Throws std::runtime_error if it is used up already; std::invalid_argument if it is of another
  /// variable, or was made in another context.
  void reset(token& used) const;

 private:
  friend class context;

  [[nodiscard]] static const T& value_of(const context_value_reference& found) noexcept {
    return static_cast<const typed_context_value<T>&>(*found).value;
  }

  std::string name_;
  context_key key_;
  std::optional<T> default_;
};

template <class T>
class context_token {
 public:
  context_token(context_token&& other) noexcept
      : variable_(other.variable_),
        cell_(std::move(other.cell_)),
        old_value_(std::move(other.old_value_)),
        used_(std::exchange(other.used_, true)) {}
  context_token& operator=(context_token&& other) noexcept {
    variable_ = other.variable_;
    cell_ = std::move(other.cell_);
    old_value_ = std::move(other.old_value_);
    used_ = std::exchange(other.used_, true);
    return *this;
  }
  ~context_token() = default;

  [[nodiscard]] const context_var<T>& variable() const noexcept { return *variable_; }
  /// What the variable was set to before; empty if it was not set in that context.
  [[nodiscard]] std::optional<T> old_value() const {
    return old_value_
               ? std::optional<T>(static_cast<const typed_context_value<T>&>(*old_value_).value)
               : std::nullopt;
  }

 private:
  friend class context_var<T>;

  context_token(const context_var<T>& variable, context_cell& cell,
                context_value_reference old_value) noexcept
      : variable_(&variable), cell_(cell), old_value_(std::move(old_value)) {}

  const context_var<T>* variable_;
  context_cell_reference cell_;
  context_value_reference old_value_;
  bool used_ = false;
};

/// The values of all variables, as an object: to look at, to run functions in, to start tasks in.
///
/// Copies of the object are the same context; copy() makes another one.
///
/// Threads       Any. Several tasks may run in one context, also at once: each sees what the others set.
/// Cost          copy() and copy_context(): one small block; the values are shared until they are changed.
/// Source        contextvars.Context.
class context {
 public:
  /// A new one without any values.
  context();
  explicit context(context_cell& cell) noexcept : cell_(cell) {}

  /// A new context with the same values.
  [[nodiscard]] context copy() const;

  /// Calls `function(args...)` in this context: what it sets stays here.
  ///
  /// A coroutine that it returns runs in the context of whoever awaits it: spawn it in this one instead.
  /// Errors        std::runtime_error if the caller runs in this context already; what the function throws.
  template <class F, class... Args>
  decltype(auto) run(F&& function, Args&&... args) const {
    require_not_entered();
    context_slot slot(*this);
    const context_scope scope(slot);
    return std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
  }

  /// The value that is set here; a default of the variable does not count. Throws lookup_error.
  template <class T>
  [[nodiscard]] T at(const context_var<T>& variable) const {
    if (const auto found = find(variable.key())) {
      return context_var<T>::value_of(found);
    }
    throw_not_set(variable.name());
  }
  template <class T>
  [[nodiscard]] std::optional<T> get(const context_var<T>& variable) const {
    const auto found = find(variable.key());
    return found ? std::optional<T>(context_var<T>::value_of(found)) : std::nullopt;
  }
  template <class T>
  [[nodiscard]] bool contains(const context_var<T>& variable) const noexcept {
    return static_cast<bool>(find(variable.key()));
  }
  /// How many variables are set.
  [[nodiscard]] std::size_t size() const noexcept;

  /// Whether they are the same context, not whether they have equal values.
  friend bool operator==(const context&, const context&) = default;

 private:
  friend class context_slot;
  template <class T>
  friend class context_var;

  [[nodiscard]] context_value_reference find(context_key key) const noexcept;
  void require_not_entered() const;
  [[noreturn]] static void throw_not_set(std::string_view name);

  context_cell_reference cell_;
};

/// A new context with the values of the current one. Source: contextvars.copy_context.
[[nodiscard]] context copy_context();

/// The slot of what runs on this thread: where variables are looked up and set.
[[nodiscard]] context_slot& current_context_slot() noexcept;

[[nodiscard]] context_key next_context_key() noexcept;
/// In the current context. Null if it is not set there.
[[nodiscard]] context_value_reference find_in_current_context(context_key key) noexcept;

template <class T>
context_var<T>::context_var(std::string name) : name_(std::move(name)), key_(next_context_key()) {}

template <class T>
context_var<T>::context_var(std::string name, T initial) : context_var(std::move(name)) {
  default_.emplace(std::move(initial));
}

template <class T>
T context_var<T>::get() const {
  if (const auto found = find_in_current_context(key_)) {
    return value_of(found);
  }
  if (!default_) {
    context::throw_not_set(name_);
  }
  return *default_;
}

template <class T>
T context_var<T>::get(T otherwise) const {
  const auto found = find_in_current_context(key_);
  return found ? value_of(found) : std::move(otherwise);
}

template <class T>
context_token<T> context_var<T>::set(T value) const {
  static_assert(alignof(T) <= alignof(std::max_align_t), "keep a pointer to it instead");
  const auto stored = context_value_reference::adopt(*new typed_context_value<T>(std::move(value)));
  context_cell& cell = current_context_slot().cell();
  return token(*this, cell, cell.change(key_, stored));
}

template <class T>
void context_var<T>::reset(token& used) const {
  if (used.used_) {
    throw std::runtime_error("the token has been used already");
  }
  if (used.variable_ != this) {
    throw std::invalid_argument("the token was made by another context variable");
  }
  if (!current_context_slot().is(*used.cell_)) {
    throw std::invalid_argument("the token was made in another context");
  }
  used.used_ = true;
  used.cell_->change(key_, used.old_value_);
}

}  // namespace jackdaw
