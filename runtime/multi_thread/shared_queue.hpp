// The run queue of nobody in particular: for outsiders, and for what does not fit elsewhere.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/memory.hpp>
#include <jackdaw/runtime/work.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>

namespace jackdaw {

/// A FIFO under a mutex: outsiders are rare, and workers take in batches.
template <class Memory = std_memory>
class basic_shared_queue {
 public:
  void push(work& item) noexcept {
    const std::lock_guard guard(lock_);
    items_.push_back(item);
    publish_size();
  }

  void push(std::span<work* const> items) noexcept {
    const std::lock_guard guard(lock_);
    for (work* const item : items) {
      items_.push_back(*item);
    }
    publish_size();
  }

  /// Takes a fair share for one of `workers`, at least one item if there is one; returns how many.
  [[nodiscard]] std::size_t pop(std::span<work*> into, unsigned workers) noexcept {
    if (empty()) {
      return 0;
    }
    const std::lock_guard guard(lock_);
    std::size_t share = items_.size() / workers + 1;
    share = share < into.size() ? share : into.size();
    std::size_t count = 0;
    while (count < share) {
      work* const item = items_.pop_front();
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
  void publish_size() noexcept {
    size_.store(items_.size(), std::memory_order_seq_cst);  // P1 of "No lost wake-up".
  }

  typename Memory::mutex lock_;
  work_list items_;
  alignas(cache_line_bytes) typename Memory::template atomic<std::size_t> size_{0};
};

using shared_queue = basic_shared_queue<>;

}  // namespace jackdaw
