// An io_uring: queues, flags, and one system call. The layer that knows liburing.
//
// liburing 2.3 (Debian 12) sets the queues up and prepares entries; entering the kernel is done here,
// because its helpers know neither IORING_ENTER_NO_IOWAIT nor how to submit, collect and wait with one
// call under our own control of the flags.
#pragma once

#include <jackdaw/runtime/clock.hpp>

#include <liburing.h>

#include <cstdint>
#include <span>

namespace jackdaw::io {

struct ring_sizes {
  unsigned submissions = 256;
  unsigned completions = 4096;
};

enum class ring_start { at_once, later };

/// Threads       Belongs to the thread that makes it (IORING_SETUP_SINGLE_ISSUER).
class ring {
 public:
  /// Throws io::error("io_uring_setup") after trying smaller sizes, older flags and, for memory that
  /// the kernel has not given back yet, some patience. One that starts later submits nothing before
  /// start_restricted().
  explicit ring(ring_sizes sizes = {}, ring_start start = ring_start::at_once);
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  /// Closing does not stop the kernel from writing: nothing may be in flight.
  ~ring();

  /// From now on the kernel takes these opcodes only, with these flags of entries, and no registrations:
  /// whoever gets hold of the queues' memory can open no file by it. Starts without restrictions where the
  /// kernel has none (before 5.10). Throws io::error.
  void start_restricted(std::span<const int> opcodes, unsigned entry_flags);

  /// A free submission entry; submits what is queued if there is none. Zeroed but for the opcode.
  [[nodiscard]] io_uring_sqe& entry();

  /// Submits what is queued, collects what is ready, and waits until there is a completion or the
  /// deadline has passed (at_once: does not wait, and does not even call if there is nothing to do).
  /// Returns early when a signal arrives.
  void enter(time_point deadline, time_point now);

  /// Whether there is something left to submit or to collect. The kernel does a bounded amount of work per
  /// call (on Linux 6.18 20 operations go on) and announces by no event that it stopped there, so whoever is
  /// about to wait elsewhere asks this first. Guarded by direct_ring_test.cpp, "all_go_on".
  [[nodiscard]] bool unfinished() noexcept;

  /// The oldest completion, or null. seen() gives its slot back.
  [[nodiscard]] io_uring_cqe* completion() noexcept;
  void seen() noexcept;

  [[nodiscard]] bool has_features(unsigned features) const noexcept {
    return (ring_.features & features) == features;
  }
  [[nodiscard]] unsigned setup_flags() const noexcept { return ring_.flags; }
  [[nodiscard]] std::uint64_t system_calls() const noexcept { return system_calls_; }
  [[nodiscard]] io_uring& raw() noexcept { return ring_; }

 private:
  [[nodiscard]] io_uring_sqe& entry_of_full_queue();
  [[nodiscard]] unsigned flush() noexcept;
  [[nodiscard]] bool kernel_has_work() const noexcept;
  int call_enter(unsigned submit, unsigned wait, unsigned flags, time_point deadline,
                 time_point now);

  io_uring ring_{};
  bool registered_descriptor_ = false;
  std::uint64_t system_calls_ = 0;
};

}  // namespace jackdaw::io
