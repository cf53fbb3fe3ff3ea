// A worker's run queue: a bounded FIFO ring, which its owner fills and everybody empties.
//
// One proof obligation
// --------------------
//   owner, push                         owner or thief, take n
//   A1  head    (acquire)               B1  head   (acquire)
//   A2  fill slots at tail (relaxed)    B2  tail   (acquire)
//   A3  tail := tail+n (seq_cst)        B3  copy slots head .. head+n (relaxed)
//                                       B4  head: compare-and-swap to head+n (seq_cst)
//
// Only the owner writes tail and slots; everybody who takes moves head by B4, and both indices only
// grow (64 bits: never wrap), so there is no ABA and no owner's special case for the last element.
// Claim: the slots copied at B3 by a taker whose B4 succeeds are the ones pushed at those indices.
// Proof: B2 reads a tail whose A3 released the slots below it, so B3 sees them or something newer. A
//   newer value at slot i would be a push of index i + capacity, which A1 allows only after it read
//   head > i; then head had passed the taker's head, and B4 fails. ∎
// Claim: nothing is taken twice, nothing is lost. Head moves by compare-and-swap alone, each move hands
//   exactly the indices it passes to one taker, and the owner never moves it otherwise. ∎
// Why A3 is seq_cst: it is step P1 of "No lost wake-up" in idle_set.hpp. B4 needs no more than acquire
//   and release for the claims above; it is an RMW either way.
// Why bounded: growing needs the two hardest cases of a Chase-Lev deque (publication and reclamation
//   of buffers); what does not fit goes to the shared queue, which bounds memory and gives fairness.
// Source: the run queue of Go's scheduler (proc.go, runqput, runqget, runqgrab) and tokio's queue.rs.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/memory.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace jackdaw {

template <class T, std::size_t Capacity = 256, class Memory = std_memory>
class steal_queue {
  static_assert((Capacity & (Capacity - 1)) == 0, "the index is masked");

 public:
  static constexpr std::size_t capacity = Capacity;

  /// `first_index` lets tests start near the wrap-around of narrower types.
  explicit steal_queue(std::uint64_t first_index = 0) noexcept
      : head_(first_index), tail_(first_index) {}

  /// Appends as many of `items` as fit, in order; returns how many. Threads: the owner.
  [[nodiscard]] std::size_t push(std::span<T* const> items) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_acquire);  // A1
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);  // Owner's own.
    const std::size_t room = Capacity - static_cast<std::size_t>(tail - head);
    const std::size_t count = items.size() < room ? items.size() : room;
    for (std::size_t index = 0; index < count; ++index) {
      slot(tail + index).store(items[index], std::memory_order_relaxed);  // A2
    }
    if (count > 0) {
      tail_.store(tail + count, std::memory_order_seq_cst);  // A3
    }
    return count;
  }

  /// Takes the oldest item, or null. Threads: the owner.
  [[nodiscard]] T* pop() noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);  // B1
    while (true) {
      const std::uint64_t tail = tail_.load(std::memory_order_relaxed);  // Owner's own: B2.
      if (head == tail) {
        return nullptr;
      }
      T* const item = slot(head).load(std::memory_order_relaxed);                 // B3
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_seq_cst,  // B4
                                      std::memory_order_acquire)) {               // B1 again.
        return item;
      }
    }
  }

  // --- While no other thread touches the queue, and none will without being started by this one: the
  // same without read-modify-writes.
  [[nodiscard]] bool push_alone(T& item) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);  // Nobody else's, either.
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);  // As above.
    if (tail - head == Capacity) {
      return false;
    }
    slot(tail).store(&item, std::memory_order_relaxed);  // A2
    tail_.store(tail + 1, std::memory_order_relaxed);    // A3: creating a thread publishes it.
    return true;
  }
  [[nodiscard]] T* pop_alone() noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);  // B1
    if (head == tail_.load(std::memory_order_relaxed)) {               // B2
      return nullptr;
    }
    T* const item = slot(head).load(std::memory_order_relaxed);  // B3
    head_.store(head + 1, std::memory_order_relaxed);            // B4
    return item;
  }

  /// Takes the older half (rounded up) of what is there, at most as much as fits into `into`.
  /// Returns how many. Threads: any.
  [[nodiscard]] std::size_t steal(std::span<T*> into) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);  // B1
    while (true) {
      const std::uint64_t tail = tail_.load(std::memory_order_acquire);  // B2
      const auto available = static_cast<std::int64_t>(tail - head);
      if (available <= 0) {
        return 0;  // Negative: head is older than tail; somebody took everything.
      }
      std::size_t count = (static_cast<std::size_t>(available) + 1) / 2;
      count = count < into.size() ? count : into.size();
      for (std::size_t index = 0; index < count; ++index) {
        into[index] = slot(head + index).load(std::memory_order_relaxed);  // B3
      }
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_seq_cst,  // B4
                                      std::memory_order_acquire)) {                   // B1 again.
        return count;
      }
    }
  }

  /// Exact for the owner if nobody steals. Sequentially consistent: step I2 of "No lost wake-up".
  [[nodiscard]] std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_seq_cst);  // I2
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);  // I2
    const auto items = static_cast<std::int64_t>(tail - head);
    return items > 0 ? static_cast<std::size_t>(items) : 0;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

 private:
  using slot_type = typename Memory::template atomic<T*>;

  slot_type& slot(std::uint64_t index) noexcept { return slots_[index & (Capacity - 1)]; }

  // Thieves write head; the owner writes tail and slots.
  alignas(cache_line_bytes) typename Memory::template atomic<std::uint64_t> head_;
  alignas(cache_line_bytes) typename Memory::template atomic<std::uint64_t> tail_;
  std::array<slot_type, Capacity> slots_{};
};

}  // namespace jackdaw
