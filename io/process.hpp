// Child processes.
//
//      spawn()             the kernel             wait(), poll(), the destructor
//   ─────────────► running ──────────► ended ─────────────────────────────────────► reaped
//                     │                                                               ▲
//                     └── destroyed: SIGKILL, and a thread of its own waits for the end┘
//
//   running   Ours. Signals go through its pidfd, so they never hit another process.
//   ended     A zombie: its number is still taken, its status can be fetched. Signals do nothing.
//   reaped    The status is kept here; the number may be another process's. Signals: ESRCH.
//
// What the child gets
// -------------------
// Descriptors 0, 1, 2 as the options say, then those of `descriptors` as 3, 4, ..., and nothing else: all
// others are closed in the child, also those of libraries that forgot O_CLOEXEC. No signal is blocked
// (the workers of a pool block all), handlers are gone as exec() has it, SIGPIPE has its default; what else
// was ignored stays ignored, or nohup would not work.
//
// The program is loaded before spawn() returns, by posix_spawn(): why it could not be is an error here,
// and not a status of 127 that might be the program's own. The parent is not copied for it.
#pragma once

#include <jackdaw/io/child_pipe.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/exit_status.hpp>
#include <jackdaw/io/process_options.hpp>
#include <jackdaw/runtime/task.hpp>

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::io {

struct child_process;

/// What communicate() gives; empty for streams that are no pipes.
struct communicated {
  communicated(std::string output, std::string errors, exit_status ended)
      : standard_output(std::move(output)), standard_error(std::move(errors)), status(ended) {}

  std::string standard_output;
  std::string standard_error;
  exit_status status;
};

/// A child process. Move-only, and movable only while no task awaits anything of it.
///
/// Destroying it while it runs kills it (SIGKILL), it alone and not its children, and leaves no zombie:
/// whoever wants it to live on keeps the object, or takes the number by release(). asyncio's transport
/// does the same when it is closed.
///
/// Threads       Members from any worker of the runtime; several tasks may wait(). Signals from any thread.
/// Errors        io::error; what() names the program. The program itself does not need SIGCHLD, which a
///               signal_set may have; if it is ignored, spawn() refuses, since then statuses are lost.
/// Source        posix_spawn(3), pidfd_open(2). asyncio: create_subprocess_exec, Process.
class process {
 public:
  /// Starts a program.
  ///
  /// Suspends      Always: loading a program may wait for a disk, so a thread of the blocking pool does it.
  /// Errors        ENOENT, EACCES, ...: io::error "spawn PROGRAM". ENOSYS: no pidfd (before Linux 5.3).
  ///               EINVAL: a NUL character in a string, "=" in the name of a variable.
  /// Cancellation  A child that was started all the same is killed.
  static task<process> spawn(process_options options);
  /// Without the name of the program in the error.
  static task<result<process>> try_spawn(process_options options);

  /// As spawn(), in the calling thread, which waits for the disk. For a program that is about to start
  /// anyway, and for those who may not suspend. Source: asyncio starts its processes so.
  static process start(const process_options& options);
  static result<process> try_start(const process_options& options);

  process() noexcept;
  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;
  /// See above. Never waits.
  ~process();

  [[nodiscard]] pid_t pid() const noexcept;
  /// Its pidfd: readable once it has ended.
  [[nodiscard]] int native_handle() const noexcept;
  explicit operator bool() const noexcept { return child_ != nullptr; }

  /// Waits for the end, and reaps. Gives the same status whenever it is asked again. A child that fills a
  /// pipe that nobody reads never ends: communicate() reads.
  ///
  /// Errors        io::error ECHILD: somebody else has reaped it, by waitpid(-1) for instance.
  /// Cancellation  Loses nothing; the process goes on.
  /// Source        waitid(2). asyncio: Process.wait.
  task<exit_status> wait();
  task<result<exit_status>> try_wait();
  /// The status if it has ended, without waiting. Throws as wait(). Source: Popen.poll.
  [[nodiscard]] std::optional<exit_status> poll();
  [[nodiscard]] result<std::optional<exit_status>> try_poll();

  /// Never waits. Throws io::error: ESRCH if it has ended and was reaped.
  void send_signal(int number);
  result<void> try_send_signal(int number);
  /// SIGTERM.
  void terminate();
  result<void> try_terminate();
  /// SIGKILL.
  void kill();
  result<void> try_kill();
  /// To all processes of its group, if it has one of its own (else EINVAL); also after it has ended itself.
  /// ESRCH when none is left, and after it was reaped: then the number may be another group's.
  void signal_group(int number);
  result<void> try_signal_group(int number);

  /// Our end of a pipe. Aborts if the stream is none.
  [[nodiscard]] child_input& standard_input();
  [[nodiscard]] child_output& standard_output();
  [[nodiscard]] child_output& standard_error();

  /// Writes `input` and closes the child's input, meanwhile reads what it writes, until the end of both, and
  /// waits. Cannot deadlock, however much goes in each direction. All that it writes is kept in memory.
  ///
  /// Errors        std::logic_error if there is input and no pipe for it. That the child does not read all of
  ///               its input is no error.
  /// Cancellation  What was read so far is lost; the process goes on, with its input closed or not.
  /// Source        asyncio: Process.communicate.
  task<communicated> communicate(std::string input = {});
  /// EINVAL if there is input and no pipe for it.
  task<result<communicated>> try_communicate(std::string input = {});

  /// Gives it away: nobody kills it, and the caller has to wait for the number that is returned. Closes our
  /// ends of the pipes.
  [[nodiscard]] pid_t release() noexcept;

 private:
  explicit process(std::unique_ptr<child_process> started) noexcept;
  static task<void> feed(child_input& to, std::string_view input, int& failure);
  static task<void> drain(child_output& from, std::string& into, int& failure);
  void abandon() noexcept;

  std::unique_ptr<child_process> child_;
};

}  // namespace jackdaw::io
