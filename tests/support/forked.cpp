// fork(), pipes, and a filter of five instructions.
#include "forked.hpp"

#include <jackdaw/runtime/report.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <vector>

namespace jackdaw::testing {
namespace {

constexpr unsigned child_seconds_max = 60;

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

class output_file {
 public:
  output_file() : file_(std::tmpfile()) {
    if (file_ == nullptr) {
      fail("tmpfile");
    }
  }
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file() { std::fclose(file_); }

  [[nodiscard]] int descriptor() const { return fileno(file_); }
  [[nodiscard]] std::string contents() const {
    std::string text;
    std::array<char, 4096> piece{};
    ssize_t count = 0;
    while ((count = pread(descriptor(), piece.data(), piece.size(),
                          static_cast<off_t>(text.size()))) > 0) {
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  std::FILE* file_;
};

void install(std::vector<sock_filter> program) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    fail("prctl");
  }
}

constexpr unsigned refusal(int error_number) {
  return SECCOMP_RET_ERRNO | (static_cast<unsigned>(error_number) & SECCOMP_RET_DATA);
}

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
}

// Goes on with the next instruction if equal, else skips `skipped`.
sock_filter only_if(unsigned value, unsigned char skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}

sock_filter answer(unsigned value) { return BPF_STMT(BPF_RET | BPF_K, value); }

}  // namespace

forked_result in_child(const std::function<std::string()>& body) {
  const output_file text;
  const output_file errors;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    fail("fork");
  }
  if (child == 0) {
    alarm(child_seconds_max);
    dup2(errors.descriptor(), STDERR_FILENO);
    std::string complaint;
    try {
      complaint = body();
    } catch (...) {
      complaint = "threw " + describe(std::current_exception());
    }
    const ssize_t written = write(text.descriptor(), complaint.data(), complaint.size());
    // No exit(): the handlers are the parent's, and the leak checker would count its memory.
    _exit(complaint.empty() && written == 0 ? 0 : 1);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      fail("waitpid");
    }
  }
  forked_result result;
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.text = text.contents();
  result.standard_error = errors.contents();
  return result;
}

std::string complaint_of(const forked_result& result) {
  if (result.exit_status == 0 && result.text.empty()) {
    return {};
  }
  return "exit " + std::to_string(result.exit_status) + ", signal " +
         std::to_string(result.signal) + ": " + result.text + "\n" + result.standard_error;
}

void refuse_system_call(int number, int error_number) {
  install({load(offsetof(seccomp_data, nr)), only_if(static_cast<unsigned>(number), 1),
           answer(refusal(error_number)), answer(SECCOMP_RET_ALLOW)});
}

void refuse_system_call(int number, int argument, unsigned value, int error_number) {
  const std::size_t offset =
      offsetof(seccomp_data, args) + static_cast<std::size_t>(argument) * sizeof(__u64);
  install({load(offsetof(seccomp_data, nr)), only_if(static_cast<unsigned>(number), 3),
           load(offset), only_if(value, 1), answer(refusal(error_number)),
           answer(SECCOMP_RET_ALLOW)});
}

void limit_resource(int resource, unsigned long value) {
  const rlimit limit{value, value};
  if (setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) {
    fail("setrlimit");
  }
}

}  // namespace jackdaw::testing
