// Queues with the mistakes that others made and published, and without them.
//
//   buffer_relaxed   the grown buffer of a Chase-Lev deque is published by a relaxed store and read by a
//                    relaxed load: a thief finds slots that were not copied yet (the C11 version of Le et
//                    al., PPoPP 2013; found by CDSChecker)
//   unsigned_index   take() on an empty deque at index 0 wraps round and finds an item (the same paper)
//   buffer_first     the thief chooses the buffer before it reads the index: an item is taken twice
//                    (crossbeam-deque, CVE-2021-32810)
//   index_of_mask    a ring whose index is no wider than its mask: full looks like empty (tokio#2387)
//   index_too_short  the index comes round while a thief sleeps, and its compare-and-swap succeeds (ABA)
//   head_stored      a taker moves the head by a store
#pragma once

#include "item.hpp"
#include "memory.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace jackdaw::model {

enum class mistake {
  none,
  buffer_relaxed,
  unsigned_index,
  buffer_first,
  index_of_mask,
  index_too_short,
  head_stored
};

/// A Chase-Lev deque that grows once, from one slot to two, and then to four.
template <mistake Made>
class growing_deque {
  using index = std::conditional_t<Made == mistake::unsigned_index, std::uint64_t, std::int64_t>;
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr auto acquire = std::memory_order_acquire;
  static constexpr auto release = std::memory_order_release;
  static constexpr auto seq_cst = std::memory_order_seq_cst;

 public:
  void push(item& pushed) {
    pushed.fill();
    const index bottom = bottom_.load(relaxed);
    const index top = top_.load(acquire);
    unsigned buffer = buffer_.load(relaxed);
    if (bottom - top >= static_cast<index>(capacity(buffer))) {
      for (index each = top; each < bottom; ++each) {
        slot(buffer + 1, each).store(slot(buffer, each).load(relaxed), relaxed);
      }
      buffer_.store(++buffer, Made == mistake::buffer_relaxed ? relaxed : release);
    }
    slot(buffer, bottom).store(&pushed, relaxed);
    bottom_.store(bottom + 1, seq_cst);
  }

  void take() {
    const index bottom = bottom_.load(relaxed) - 1;
    bottom_.store(bottom, seq_cst);
    index top = top_.load(seq_cst);
    if (top > bottom) {
      bottom_.store(bottom + 1, release);
      return;
    }
    item* const found = slot(buffer_.load(relaxed), bottom).load(relaxed);
    if (top < bottom || top_.compare_exchange_strong(top, top + 1, seq_cst)) {
      run(found);
    }
    if (top >= bottom) {
      bottom_.store(bottom + 1, release);
    }
  }

  void steal() {
    constexpr auto order = Made == mistake::buffer_relaxed ? relaxed : acquire;
    unsigned buffer = Made == mistake::buffer_first ? buffer_.load(order) : 0;
    index top = top_.load(seq_cst);
    if (top < bottom_.load(seq_cst)) {
      if (Made != mistake::buffer_first) {
        buffer = buffer_.load(order);
      }
      item* const found = slot(buffer, top).load(relaxed);
      if (top_.compare_exchange_strong(top, top + 1, seq_cst)) {
        run(found);
      }
    }
  }

 private:
  static void run(item* found) {
    check(found != nullptr, "a slot that is taken has been filled");
    found->take();
  }
  static constexpr std::size_t capacity(unsigned buffer) noexcept {
    return std::size_t{1} << buffer;
  }
  atomic<item*>& slot(unsigned buffer, index at) {
    return slots_[buffer][static_cast<std::size_t>(at) & (capacity(buffer) - 1)];
  }

  atomic<index> top_{0};
  atomic<index> bottom_{0};
  atomic<unsigned> buffer_{0};
  std::array<std::array<atomic<item*>, 4>, 3> slots_{};
};

/// A ring of two slots. As steal_queue, one item at a time.
template <mistake Made>
class short_ring {
  static constexpr unsigned modulus = Made == mistake::index_of_mask     ? 2
                                      : Made == mistake::index_too_short ? 4
                                                                         : 256;

 public:
  bool push(item& pushed) {
    pushed.fill();
    const unsigned head = head_.load(std::memory_order_acquire);
    const unsigned tail = tail_.load(std::memory_order_relaxed);
    if ((tail - head) % modulus == 2) {
      return false;
    }
    slots_[tail % 2].store(&pushed, std::memory_order_relaxed);
    tail_.store((tail + 1) % modulus, std::memory_order_seq_cst);
    return true;
  }

  bool take() {
    unsigned head = head_.load(std::memory_order_acquire);
    if (head == tail_.load(std::memory_order_acquire)) {
      return false;
    }
    item* const found = slots_[head % 2].load(std::memory_order_relaxed);
    if (Made == mistake::head_stored) {
      head_.store((head + 1) % modulus, std::memory_order_seq_cst);
    } else if (!head_.compare_exchange_strong(head, (head + 1) % modulus)) {
      return false;
    }
    found->take();
    return true;
  }

 private:
  atomic<unsigned> head_{0};
  atomic<unsigned> tail_{0};
  std::array<atomic<item*>, 2> slots_{};
};

}  // namespace jackdaw::model
