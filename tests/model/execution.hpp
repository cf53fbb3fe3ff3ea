// One execution of a model: its threads, its memory, and the rules of C++20 for both.
//
// What is explored
// ----------------
// At each atomic step: who goes next (leaving a thread that could go on costs one of the preemptions),
// and which store a load reads. Orders are those of C++20, as follows.
//   coherence      a load reads no store older than one its thread knows of (view.hpp)
//   read-modify-   reads the last store in modification order
//   write
//   synchronises   an acquiring read joins the view of the releasing store it reads, or that heads the
//                  release sequence it reads from: read-modify-writes of any thread carry it on, a plain
//                  store ends it
//   seq_cst        the operations are totally ordered as they are executed; one that reads sees nothing
//                  older than what an earlier one of the same location has read or written
//   plain cells    two accesses, one of them a write, none of which happens before the other: a race
// Not explored: modification orders that contradict the order of execution (2+2W), which no interleaving of the
// threads' steps gives.
// There are no fences: the project uses none.
//
// Load buffering
// --------------
// C++20 permits that a relaxed load reads a store which was made because of it: no interleaving gives that
// either. It needs a load and a store of the same location such that the load comes before the store by
// program order and reads (its causes), but does not happen before it; and it is excluded if the store
// releases and the load acquires. Where a model forbids load buffering
// (sequenced_memory) such a pair is a failure. Elsewhere it is not: many relaxed loads are mere guesses.
//
// Equal states
// ------------
// Two orders of independent steps lead to the same state. A state is the set of its threads' steps with
// what each read and wrote; its hash is the sum of theirs. A state that was seen with the same thread
// running and no more preemptions spent has been explored, and is left.
//
// Waiting
// -------
// A thread that spins says so (memory::pause, memory::yield): it goes on when the location that it read
// last has a newer store, and then reads one, since stores become visible in finite time. A thread that
// waits for what never comes is a deadlock, which is how a lost wake-up shows. A worker that may sleep
// for ever says that (doorbell::sleep): when all others have ended the program looks at what is left undone.
#pragma once

#include "choice_path.hpp"
#include "fiber.hpp"
#include "location.hpp"
#include "trace.hpp"
#include "view.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <unordered_map>
#include <vector>

namespace jackdaw::model {

struct bounds {
  unsigned preemptions = 3;
  unsigned spurious_failures = 1;  // Of compare_exchange_weak, in one execution.
  std::uint64_t executions_max = 4'000'000;
};

/// What a step may have to wait for: the last store of a location.
struct condition {
  enum class kind : std::uint8_t { none, is_zero, is_not_zero, has_newer };
  kind wanted = kind::none;
  unsigned location = 0;
  std::size_t index = 0;        // For has_newer.
  bool may_be_the_end = false;  // If nobody else goes on, the model is over, and no deadlock.
};

class execution {
 public:
  using place = std::source_location;

  // --- The program of a model ---
  /// Adds a thread. Before join().
  void thread(std::string name, std::function<void()> body);
  /// Runs the threads until all have ended; what they did is visible after that.
  void join();
  /// Fails this execution unless `holds`.
  void check(bool holds, const char* text, place where = place::current());

  // --- Atomic objects ---
  [[nodiscard]] unsigned add_location(std::uint64_t value, bool forbids_load_buffering = false);
  void end_location(unsigned location, place where) noexcept;
  std::uint64_t load(unsigned location, std::memory_order order, place where) noexcept;
  void store(unsigned location, std::uint64_t value, std::memory_order order, place where) noexcept;
  /// Reads the last store and writes what `change` makes of it. Waits until `when` holds.
  std::uint64_t modify(unsigned location, std::memory_order order, place where,
                       const std::function<std::uint64_t(std::uint64_t)>& change,
                       condition when = {}) noexcept;
  struct exchange_orders {
    std::memory_order success;
    std::memory_order failure;
    bool weak;
  };
  bool compare_exchange(unsigned location, std::uint64_t& expected, std::uint64_t desired,
                        exchange_orders orders, place where) noexcept;
  /// Waits until what this thread read last has been overwritten.
  void spin(place where) noexcept;

  // --- Plain cells ---
  struct plain_cell {
    clock_array read{};
    clock_array written{};
    bool alive = true;
  };
  void read_plain(plain_cell& cell, place where) noexcept;
  void write_plain(plain_cell& cell, place where) noexcept;
  void end_plain(plain_cell& cell, place where) noexcept;

  /// The one that runs now.
  [[nodiscard]] static execution& current() noexcept;

 private:
  friend class exploration;

  struct abandoned {};
  struct model_thread {
    std::string name;
    std::function<void()> body;
    fiber stack;
    view knows;
    clock_array causes{};
    condition waits_for;
    unsigned steps = 0;
    unsigned last_location = 0;  // Of its last read: what a spin waits for.
    std::size_t last_index = 0;
    unsigned spun_on = locations_max;  // The next read of this location reads behind spun_at.
    std::size_t spun_at = 0;
    bool ended = false;
  };

  void restart();
  [[nodiscard]] bool holds(const condition& wanted) const noexcept;
  [[nodiscard]] bool can_go_on(unsigned thread) const noexcept;
  [[nodiscard]] unsigned choose_thread() noexcept;
  void take_turn(condition wanted = {}) noexcept;
  void leave_state_seen_before(bool self_can_go_on) noexcept;
  [[nodiscard]] model_thread& self() noexcept { return threads_[running_]; }
  location& accessed(unsigned index, place where) noexcept;
  void read_store(unsigned index, std::size_t store, std::memory_order order) noexcept;
  void add_store(unsigned index, std::uint64_t value, std::memory_order order,
                 const view* continued) noexcept;
  void check_load_buffering(const location& subject, std::memory_order stored) noexcept;
  [[nodiscard]] std::size_t floor_of(unsigned index, std::memory_order order) noexcept;
  void note(step done, std::size_t read_index, std::size_t write_index) noexcept;
  void check_order(const clock_array& others, const char* text, place where) noexcept;
  void fail(std::string reason) noexcept;
  void abandon() noexcept;
  static void run_thread();

  bounds bounds_;
  choice_path path_;
  std::unordered_map<std::uint64_t, std::uint8_t>
      seen_;  // State -> fewest preemptions spent there.

  std::array<model_thread, threads_max> threads_;
  unsigned thread_count_ = 1;
  unsigned running_ = 0;  // 0 is the program.
  bool joining_ = false;
  bool abandoned_ = false;
  unsigned preemptions_ = 0;
  unsigned spurious_failures_ = 0;
  std::array<location, locations_max> locations_;
  unsigned location_count_ = 0;
  std::uint64_t state_ = 0;
  std::vector<step> steps_;
  std::string failure_;
};

/// Fails the execution that runs, unless `holds`.
inline void check(bool holds, const char* text,
                  std::source_location where = std::source_location::current()) {
  execution::current().check(holds, text, where);
}

}  // namespace jackdaw::model
