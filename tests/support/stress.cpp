// Choosing and printing the seed.
#include "stress.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace jackdaw::testing {

std::uint64_t process_seed() {
  static const std::uint64_t seed = [] {
    std::uint64_t chosen = 0;
    if (const char* const wanted = std::getenv("JACKDAW_SEED")) {
      chosen = std::strtoull(wanted, nullptr, 0);
    } else {
      chosen =
          static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    }
    std::printf("JACKDAW_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    std::fflush(stdout);
    return chosen;
  }();
  return seed;
}

std::mt19937_64 random_numbers(std::uint64_t use) {
  std::seed_seq sequence{process_seed() & 0xFFFFFFFFU, process_seed() >> 32U, use};
  return std::mt19937_64(sequence);
}

}  // namespace jackdaw::testing
