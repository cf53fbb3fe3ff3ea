// Environment, descriptors, and a child that outlives us.

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/process.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/tools/http/hand_over.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace jackdaw::http {

namespace {

constexpr int listener_number = 3;
constexpr int ready_number = 4;
constexpr const char* take_over_variable = "JACKDAW_TAKE_OVER";

// A successor reads certificates and opens files; one that takes longer has gone wrong.
constexpr duration start_time = std::chrono::seconds(30);

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

int socket_option(int socket, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

io::tcp_listener adopt_listener() {
  const int domain = socket_option(listener_number, SO_DOMAIN);
  if (socket_option(listener_number, SO_ACCEPTCONN) != 1 ||
      (domain != AF_INET && domain != AF_INET6)) {
    throw std::runtime_error("descriptor 3 is not a listening TCP socket");
  }
  fcntl(listener_number, F_SETFD, FD_CLOEXEC);
  fcntl(listener_number, F_SETFL, fcntl(listener_number, F_GETFL) | O_NONBLOCK);
  return io::tcp_listener(io::socket(io::file_descriptor(listener_number)));
}

}  // namespace

inheritance inheritance::take() {
  inheritance own;
  const std::string process = take_variable("LISTEN_PID");
  const std::string count = take_variable("LISTEN_FDS");
  take_variable("LISTEN_FDNAMES");
  const bool has_predecessor = take_variable(take_over_variable) == "1";
  if (has_predecessor) {
    own.listener_ = adopt_listener();
    fcntl(ready_number, F_SETFD, FD_CLOEXEC);
    own.ready_ = io::pipe_writer(io::file_descriptor(ready_number));
  } else if (process == std::to_string(getpid()) && !count.empty() && count != "0") {
    if (count != "1") {
      throw std::runtime_error("LISTEN_FDS is " + count + ", and one socket is all that is served");
    }
    own.listener_ = adopt_listener();
    own.has_supervisor_ = true;
  }
  return own;
}

task<void> inheritance::tell_ready() {
  if (ready_) {
    const std::array<std::byte, 1> word{};
    // A predecessor that has gone does not mind.
    const io::result<std::size_t> told = co_await ready_.try_write_all(word);
    static_cast<void>(told.ok());
    ready_.close();
  }
}

task<bool> start_successor(const std::vector<std::string>& command, int listener) {
  std::string trouble;
  try {
    io::pipe_ends ready = io::make_pipe();
    io::process_options options(command.front(), {command.begin() + 1, command.end()});
    options.environment.emplace_back(take_over_variable, "1");
    options.descriptors = {listener, ready.writer.native_handle()};
    io::process child = co_await io::process::spawn(std::move(options));
    ready.writer.close();
    std::array<std::byte, 1> word{};
    const std::size_t count = co_await timeout(start_time, ready.reader.read_some(word));
    if (count == 1) {
      fmt::print("jackdaw: process {} has taken over\n", child.release());
      std::fflush(stdout);
      co_return true;
    }
    const io::exit_status status = co_await child.wait();
    trouble = "it ended with " + status.to_string();
  } catch (const timeout_error&) {
    trouble = "it was not ready in time";
  } catch (const io::error& error) {
    trouble = error.what();
  }
  fmt::print(stderr, "jackdaw: no successor: {}; this process goes on\n", trouble);
  co_return false;
}

}  // namespace jackdaw::http
