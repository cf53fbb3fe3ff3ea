// asyncio's Process: a child with a writer for its input and readers for its output.
//
//   process_options options("cat");
//   options.standard_input = stdio::pipe();
//   options.standard_output = stdio::pipe();
//   auto child = co_await create_subprocess_exec(options);
//   auto [output, errors] = co_await child.communicate("hello");
//
// For programs that are written for asyncio; io::process does the same in both modes.
#pragma once

#include <jackdaw/io/asyncio/stream_reader.hpp>
#include <jackdaw/io/asyncio/stream_writer.hpp>
#include <jackdaw/io/asyncio/subprocess_transport.hpp>
#include <jackdaw/io/process_options.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {

class subprocess_stream_protocol;

/// Copies are the same child.
///
/// Threads       The loop's.
/// Source        asyncio.subprocess.Process.
class process {
 public:
  process(std::shared_ptr<subprocess_transport> begun,
          std::shared_ptr<subprocess_stream_protocol> told);

  /// Those of its streams that are pipes. Source: Process.stdin, Process.stdout, Process.stderr.
  std::optional<stream_writer> standard_input;
  std::optional<stream_reader> standard_output;
  std::optional<stream_reader> standard_error;

  [[nodiscard]] pid_t pid() const noexcept { return transport_->get_pid(); }
  [[nodiscard]] std::optional<int> returncode() const noexcept {
    return transport_->get_returncode();
  }

  /// Its return code, once it has ended and its pipes are lost: never, if it fills a pipe that nobody reads
  /// (S246). Cancellation loses nothing.
  JACKDAW_CORO_WRAPPER task<int> wait() const { return transport_->wait(); }
  /// What subprocess_transport::send_signal() says.
  void send_signal(int number) const { transport_->send_signal(number); }
  void terminate() const { transport_->terminate(); }
  void kill() const { transport_->kill(); }

  /// Writes `input` and closes the child's input, meanwhile reads both outputs to their ends, and waits. Empty
  /// for what is no pipe.
  ///
  /// Errors        std::logic_error if there is input and no pipe for it. That the child does not read its
  ///               input is no error (S245).
  JACKDAW_CORO_WRAPPER task<std::pair<std::string, std::string>> communicate(
      std::string input = {}) const {
    return communicate_with(*this, std::move(input));
  }

 private:
  static task<std::string> feed(process child, std::string input);
  static task<std::string> drain(process child, int descriptor);
  static task<std::pair<std::string, std::string>> communicate_with(process child,
                                                                    std::string input);

  std::shared_ptr<subprocess_transport> transport_;
};

/// Starts a program. Its streams are what the options say; those that are pipes become reader and writer.
/// The rest is subprocess_exec()'s. Source: asyncio.create_subprocess_exec, asyncio.create_subprocess_shell.
task<process> create_subprocess_exec(process_options options,
                                     std::size_t limit = stream_reader::limit_default);
task<process> create_subprocess_shell(std::string command,
                                      process_options options = process_options("/bin/sh"),
                                      std::size_t limit = stream_reader::limit_default);

/// Feeds the readers, and lets the writer wait. Source: asyncio.subprocess.SubprocessStreamProtocol.
class subprocess_stream_protocol final : public subprocess_protocol {
 public:
  subprocess_stream_protocol(std::size_t limit, jackdaw::asyncio::event_loop& loop);

  void connection_made(const std::shared_ptr<subprocess_transport>& made) override;
  void pipe_data_received(int descriptor, std::string_view data) override;
  void pipe_connection_lost(int descriptor, std::exception_ptr error) override;
  void process_exited() override;
  void pause_writing() override { flow_->pause_writing(); }
  void resume_writing() override { flow_->resume_writing(); }

 private:
  friend class process;

  [[nodiscard]] std::optional<stream_reader>* reader_of(int descriptor) noexcept;
  void maybe_close();

  std::size_t limit_;
  std::shared_ptr<stream_reader_protocol> flow_;  // Where the writer waits.
  std::shared_ptr<subprocess_transport> transport_;
  std::optional<stream_writer> input_;
  std::optional<stream_reader> output_;
  std::optional<stream_reader> errors_;
  int open_outputs_ = 0;
  bool exited_ = false;
};

}  // namespace jackdaw::io::asyncio
