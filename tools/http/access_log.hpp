// A log file that never makes a worker wait.
//
// Workers append to a buffer, under a lock that is held for a copy and no longer; a thread of its own swaps the
// buffer for an empty one and writes it. That thread is woken by the first line of a batch, and then gives others
// a moment to join it: so writing costs the workers at most one wake-up per moment, and an idle server nothing.
// When the disk, or whoever reads a pipe, does not keep up, the buffer fills; lines beyond that are lost, and
// counted, and that is told on stderr once it goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace jackdaw::http {

/// Threads: any.
class access_log {
 public:
  static constexpr std::size_t bytes_max = std::size_t{4} * 1024 * 1024;

  /// Appends to the file, which is made if there is none; "-" is standard output. Throws io::error.
  explicit access_log(const std::string& path);
  access_log(const access_log&) = delete;
  access_log& operator=(const access_log&) = delete;
  /// Writes what is left; gives up after two seconds if nobody takes it.
  ~access_log();

  /// Whole lines, `count` of them. Never waits for the file.
  void add(std::string_view lines, unsigned count);

  /// Opens the file of that name anew: somebody has renamed it. Soon, and not in this thread.
  void reopen();

  /// Lines that were lost.
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] std::uint64_t written() const;

 private:
  struct state;
  static void write_batches(const std::shared_ptr<state>& shared);

  std::shared_ptr<state>
      state_;  // Shared with the thread, which may outlive us if a write never returns.
};

}  // namespace jackdaw::http
