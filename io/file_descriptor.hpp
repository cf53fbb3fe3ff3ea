// A descriptor that is closed by its owner, once, and only when no operation is pending on it.
//
// Numbers come back
// -----------------
// A descriptor's number is free for reuse the moment it is closed. Two things remember numbers: an
// operation that the kernel has not been handed yet, and a driver that registered interest. The first
// is why close() asserts that no operation is pending; the second is why each number has a generation,
// which goes up when we come to own the number: a registration of an older generation is not trusted.
// Not when we close it: a foreign descriptor, or one that was released, is closed behind our back.
//
//   Y1 look at a generation (acquire)   Y2 increment it (release): who sees the new number comes after
//   Z1 an operation begins (relaxed: its task orders it)   Z2 it ends (release)   Z3 release() looks
//      (acquire): an operation that ended is over for whoever closes
//   Z4 relaxed: hints; who reads next comes after who read before
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace jackdaw::io {

/// The generation of a descriptor number: how often this library took it over. Threads: any.
[[nodiscard]] std::uint32_t descriptor_generation(int descriptor) noexcept;

/// Threads       Operations may be pending on any worker; moving, closing: when none is.
class file_descriptor {
 public:
  file_descriptor() noexcept = default;
  /// Takes it over; a negative number is none.
  explicit file_descriptor(int descriptor) noexcept;
  file_descriptor(file_descriptor&& other) noexcept : number_(other.release()) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = other.release();
    }
    return *this;
  }
  ~file_descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  /// Gives the descriptor away. Aborts if an operation is pending.
  [[nodiscard]] int release() noexcept;
  /// Idempotent. Aborts if an operation is pending on it: cancel that, or wait for it, first.
  void close() noexcept;

  /// For operations: they are counted while they are pending.
  void operation_began() noexcept {
    pending_.fetch_add(
        1, std::memory_order_relaxed);  // Z1: a count; close() is ordered by its caller.
  }
  void operation_ended() noexcept { pending_.fetch_sub(1, std::memory_order_release); }  // Z2

  /// For drivers: the last receive left nothing behind, so the next one will have to wait. A hint.
  [[nodiscard]] bool drained() const noexcept {
    return drained_.load(std::memory_order_relaxed);  // Z4
  }
  void set_drained(bool now) noexcept { drained_.store(now, std::memory_order_relaxed); }  // Z4

  /// For drivers: what one of them noted about what arrived here; 0 at first. Worth no more than a hint.
  [[nodiscard]] std::uint32_t arrivals() const noexcept {
    return arrivals_.load(std::memory_order_relaxed);  // Z4
  }
  void note_arrivals(std::uint32_t note) noexcept {
    arrivals_.store(note, std::memory_order_relaxed);  // Z4
  }

 private:
  int number_ = -1;
  std::atomic<std::uint32_t> pending_{0};
  std::atomic<bool> drained_{false};
  std::atomic<std::uint32_t> arrivals_{0};
};

}  // namespace jackdaw::io
