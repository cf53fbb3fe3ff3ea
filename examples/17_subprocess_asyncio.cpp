// Child processes as an asyncio program has them: a conversation, a shell's pipeline, a signal, and a protocol.
#include <jackdaw/io/asyncio/asyncio.hpp>
#include <jackdaw/io/io.hpp>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace io = jackdaw::io;
namespace aio = jackdaw::io::asyncio;
using jackdaw::task;

io::process_options with_pipes(std::string program) {
  io::process_options options(std::move(program));
  options.standard_input = io::stdio::pipe();
  options.standard_output = io::stdio::pipe();
  return options;
}

// Line by line: what the child reads is a stream_writer, and what it writes a stream_reader.
task<void> converse() {
  aio::process cat = co_await aio::create_subprocess_exec(with_pipes("cat"));
  for (const char* const line : {"first\n", "second\n"}) {
    cat.standard_input->write(line);
    co_await cat.standard_input->drain();
    const std::string echo = co_await cat.standard_output->readline();
    std::printf("cat says: %s", echo.c_str());
  }
  cat.standard_input->close();
  const int code = co_await cat.wait();
  std::printf("cat returned %d\n", code);
}

// All at once: communicate() writes and reads together, so that neither end waits for the other.
task<void> count_lines() {
  const io::process_options options = with_pipes("/bin/sh");
  aio::process shell = co_await aio::create_subprocess_shell("sort -u | wc -l", options);
  auto [output, errors] = co_await shell.communicate("shiny\nring\nshiny\n");
  std::printf("different lines: %d\n", std::stoi(output));
}

task<void> interrupt() {
  io::process_options options("sleep", {"1000"});
  aio::process sleeper = co_await aio::create_subprocess_exec(options);
  sleeper.send_signal(SIGTERM);
  const int code = co_await sleeper.wait();
  std::printf("sleep returned %d\n", code);  // As in Python: less the signal's number.
}

// Beneath it: a protocol, which is told what happens, in the order in which it does.
class narrator final : public aio::subprocess_protocol {
 public:
  void pipe_data_received(int descriptor, std::string_view data) override {
    std::printf("from %d: %.*s", descriptor, static_cast<int>(data.size()), data.data());
  }
  void connection_lost(std::exception_ptr /*error*/) override {
    ended_.set_result();  // The process has ended, and all that it said has been read.
  }
  [[nodiscard]] const jackdaw::future<void>& ended() const { return ended_; }

 private:
  jackdaw::future<void> ended_;
};

task<void> narrate() {
  io::process_options options("/bin/sh");
  options.standard_output = io::stdio::pipe();
  const auto make = [] { return std::make_shared<narrator>(); };
  auto [transport, told] = co_await aio::subprocess_shell(make, "echo hello; exit 3", options);
  co_await told->ended();
  std::printf("it returned %d\n", transport->get_returncode().value_or(-1));
}

task<void> program() {
  co_await converse();
  co_await count_lines();
  co_await interrupt();
  co_await narrate();
}

int main() { io::run(program(), io::mode::asyncio); }
