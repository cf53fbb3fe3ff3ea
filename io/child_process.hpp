// A child process as the kernel sees it: a number, a pidfd, and the status that can be had once.
#pragma once

#include <jackdaw/io/child_pipe.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/exit_status.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/operation.hpp>

#include <sys/types.h>

#include <mutex>
#include <optional>
#include <string>

namespace jackdaw::io {

/// The pidfd of a process, or none: errno.
[[nodiscard]] file_descriptor open_pidfd(pid_t pid) noexcept;

/// Waits for the end of a child that was killed, and reaps it, without keeping anybody waiting.
void reap_in_background(pid_t pid) noexcept;

/// What a process object holds.
///
/// Threads       Any, where nothing else is said.
struct child_process {
  std::string program;
  pid_t pid = -1;
  bool has_group = false;
  file_descriptor pidfd;
  child_input input;
  child_output output;
  child_output errors;

  std::mutex lock;                   // Waiters may be on several workers.
  std::optional<exit_status> ended;  // Under the lock: the status, once reaped.

  /// The status if it has ended. Reaps.
  [[nodiscard]] result<std::optional<exit_status>> look();
  /// Becomes ready when it has ended.
  [[nodiscard]] request ending() noexcept;
  [[nodiscard]] result<void> try_signal(int number) const noexcept;
  /// EINVAL if it has no group of its own, ESRCH once it was reaped.
  [[nodiscard]] result<void> try_signal_group(int number);
};

}  // namespace jackdaw::io
