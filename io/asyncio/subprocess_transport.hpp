// Child processes as transports: subprocess_exec(), subprocess_shell(), and the protocol that is told.
//
//   connection_made ── (pipe_data_received | pipe_connection_lost | process_exited)* ── connection_lost
//
// What stands in brackets comes in any order: a child may end before its output is read, or close its pipes
// and live on. connection_lost is last: when the child has ended and all its pipes are lost (S244).
//
// Turns, as in CPython: the child is started at once; a task of its own then connects the pipes to transports, one
// after the other, and what happens meanwhile is kept until connection_made. Every call is a callback of its own.
//
// Owners: the loop keeps the transport (selector::keep) until connection_lost has returned, or it is closed; then
// a child that still runs is killed. The transport keeps the protocol and the transports of the pipes.
#pragma once

#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/process_options.hpp>
#include <jackdaw/runtime/task.hpp>

#include <sys/types.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw::io::asyncio {

/// Threads       All members on the loop's thread.
/// Source        asyncio.SubprocessTransport.
class subprocess_transport : public virtual base_transport {
 public:
  [[nodiscard]] virtual pid_t get_pid() const noexcept = 0;
  /// Nothing while it runs; the code, or the signal's number, negative (S245).
  [[nodiscard]] virtual std::optional<int> get_returncode() const noexcept = 0;
  /// Of descriptor 0, 1 or 2 of the child; null if that is no pipe.
  [[nodiscard]] virtual std::shared_ptr<transport> get_pipe_transport(int descriptor) const = 0;
  /// Nothing happens to one that has ended. Throws io::error ESRCH after connection_lost, and what the kernel
  /// says (S247).
  virtual void send_signal(int number) = 0;
  void terminate();
  void kill();
  /// Waits until connection_lost() has returned; gives the return code. Any number may wait, at any time.
  virtual task<int> wait() = 0;
};

/// Source        asyncio.SubprocessProtocol.
class subprocess_protocol : public base_protocol {
 public:
  virtual void connection_made(const std::shared_ptr<subprocess_transport>& made);
  /// Lifetime      `data` is gone when this returns.
  virtual void pipe_data_received(int descriptor, std::string_view data);
  virtual void pipe_connection_lost(int descriptor, std::exception_ptr error);
  virtual void process_exited();
};

template <class F>
concept makes_subprocess_protocol = requires(F& make) {
  { make() } -> std::convertible_to<std::shared_ptr<subprocess_protocol>>;
};

/// What subprocess_exec() gives: the transport, and the protocol as its factory made it.
template <class F>
using subprocess_of = std::pair<std::shared_ptr<subprocess_transport>, std::invoke_result_t<F&>>;

/// Starts the child; its transport, once its pipes are connected.
task<std::shared_ptr<subprocess_transport>> begin_subprocess(
    process_options options, std::shared_ptr<subprocess_protocol> speaker);

/// `options`, but for `command` in a shell.
[[nodiscard]] process_options shell_options(std::string command, process_options options);

/// Starts a program. Its standard streams are what the options say: the parent's own, if nothing (asyncio: pipes).
///
/// Suspends      Until the pipes are connected. The start itself blocks the loop, as in asyncio.
/// Threads       A running event loop's. Throws std::runtime_error elsewhere.
/// Errors        io::error: process::spawn()'s; what the factory throws.
/// Cancellation  Kills the child, and waits until it has ended (S249).
/// Source        loop.subprocess_exec.
template <makes_subprocess_protocol F>
task<subprocess_of<F>> subprocess_exec(F factory, process_options options) {
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_subprocess(std::move(options), speaker);
  co_return subprocess_of<F>(std::move(begun), std::move(speaker));
}

/// Starts `/bin/sh -c command`; program and arguments of the options do not count. The rest is as above.
/// Source        loop.subprocess_shell.
template <makes_subprocess_protocol F>
task<subprocess_of<F>> subprocess_shell(F factory, std::string command,
                                        process_options options = process_options("/bin/sh")) {
  std::invoke_result_t<F&> speaker = factory();
  process_options shell = shell_options(std::move(command), std::move(options));
  auto begun = co_await begin_subprocess(std::move(shell), speaker);
  co_return subprocess_of<F>(std::move(begun), std::move(speaker));
}

}  // namespace jackdaw::io::asyncio
