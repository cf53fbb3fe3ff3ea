// The run queue of nobody in particular: for outsiders, and for what does not fit elsewhere.
//
// Pointers in a ring, and not a list of the items: what waits here in thousands has gone cold, and a list would
// fetch item after item from memory, each only when the one before it has come. The ring grows; where memory
// for that is refused, the items that do not fit are linked after all, since nothing may be lost.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/work.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <utility>

namespace jackdaw {

/// A FIFO under a lock: outsiders are rare, and workers take in batches.
class shared_queue {
 public:
  void push(work& item) noexcept {
    const std::lock_guard guard(lock_);
    append(item);
    publish_size();
  }

  void push(std::span<work* const> items) noexcept {
    const std::lock_guard guard(lock_);
    for (work* const item : items) {
      append(*item);
    }
    publish_size();
  }

  /// Takes a fair share for one of `workers`, at least one item if there is one; returns how many.
  [[nodiscard]] std::size_t pop(std::span<work*> into, unsigned workers) noexcept {
    if (empty()) {
      return 0;
    }
    const std::lock_guard guard(lock_);
    std::size_t share = size() / workers + 1;
    share = share < into.size() ? share : into.size();
    std::size_t count = 0;
    while (count < share) {
      work* const item = take();
      if (item == nullptr) {
        break;
      }
      into[count++] = item;
    }
    publish_size();
    return count;
  }

  [[nodiscard]] bool empty() const noexcept {
    return size_.load(std::memory_order_seq_cst) == 0;  // I2 of "No lost wake-up" (idle_set.hpp).
  }

 private:
  static constexpr std::size_t capacity_min = 256;
  static constexpr std::size_t capacity_kept_max = 16'384;  // Of an empty queue.

  // All of these under the lock.
  [[nodiscard]] std::size_t size() const noexcept { return count_ + unfit_.size(); }
  [[nodiscard]] work*& slot(std::size_t index) noexcept {
    return ring_[(first_ + index) & (capacity_ - 1)];
  }

  void append(work& item) noexcept {
    if (!unfit_.empty() || (count_ == capacity_ && !grow())) [[unlikely]] {
      unfit_.push_back(item);
      return;
    }
    slot(count_++) = &item;
  }

  [[nodiscard]] work* take() noexcept {
    if (count_ == 0) {
      return unfit_.pop_front();
    }
    work* const item = slot(0);
    ++first_;
    if (--count_ == 0 && capacity_ > capacity_kept_max) {
      ring_.reset();
      capacity_ = 0;
    }
    return item;
  }

  [[nodiscard]] bool grow() noexcept {
    const std::size_t capacity = capacity_ == 0 ? capacity_min : 2 * capacity_;
    std::unique_ptr<work*[]> larger(new (std::nothrow) work*[capacity]);
    if (larger == nullptr) {
      return false;
    }
    for (std::size_t index = 0; index < count_; ++index) {
      larger[index] = slot(index);
    }
    ring_ = std::move(larger);
    capacity_ = capacity;
    first_ = 0;
    return true;
  }

  void publish_size() noexcept {
    size_.store(size(), std::memory_order_seq_cst);  // P1 of "No lost wake-up".
  }

  spin_lock lock_;
  std::unique_ptr<work*[]> ring_;
  std::size_t capacity_ = 0;  // A power of two, or none.
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  work_list unfit_;  // Empty but for want of memory; behind the ring.
  alignas(cache_line_bytes) std::atomic<std::size_t> size_{0};
};

}  // namespace jackdaw
