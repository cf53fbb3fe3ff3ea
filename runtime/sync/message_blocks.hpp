// The store below a channel: a chain of blocks of messages, written at one end and read at the other.
//
// Each end belongs to whoever holds that end's lock. The ends meet in three words (channel.hpp, "Two ends, two
// locks"):
//
//   C1  `sent_`      stored with release by the writing end, loaded with acquire by the reading one: who sees the
//                    count sees the messages, and the links of the blocks that hold them.
//   C2  `received_`  the other way round: the place in the chain is free.
//   C3  `spare_`     the block that was emptied last is handed back; exchanged, with acquire and release.
//
// Each end remembers what it last saw of the other's count, and looks again only when that is used up.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace jackdaw {

template <class T>
class message_blocks {
 public:
  /// No block holds more than `count_max` needs.
  explicit message_blocks(std::size_t count_max)
      : per_block_(std::min(per_block_max, std::bit_ceil(std::min(count_max, per_block_max)))),
        last_(make_block()),
        first_(last_) {}
  message_blocks(const message_blocks&) = delete;
  message_blocks& operator=(const message_blocks&) = delete;
  ~message_blocks() {
    std::optional<T> dropped;
    while (pop(dropped)) {
    }
    free_block(first_);
    free_block(spare_.load(std::memory_order_relaxed));  // Relaxed: nobody else is there any more.
  }

  // --- The writing end ---

  /// False if `capacity` messages are there.
  [[nodiscard]] bool has_room(std::size_t capacity) noexcept {
    const std::uint64_t sent = sent_.load(std::memory_order_relaxed);  // Own.
    if (sent - received_seen_ >= capacity) {
      received_seen_ = received_.load(std::memory_order_acquire);  // C2
    }
    return sent - received_seen_ < capacity;
  }

  /// Throws std::bad_alloc; `message` is as it was then.
  void push(T&& message) {
    const std::uint64_t sent = sent_.load(std::memory_order_relaxed);  // Own.
    const std::size_t index = index_of(sent);
    if (index == 0 && sent > 0) {
      last_->next = take_spare();
      last_ = last_->next;
    }
    std::construct_at(message_at(last_, index), std::move(message));
    sent_.store(sent + 1, std::memory_order_release);  // C1
  }

  // --- The reading end ---

  /// False if there is no message.
  [[nodiscard]] bool pop(std::optional<T>& into) noexcept {
    const std::size_t ready = look(1);
    if (ready > 0) {
      T& message = next_message();
      into.emplace(std::move(message));
      leave(message);
    }
    return ready > 0;
  }

  /// How many messages can be taken, up to `count_max`; asks the other end only if it knows of none.
  [[nodiscard]] std::size_t look(std::size_t count_max) noexcept {
    const std::uint64_t received = received_.load(std::memory_order_relaxed);  // Own.
    if (sent_seen_ == received) {
      sent_seen_ = sent_.load(std::memory_order_acquire);  // C1
    }
    return std::min<std::uint64_t>(count_max, sent_seen_ - received);
  }

  /// After a look() that found it: to be moved from, and left by leave().
  [[nodiscard]] T& next_message() noexcept {
    const std::uint64_t received = received_.load(std::memory_order_relaxed);  // Own.
    const std::size_t index = index_of(received);
    if (index == 0 && received > 0) {
      block* const emptied = std::exchange(first_, first_->next);
      free_block(spare_.exchange(emptied, std::memory_order_acq_rel));  // C3
    }
    return *message_at(first_, index);
  }
  void leave(T& message) noexcept {
    std::destroy_at(&message);
    received_.store(received_.load(std::memory_order_relaxed) + 1,  // Own.
                    std::memory_order_release);                     // C2
  }

  /// How many there are: a moment ago, where others write and read. Threads: any.
  [[nodiscard]] std::size_t size() const noexcept {
    // C2: whoever sees a count of messages read sees at least as many written.
    const std::uint64_t received = received_.load(std::memory_order_acquire);
    return sent_.load(std::memory_order_relaxed) - received;  // As above.
  }

 private:
  struct block {
    block* next;
  };

  // Some pages at most, but never so few that the chain costs more than the messages.
  static constexpr std::size_t block_bytes = 8192;
  static constexpr std::size_t per_block_max =
      std::bit_floor(std::clamp<std::size_t>(block_bytes / sizeof(T), 8, 512));
  static constexpr std::align_val_t alignment{std::max(alignof(T), alignof(block))};
  static constexpr std::size_t header_bytes = std::max(sizeof(block), alignof(T));

  [[nodiscard]] std::size_t index_of(std::uint64_t number) const noexcept {
    return number & (per_block_ - 1);
  }
  static T* message_at(block* in, std::size_t index) noexcept {
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(in) + header_bytes) + index;
  }

  [[nodiscard]] block* make_block() const {
    void* const memory = ::operator new(header_bytes + per_block_ * sizeof(T), alignment);
    return ::new (memory) block{nullptr};
  }
  static void free_block(block* unused) noexcept {
    if (unused != nullptr) {
      ::operator delete(unused, alignment);
    }
  }
  [[nodiscard]] block* take_spare() {
    block* const spare = spare_.exchange(nullptr, std::memory_order_acq_rel);  // C3
    if (spare == nullptr) {
      return make_block();
    }
    spare->next = nullptr;
    return spare;
  }

  const std::size_t per_block_;
  alignas(cache_line_bytes) std::atomic<std::uint64_t> sent_{0};
  std::uint64_t received_seen_ = 0;
  block* last_;
  alignas(cache_line_bytes) std::atomic<std::uint64_t> received_{0};
  std::uint64_t sent_seen_ = 0;
  block* first_;
  alignas(cache_line_bytes) std::atomic<block*> spare_{nullptr};
};

}  // namespace jackdaw
