// A program under test: started with posix_spawn, ended by its id, never waited for without a limit.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

extern char** environ;

namespace jackdaw::test {

using namespace std::chrono_literals;

inline std::system_error system_failure(const char* call) {
  return {errno, std::generic_category(), call};
}

class child_process {
 public:
  /// Standard output can be read line by line; standard error is kept for error_text().
  explicit child_process(std::vector<std::string> command) {
    std::array<int, 2> out{};
    errors_ = memfd_create("stderr", MFD_CLOEXEC);
    if (errors_ < 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
      throw system_failure("pipe2");
    }
    output_ = out[0];
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& each : command) {
      arguments.push_back(each.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_, STDERR_FILENO);
    errno = posix_spawn(&id_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    if (errno != 0) {
      throw system_failure(arguments[0]);
    }
    // Not pidfd_open(): Debian 12 declares it without extern "C".
    handle_ = static_cast<int>(syscall(SYS_pidfd_open, id_, 0));
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    if (!status_.has_value()) {
      send(SIGKILL);
      static_cast<void>(wait(10s));
    }
    close(handle_);
    close(output_);
    close(errors_);
  }

  [[nodiscard]] pid_t id() const noexcept { return id_; }

  void send(int signal) const { kill(id_, signal); }

  /// Waits for the end. The exit status, or 128 + the signal that ended it; nothing after the limit.
  std::optional<int> wait(std::chrono::milliseconds limit) {
    pollfd ended{.fd = handle_, .events = POLLIN, .revents = 0};
    if (!status_.has_value() && poll(&ended, 1, static_cast<int>(limit.count())) == 1) {
      int raw = 0;
      waitpid(id_, &raw, 0);
      status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    }
    return status_;
  }

  /// The next line of standard output, or what there is of it at the end or after the limit.
  std::string read_line(std::chrono::milliseconds limit = 20s) {
    std::string line;
    pollfd readable{.fd = output_, .events = POLLIN, .revents = 0};
    char letter = 0;
    while (poll(&readable, 1, static_cast<int>(limit.count())) == 1 &&
           read(output_, &letter, 1) == 1 && letter != '\n') {
      line += letter;
    }
    return line;
  }

  [[nodiscard]] std::string error_text() const {
    std::string text(64UL * 1024, '\0');
    const ssize_t size = pread(errors_, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }

 private:
  pid_t id_ = -1;
  int handle_ = -1;  // A pidfd: the id alone could be somebody else's by the time it is used.
  int output_ = -1;
  int errors_ = -1;
  std::optional<int> status_;
};

}  // namespace jackdaw::test
