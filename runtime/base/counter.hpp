// A counter that one thread increments and any thread reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace jackdaw {

class counter {
 public:
  // K1: one writer, so a plain addition; relaxed, since readers want a number, not an order.
  void add(std::uint64_t count = 1) noexcept { set(get() + count); }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }  // K1

  /// For counters with several writers.
  void add_shared() noexcept { value_.fetch_add(1, std::memory_order_relaxed); }  // K1

  [[nodiscard]] std::uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);  // K1
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace jackdaw
