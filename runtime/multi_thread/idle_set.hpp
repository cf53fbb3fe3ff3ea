// Who sleeps, and who wakes whom.
//
// No lost wake-up
// ---------------
// A worker sleeps only after it announced itself and looked once more; a publisher publishes before it
// looks for sleepers. So one of the two must see the other.
//
//   publisher                                  worker w
//   P1  make work visible        (seq_cst)     I1  announce: set bit w               (seq_cst)
//   P2  read the word            (seq_cst)     I2  look at every queue               (seq_cst)
//   P3  clear one bit and add a  (seq_cst)     I3  found nothing: park() in the driver
//       searcher, by one CAS
//   P4  driver(w).wake()                       I4  retract: clear bit w              (seq_cst)
//
// The word holds the sleepers' bits and the number of searchers, so that both change together: a claimed
// worker is a searcher from the instant its bit is gone.
//
//   S1  begin a search: count + 1 (seq_cst)    S2  end it: count - 1 (seq_cst), before I1
//
// Theorem 1. If P2 sees an empty mask, every worker that announces itself later finds the work at I2.
//   Proof: P1, P2, I1, I2 are seq_cst, so they have one total order S that agrees with each thread's
//   program order. P2 misses I1, hence P2 <S I1. Therefore P1 <S P2 <S I1 <S I2, and I2 reads P1 or
//   something newer. ∎
// Theorem 2. If P2 sees a searcher, the work is found. Proof: a searcher leaves the search (S2) before it
//   announces itself (I1). P2 saw it searching, so P2 <S S2 <S I1 <S I2: as above. If it leaves because
//   it found other work, and was the last searcher, it wakes the next (see worker::search). ∎
// Corollary. A worker that is not allowed to search (enough do) may sleep although work is in sight, if
//   it sees a searcher after I1: that one is a publisher's searcher too, and Theorem 2 holds for it. ∎
// Theorem 3. A claimed worker looks for work after the claim: P4 leaves a permit in its driver, which
//   ends the park() that consumes it; the worker then searches. The driver's permit is release/acquire,
//   so w also sees what preceded P4. ∎
// Corollary. Work never waits while all workers sleep. A worker that found work at I2 *and* was claimed
//   meanwhile counts as a searcher since P3; retract() tells it so, and leaving the search passes the
//   wake on.
//
// Why not weaker: with acquire at P2 or I2 the four accesses form Dekker's pattern, and both may read
// old values.
// Source: Go's scheduler (proc.go, "Worker thread parking/unparking") and tokio's idle.rs, one word each.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/memory.hpp>

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>

namespace jackdaw {

template <class Memory = std_memory>
class basic_idle_set {
 public:
  static constexpr unsigned worker_count_max = 48;  // One word, with room for the count.

  /// Worker 0 runs; the others have not been started, which is a way of sleeping.
  explicit basic_idle_set(unsigned workers) noexcept
      : word_(((std::uint64_t{1} << workers) - 1) & ~std::uint64_t{1}) {}

  void announce(unsigned worker) noexcept {
    const auto before = word_.fetch_or(bit(worker), std::memory_order_seq_cst);  // I1
    JACKDAW_ASSERT((before & bit(worker)) == 0);
  }

  /// True if a publisher claimed `worker` meanwhile: it then is a searcher, and owes a search.
  [[nodiscard]] bool retract(unsigned worker) noexcept {
    return (word_.fetch_and(~bit(worker), std::memory_order_seq_cst) & bit(worker)) == 0;  // I4
  }

  /// Picks one sleeper, unless somebody searches already; it counts as a searcher from now on, and is
  /// the caller's to wake. Call after publishing (P1), never before.
  [[nodiscard]] std::optional<unsigned> claim_one() noexcept {
    std::uint64_t word = word_.load(std::memory_order_seq_cst);  // P2
    while ((word & mask) != 0 && word < one_searcher) {
      const auto worker = static_cast<unsigned>(std::countr_zero(word));
      if (word_.compare_exchange_weak(word, (word & ~bit(worker)) + one_searcher,
                                      std::memory_order_seq_cst)) {  // P3
        return worker;
      }
    }
    return std::nullopt;
  }

  /// A worker begins to search by itself. False: enough search already.
  [[nodiscard]] bool start_search(unsigned workers) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);  // A guess that S1 validates.
    while (2 * (word / one_searcher) < workers) {
      if (word_.compare_exchange_weak(word, word + one_searcher,
                                      std::memory_order_seq_cst)) {  // S1
        return true;
      }
    }
    return false;
  }

  /// True if the caller was the last searcher: if it found work, it wakes the next one.
  [[nodiscard]] bool end_search() noexcept {
    const auto before = word_.fetch_sub(one_searcher, std::memory_order_seq_cst);  // S2
    JACKDAW_ASSERT(before >= one_searcher);
    return before / one_searcher == 1;
  }

  /// True if somebody searches: whoever does looks again before it sleeps, so others need not (I2).
  [[nodiscard]] bool anybody_searches() const noexcept {
    return word_.load(std::memory_order_seq_cst) >= one_searcher;  // P2
  }

  /// How many sleep now. For the watchdog, forks and tests.
  [[nodiscard]] unsigned sleepers() const noexcept {
    // P2: seq_cst for who looks before going to sleep itself; whoever finds a worker asleep sees what it did
    // before.
    return static_cast<unsigned>(std::popcount(word_.load(std::memory_order_seq_cst) & mask));
  }

 private:
  static constexpr std::uint64_t one_searcher = std::uint64_t{1} << worker_count_max;
  static constexpr std::uint64_t mask = one_searcher - 1;

  static constexpr std::uint64_t bit(unsigned worker) noexcept {
    return std::uint64_t{1} << worker;
  }

  alignas(cache_line_bytes) typename Memory::template atomic<std::uint64_t> word_;
};

using idle_set = basic_idle_set<>;

}  // namespace jackdaw
