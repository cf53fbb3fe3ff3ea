// fork, a pipe for stdout, a deadline.
#include "child.hpp"

#include <jackdaw/runtime/report.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace jackdaw::conformance {
namespace {

[[noreturn]] void be_the_child(void (*function)(), int output) {
  ::dup2(output, STDOUT_FILENO);
  ::close(output);
  try {
    function();
  } catch (...) {
    std::fprintf(stderr, "%s\n", describe(std::current_exception()).c_str());
    std::exit(1);
  }
  // Not _exit(): a leak checker looks now.
  std::exit(0);
}

// Appends what the child writes until it closes its end. False: it did not in time.
bool read_all(int input, std::string& text, std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable = {.fd = input, .events = POLLIN, .revents = 0};
    const int found = left.count() > 0 ? ::poll(&readable, 1, static_cast<int>(left.count())) : 0;
    if (found == 0) {
      return false;
    }
    std::array<char, 4096> buffer;
    const auto bytes = found > 0 ? ::read(input, buffer.data(), buffer.size()) : -1;
    if (bytes > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(bytes));
    } else if (bytes == 0 || errno != EINTR) {
      return true;
    }
  }
}

}  // namespace

child_result run_in_child(void (*function)(), std::chrono::seconds limit) {
  std::array<int, 2> pipe = {};
  std::fflush(nullptr);
  if (::pipe(pipe.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (child == 0) {
    ::close(pipe[0]);
    be_the_child(function, pipe[1]);
  }
  ::close(pipe[1]);
  child_result result;
  const bool in_time = read_all(pipe[0], result.output, std::chrono::steady_clock::now() + limit);
  ::close(pipe[0]);
  if (!in_time) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    result.status = "killed after " + std::to_string(limit.count()) + " s";
  } else {
    result.status = std::to_string(WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
  }
  return result;
}

}  // namespace jackdaw::conformance
