// A small random generator for picking victims: speed and independence of workers, not quality.
#pragma once

#include <cstdint>

namespace jackdaw {

/// xorshift64* (Vigna 2014). One per worker, seeded with its number.
class random_generator {
 public:
  explicit random_generator(std::uint64_t seed) noexcept
      : state_(seed * 0x9E3779B97F4A7C15ULL + 0x2545F4914F6CDD1DULL) {}

  /// A number in [0, bound). `bound` must not be 0.
  std::uint32_t below(std::uint32_t bound) noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const auto high = static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 32);
    // Multiplication instead of a remainder (Lemire 2016): a division costs more than the steal.
    return static_cast<std::uint32_t>((std::uint64_t{high} * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace jackdaw
