// A listening socket that goes from one process to the next, so that a restart refuses nobody.
//
// The kernel queues clients at the socket, not at the process: as long as one process has it open, nobody is
// refused, and who waits in the queue is accepted by whoever comes next. Two ways:
//
//   by a supervisor   systemd's: LISTEN_FDS=1, LISTEN_PID is our id, the socket is descriptor 3
//   by SIGUSR2        the running server starts its own command anew, with JACKDAW_TAKE_OVER=1, the socket as
//                     descriptor 3, and a pipe as 4, on which the successor says that it accepts
//
//   predecessor                                   successor
//   serves, and at SIGUSR2 starts ──────────────► reads its files, opens its log, ...
//   goes on serving                               fails: the pipe ends, and nothing has changed
//   "ready" ◄──────────────────────────────────── accepts
//   stops accepting, drains, ends                 serves
#pragma once

#include <jackdaw/io/pipe.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/task.hpp>

#include <string>
#include <utility>
#include <vector>

namespace jackdaw::http {

/// What a process was started with.
class inheritance {
 public:
  inheritance() noexcept = default;

  /// Takes what the environment says is ours, and takes that out of the environment, which is our children's
  /// too. Throws std::runtime_error if a descriptor is not a listening TCP socket. Once, before any other
  /// thread is there.
  [[nodiscard]] static inheritance take();

  [[nodiscard]] bool has_listener() const noexcept { return static_cast<bool>(listener_); }
  /// Once.
  [[nodiscard]] io::tcp_listener take_listener() noexcept { return std::move(listener_); }
  /// True if the socket is a supervisor's: it lives on when we end.
  [[nodiscard]] bool has_supervisor() const noexcept { return has_supervisor_; }

  /// Tells the predecessor, if there is one, that it may go.
  task<void> tell_ready();

 private:
  io::tcp_listener listener_;
  io::pipe_writer ready_;
  bool has_supervisor_ = false;
};

/// Starts `command` with the socket, and waits until it accepts. False if it does not: it has ended, and why is
/// on stderr.
task<bool> start_successor(const std::vector<std::string>& command, int listener);

}  // namespace jackdaw::http
