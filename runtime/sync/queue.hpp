// A bounded FIFO of items between tasks.
#pragma once

#include <jackdaw/runtime/sync/wait_queue.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace jackdaw {

/// The queue was shut down: no item will come, or none is taken any more.
class queue_shut_down : public std::runtime_error {
 public:
  queue_shut_down() : std::runtime_error("the queue has been shut down") {}
};

/// The untyped half of queue<T>: who waits for items, and who for room. Its lock guards the items.
class queue_base {
 public:
  [[nodiscard]] bool is_shut_down() const noexcept;

 protected:
  explicit queue_base(std::size_t size_max) noexcept : size_max_(size_max) {}

  /// Waits in `waiters` for a wake-up. A wake-up that arrived together with a cancellation is passed
  /// on if `still_useful` says so under the lock.
  class turn {
   public:
    turn(queue_base& queue, wait_queue& waiters, bool (queue_base::*keep_waiting)() const noexcept,
         bool (queue_base::*pass_on)() const noexcept) noexcept
        : queue_(&queue), waiters_(&waiters), keep_waiting_(keep_waiting), pass_on_(pass_on) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept;
    void await_resume();

   private:
    queue_base* queue_;
    wait_queue* waiters_;
    bool (queue_base::*keep_waiting_)() const noexcept;
    bool (queue_base::*pass_on_)() const noexcept;
    wait_queue::node node_;
    bool suspended_ = false;
  };

  // Under lock_.
  [[nodiscard]] bool is_full() const noexcept { return size_max_ > 0 && size_ >= size_max_; }
  [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool putter_waits() const noexcept { return is_full() && !shut_down_; }
  [[nodiscard]] bool getter_waits() const noexcept { return is_empty() && !shut_down_; }
  [[nodiscard]] bool has_room() const noexcept { return !is_full(); }
  [[nodiscard]] bool has_items() const noexcept { return !is_empty(); }
  void wake_getter() noexcept;
  void wake_putter() noexcept;
  void wake_everybody() noexcept;

  mutable spin_lock lock_;
  std::size_t size_max_;
  std::size_t size_ = 0;
  bool shut_down_ = false;
  wait_queue getters_;
  wait_queue putters_;
};

/// Items in order; getters and putters in order of arrival. `size_max` 0: unbounded.
///
/// A woken getter can lose its item to a try_get() before it runs; it then waits again, last.
/// Threads       Tasks of one runtime; try_put() and try_get() from any thread in multi-threaded mode.
/// Cancellation  Never loses an item: a cancelled put() has not put, a cancelled get() has not taken.
/// Source        asyncio.Queue (3.13).
template <class T>
class queue : public queue_base {
 public:
  explicit queue(std::size_t size_max = 0) noexcept : queue_base(size_max) {}

  /// Suspends while the queue is full. Throws queue_shut_down.
  task<void> put(T item) {
    while (!try_put(item)) {
      turn room(*this, putters_, &queue::putter_waits, &queue::has_room);
      co_await room;
    }
  }

  /// Suspends while the queue is empty. Throws queue_shut_down once it is shut down and empty.
  task<T> get() {
    while (true) {
      std::optional<T> item = try_get();
      if (item.has_value()) {
        co_return std::move(*item);
      }
      turn arrival(*this, getters_, &queue::getter_waits, &queue::has_items);
      co_await arrival;
    }
  }

  /// Moves from `item` and returns true, unless the queue is full. Throws queue_shut_down.
  [[nodiscard]] bool try_put(T& item) {
    const std::lock_guard guard(lock_);
    if (shut_down_) {
      throw queue_shut_down();
    }
    if (is_full()) {
      return false;
    }
    items_.push_back(std::move(item));
    size_ = items_.size();
    wake_getter();
    return true;
  }
  [[nodiscard]] bool try_put(T&& item) { return try_put(item); }

  /// The oldest item, or nothing. Throws queue_shut_down if it is shut down and empty.
  [[nodiscard]] std::optional<T> try_get() {
    const std::lock_guard guard(lock_);
    if (items_.empty()) {
      if (shut_down_) {
        throw queue_shut_down();
      }
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    size_ = items_.size();
    wake_putter();
    return item;
  }

  /// No more items are accepted; those that are there can be taken (or are dropped, if `immediate`).
  void shutdown(bool immediate = false) {
    std::deque<T> dropped;
    const std::lock_guard guard(lock_);
    shut_down_ = true;
    if (immediate) {
      dropped.swap(items_);
      size_ = 0;
    }
    wake_everybody();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard guard(lock_);
    return items_.size();
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

 private:
  std::deque<T> items_;  // Under lock_.
};

}  // namespace jackdaw
