// Bounded queues of items between tasks: first in first out, smallest first, last in first out.
#pragma once

#include <jackdaw/runtime/base/heapq.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/sync/wait_queue.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace jackdaw {

/// The queue was shut down: no item will come, or none is taken any more.
class queue_shut_down : public std::runtime_error {
 public:
  queue_shut_down() : std::runtime_error("the queue has been shut down") {}
};

/// get_nowait() found nothing. Source: asyncio.QueueEmpty.
class queue_empty : public std::runtime_error {
 public:
  queue_empty() : std::runtime_error("the queue is empty") {}
};

/// put_nowait() found no room. Source: asyncio.QueueFull.
class queue_full : public std::runtime_error {
 public:
  queue_full() : std::runtime_error("the queue is full") {}
};

/// The untyped half of a queue: who waits for items, who for room, and who for the work to be done. Its
/// lock guards the items.
class queue_base {
 public:
  [[nodiscard]] bool is_shut_down() const noexcept;
  /// The number of items it holds at most; 0: any number.
  [[nodiscard]] std::size_t maxsize() const noexcept { return size_max_; }
  [[nodiscard]] std::size_t qsize() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return qsize(); }
  [[nodiscard]] bool empty() const noexcept { return qsize() == 0; }
  [[nodiscard]] bool full() const noexcept;

  /// One item that was taken is dealt with. Throws std::invalid_argument if there were not so many.
  void task_done();
  /// Waits until as many items are dealt with as were put: until there were as many task_done().
  ///
  /// Suspends      Unless nothing is left to do.
  /// Cancellation  Nothing is lost.
  task<void> join();

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
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept;
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
  void item_put() noexcept;
  void item_taken() noexcept;
  static void wake_one_of(wait_queue& waiters) noexcept;
  void end(bool drop_items) noexcept;

  mutable spin_lock lock_;
  std::size_t size_max_;
  std::size_t size_ = 0;
  std::size_t unfinished_ = 0;
  bool shut_down_ = false;
  wait_queue getters_;
  wait_queue putters_;
  event finished_;  // Of use only while unfinished_ > 0.
};

/// Which item comes next: the first one.
template <class T>
class first_in_first_out {
 public:
  void push(T&& item) { items_.push_back(std::move(item)); }
  void pop(std::optional<T>& into) {
    into.emplace(std::move(items_.front()));
    items_.pop_front();
  }

 private:
  std::deque<T> items_;
};

/// The last one.
template <class T>
class last_in_first_out {
 public:
  void push(T&& item) { items_.push_back(std::move(item)); }
  void pop(std::optional<T>& into) {
    into.emplace(std::move(items_.back()));
    items_.pop_back();
  }

 private:
  std::vector<T> items_;
};

/// The smallest one; of equal ones that which Python's heapq would give. `Compare` must not throw.
template <class T, class Compare>
class smallest_first {
 public:
  void push(T&& item) { heapq::push(items_, std::move(item), Compare()); }
  void pop(std::optional<T>& into) { into.emplace(heapq::pop(items_, Compare())); }

 private:
  std::vector<T> items_;
};

/// What all queues do; getters and putters in order of arrival. `maxsize` 0: unbounded.
///
/// A woken getter can lose its item to a try_get() before it runs; it then waits again, last.
/// Threads       Tasks of one runtime; try_... and ..._nowait() from any thread in multi-threaded mode.
/// Cancellation  Never loses an item: a cancelled put() has not put, a cancelled get() has not taken.
/// Source        asyncio.Queue (3.13).
template <class T, class Items>
class basic_queue : public queue_base {
 public:
  explicit basic_queue(std::size_t maxsize = 0) noexcept : queue_base(maxsize) {}

  /// Suspends while the queue is full. Throws queue_shut_down.
  task<void> put(T item) {
    while (!try_put(item)) {
      turn room(*this, putters_, &basic_queue::putter_waits, &basic_queue::has_room);
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
      turn arrival(*this, getters_, &basic_queue::getter_waits, &basic_queue::has_items);
      co_await arrival;
    }
  }

  /// As put() and get(), but throw queue_full and queue_empty where those would suspend.
  void put_nowait(T item) {
    if (!try_put(item)) {
      throw queue_full();
    }
  }
  T get_nowait() {
    std::optional<T> item = try_get();
    if (!item.has_value()) {
      throw queue_empty();
    }
    return std::move(*item);
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
    items_.push(std::move(item));
    item_put();
    return true;
  }
  [[nodiscard]] bool try_put(T&& item) { return try_put(item); }

  /// The next item, or nothing. Throws queue_shut_down if it is shut down and empty.
  [[nodiscard]] std::optional<T> try_get() {
    std::optional<T> item;
    const std::lock_guard guard(lock_);
    if (is_empty()) {
      if (shut_down_) {
        throw queue_shut_down();
      }
      return item;
    }
    items_.pop(item);
    item_taken();
    return item;
  }

  /// No more items are accepted; those that are there can be taken. If `immediate`, they are dropped
  /// instead, and count as dealt with.
  void shutdown(bool immediate = false) {
    Items dropped;
    const std::lock_guard guard(lock_);
    if (immediate) {
      std::swap(dropped, items_);
    }
    end(immediate);
  }

 private:
  Items items_;  // Under lock_.
};

/// Items in the order in which they were put. Source: asyncio.Queue.
template <class T>
class queue : public basic_queue<T, first_in_first_out<T>> {
 public:
  using basic_queue<T, first_in_first_out<T>>::basic_queue;
};

/// The smallest item first. Source: asyncio.PriorityQueue.
template <class T, class Compare = std::less<T>>
class priority_queue : public basic_queue<T, smallest_first<T, Compare>> {
 public:
  using basic_queue<T, smallest_first<T, Compare>>::basic_queue;
};

/// The item that was put last. Source: asyncio.LifoQueue.
template <class T>
class lifo_queue : public basic_queue<T, last_in_first_out<T>> {
 public:
  using basic_queue<T, last_in_first_out<T>>::basic_queue;
};

}  // namespace jackdaw
