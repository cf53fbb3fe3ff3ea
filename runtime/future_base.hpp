// What tasks and futures have in common: something that ends once, and that any number of tasks may
// await, watch and cancel.
//
// The end
// -------
// `word_` holds the flag is_done, set once, by whoever ends it, after the result is in place (D2, a release);
// who sees the flag sees the result (D1, an acquire). A task keeps the phases of its suspension in the same
// word (task_record.hpp). Those who wait have a node in
// `completions_`: add_completion() puts it there (N1) and then looks at the flag (N2), the end sets the flag (N3)
// and then looks whether a node is there (N4). All four are seq_cst, so one of the two sees the other: a node is
// either told or was never accepted. Lists are only changed under the lock; an end that finds none takes no lock.
// A node may be taken out by somebody who has no reference (shield_watch): N5, a release, so that a destructor that
// finds none left also finds the lock held, and waits.
// The nodes are told in the order in which they came, outside of the lock; telling one is the last access
// to it. No waiter runs inside of that: it is handed to its scheduler (asyncio: S26).
//
// Lifetime
// --------
// Counted references, one per handle; a task that runs has one of its own. So dropping handles never
// ends a task, and a result lives as long as somebody can ask for it.
#pragma once

#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/task_word.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw {

class scheduler;

/// Told when what it watches is done, in the order of registration. Lives with whoever registered it.
struct completion_node {
  using notify_function = void (*)(completion_node&) noexcept;
  explicit completion_node(notify_function function, notify_function dropped = nullptr) noexcept
      : notify(function), forget(dropped) {}

  completion_node* next = nullptr;
  notify_function notify;
  /// Called instead if what it watches goes without an end. Null: its owner holds a reference, so that
  /// this cannot be.
  notify_function forget;
};

/// Nodes in the order in which they came. One word: a ring, of which it knows the last.
class completion_list {
 public:
  completion_list() noexcept = default;
  explicit completion_list(completion_node* last) noexcept : last_(last) {}

  [[nodiscard]] completion_node* last() const noexcept { return last_; }
  [[nodiscard]] completion_node* front() const noexcept {
    return last_ != nullptr ? last_->next : nullptr;
  }
  [[nodiscard]] completion_node* next_of(const completion_node& node) const noexcept {
    return &node != last_ ? node.next : nullptr;
  }
  void push_back(completion_node& node) noexcept {
    if (last_ != nullptr) {
      node.next = std::exchange(last_->next, &node);
    } else {
      node.next = &node;
    }
    last_ = &node;
  }
  [[nodiscard]] completion_node* pop_front() noexcept {
    completion_node* const first = front();
    if (first == last_) {
      last_ = nullptr;
    } else {
      last_->next = first->next;
    }
    return first;
  }

 private:
  completion_node* last_ = nullptr;
};

class future_base : public pooled {
 public:
  future_base(const future_base&) = delete;
  future_base& operator=(const future_base&) = delete;

  [[nodiscard]] bool done() const noexcept {
    return (word_.load(std::memory_order_acquire) & is_done) != 0;  // D1: the result is visible.
  }
  /// Done, and by a cancellation.
  [[nodiscard]] bool cancelled() const noexcept { return done() && ended_cancelled(); }
  /// Asks for the end. False if it is done already. Threads: any; never waits.
  virtual bool request_cancel(std::string_view message = {}) noexcept = 0;
  /// The exception that it ended with (cancelled_error included), or null.
  [[nodiscard]] virtual std::exception_ptr exception() const noexcept = 0;
  /// Of what is cancelled(): the error for the one who asks now. A task gives its own error to the first,
  /// and an error without a message to all others; what somebody else cancelled from outside, a future,
  /// gives its message to everybody (asyncio: _make_cancelled_error).
  [[nodiscard]] virtual std::exception_ptr next_cancelled_error() noexcept { return exception(); }
  /// Of what is cancelled(): the error without what only the first one gets, with a message that may be
  /// empty (asyncio: gather(return_exceptions=True)).
  [[nodiscard]] virtual std::exception_ptr lasting_cancelled_error() const noexcept;
  /// The message of the last request that could end nothing at once and was noted. It stays: asyncio's
  /// gather() asks for it when all is over (_cancel_message).
  [[nodiscard]] std::string noted_cancel_message() const;
  /// Somebody has seen how it ended: nothing is left to report.
  void mark_retrieved() noexcept;

  /// Calls `node.notify` when it is done. False if it is done already: then it is not called.
  [[nodiscard]] bool add_completion(completion_node& node) noexcept;
  /// For a watcher that goes before it was told. False if there was no such node. O(watchers).
  bool remove_completion(completion_node& node) noexcept;
  /// Calls `look(node)` for each of them, in the order in which they came. Under the lock: not for long.
  template <class F>
  void look_at_completions(F&& look) const {
    const std::lock_guard guard(lock_);
    const completion_list nodes(completions_.load(std::memory_order_relaxed));  // The lock's.
    for (const completion_node* node = nodes.front(); node != nullptr;
         node = nodes.next_of(*node)) {
      look(*node);
    }
  }

