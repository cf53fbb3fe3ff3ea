// tests/support/stress.hpp
//
// How much a stress test does, and where its randomness comes from.
#pragma once

#include <jackdaw/runtime/base/config.hpp>

#include <cstdint>
#include <random>

namespace jackdaw::testing {

/// `count`, or a tenth of it where a sanitizer watches: it is ten to twenty times slower there.
[[nodiscard]] constexpr int scaled(int count) { return sanitized ? (count + 9) / 10 : count; }

/// The seed of this process: from the environment variable JACKDAW_SEED, else from the clock. Printed
/// when it is first asked for, so that a failure can be repeated.
[[nodiscard]] std::uint64_t process_seed();

/// A generator of its own for each use, so that one test does not change the numbers of another.
[[nodiscard]] std::mt19937_64 random_numbers(std::uint64_t use = 0);

}  // namespace jackdaw::testing
