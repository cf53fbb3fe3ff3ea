// Finding out, once at start, whether io_uring may be used, and saying so.
//
// Being allowed to set a ring up does not mean being allowed to use it: seccomp filters and limits deny
// setup, enter and register separately, with different errors. So the probe does what the runtime will
// do — a ring, its registrations, a NOP, a timed wait, a socket — and the first refusal decides for the
// whole runtime: no two workers ever choose differently.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::io {

/// One thing that was tried.
struct probe_step {
  std::string what;
  int error_number = 0;  // 0: it works.
};

struct probe_result {
  bool usable = false;
  std::vector<probe_step>
      steps;                 // In the order they were tried; the last one failed if not usable.
  unsigned setup_flags = 0;  // Of the ring that could be had.
  unsigned features = 0;

  /// The errno of the step that failed, or 0.
  [[nodiscard]] int error_number() const noexcept;
};

/// Tries everything that the io_uring driver needs, on this thread. About 100 us.
[[nodiscard]] probe_result probe();

/// One sentence of advice for a refusal.
[[nodiscard]] std::string_view remedy(int error_number) noexcept;

/// One line for people: the backend, why, the errno, what to do.
/// `forced`: by an option or JACKDAW_IO, not by the probe.
[[nodiscard]] std::string backend_line(bool io_uring, bool forced, const probe_result& probed);

}  // namespace jackdaw::io