  /// It ended with an exception that nobody has fetched yet. Threads: that of whoever ended it.
  [[nodiscard]] bool is_unretrieved() const noexcept;

  /// True if its scheduler is a loop: only one thread changes it.
  [[nodiscard]] bool single_threaded() const noexcept { return single_threaded_; }
  /// Who runs its callbacks.
  [[nodiscard]] scheduler& home() const noexcept { return *scheduler_; }

  void add_reference() noexcept;
  void drop_reference() noexcept;
  /// drop_reference() for whoever was asked whether it is lost, and would be asked again. Returns how many
  /// are left; at zero it is gone.
  std::uint32_t release_reference() noexcept;

  /// False for what something else ends: a task, a timer, a child. See asyncio/lost_tasks.hpp.
  [[nodiscard]] virtual bool ends_through_handles_only() const noexcept { return false; }
  /// On a loop: a reference is from here on that of an await, which ends nothing, or is so no more.
  void count_reference_of_wait() noexcept;
  void discount_reference_of_wait() noexcept;
  /// True if these, and `besides` others, are all references.
  [[nodiscard]] bool held_by_waits_only(std::uint32_t besides = 0) const noexcept;
  /// True if there is more than one reference. A hint: others may drop theirs meanwhile, nobody can add one
  /// to the last.
  [[nodiscard]] bool shared() const noexcept;

 protected:
  static constexpr std::uint32_t is_done = task_word::is_done;

  explicit future_base(scheduler& scheduler) noexcept;
  virtual ~future_base();

  [[nodiscard]] bool ended_cancelled() const noexcept { return cancelled_; }

  /// An exception is in place that somebody should fetch. Under the lock.
  void expect_retrieval();
  /// For the destructor of the typed state, while exception() still works.
  void report_if_unretrieved(const char* message, std::string_view name) noexcept;
  /// The nodes that are to be told, once is_done is set.
  [[nodiscard]] completion_list take_completions() noexcept;
  static void tell(completion_list& nodes) noexcept;

  // The message of the cancellation that is to be delivered.
  [[nodiscard]] std::string copy_message() const;
  [[nodiscard]] std::string take_message() noexcept;
  void store_message(std::string_view message);
  void note_message(std::string_view message);

  /// What only few need: a name, messages of cancellations, an exception to be fetched.
  struct rarities {
    std::string due_message;
    std::string noted_message;
    std::string name;
    bool named = false;
    // Only where an exception waits to be fetched: the handler may have to outlive its scheduler.
    std::shared_ptr<const failure_handler> unretrieved;
    bool is_unretrieved = false;
  };
  /// Under the lock: null if there are none.
  [[nodiscard]] rarities* rare() const noexcept {
    return rarities_.load(std::memory_order_relaxed);  // The lock's.
  }
  /// Under the lock; takes `made` if there are none yet.
  [[nodiscard]] rarities& make_rare(std::unique_ptr<rarities>& made) noexcept;

  scheduler* scheduler_;

 private:
  void change_message(std::string rarities::* which, std::string_view message);

  // Changed under lock_.
  std::atomic<completion_node*> completions_{nullptr};  // The last one: see completion_list.
  // Made under lock_, and kept to the end. Q1: published by a release; who finds none without the lock has
  // nothing to wait for.
  std::atomic<rarities*> rarities_{nullptr};

 protected:
  std::atomic<std::uint32_t> word_{0};
  std::atomic<std::uint32_t> references_{1};
  std::atomic<std::uint32_t> references_of_waits_{0};  // Changed by a loop's own thread only.
  const bool single_threaded_;
  mutable spin_lock lock_;
  // Of the result; written by whoever ends it, before that. A gather() that is cancelled ends with that error, but
  // is never cancelled itself (asyncio).
  bool cancelled_ = false;
  bool message_lasts_ =
      false;  // Of a task: not only the first one who asks gets its error's message.
};

/// A counted reference.
template <class Object>
class counted_reference {
 public:
  counted_reference() noexcept = default;
  explicit counted_reference(Object& object) noexcept : object_(&object) {
    object_->add_reference();
  }
  /// Takes over a reference that the caller has.
  [[nodiscard]] static counted_reference adopt(Object& object) noexcept {
    counted_reference result;
    result.object_ = &object;
    return result;
  }
  counted_reference(const counted_reference& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) {
      object_->add_reference();
    }
  }
  counted_reference(counted_reference&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)) {}
  template <class Other>
    requires(std::is_convertible_v<Other*, Object*> && !std::is_same_v<Other, Object>)
  // NOLINTNEXTLINE(google-explicit-constructor): as with pointers, every task is a future.
  counted_reference(const counted_reference<Other>& other) noexcept : object_(other.get()) {
    if (object_ != nullptr) {
      object_->add_reference();
    }
  }
  counted_reference& operator=(counted_reference other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~counted_reference() {
    if (object_ != nullptr) {
      object_->drop_reference();
    }
  }

  [[nodiscard]] Object* get() const noexcept { return object_; }
  Object& operator*() const noexcept { return *object_; }
  Object* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const counted_reference&, const counted_reference&) = default;

 private:
  Object* object_ = nullptr;
};

using future_reference = counted_reference<future_base>;

}  // namespace jackdaw
