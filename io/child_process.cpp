// The calls behind it: waitid(2), and signals by the pidfd.
#include <jackdaw/io/child_process.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace jackdaw::io {
namespace {

exit_status status_of(const siginfo_t& ended) noexcept {
  return ended.si_code == CLD_EXITED ? exit_status::of_code(ended.si_status)
                                     : exit_status::of_signal(ended.si_status);
}

int wait_for_end(idtype_t kind, id_t which, int flags, siginfo_t& ended) noexcept {
  ended = siginfo_t{};
  int status = 0;
  do {
    status = waitid(kind, which, &ended, WEXITED | flags);
  } while (status != 0 && errno == EINTR);
  return status == 0 ? 0 : errno;
}

}  // namespace

// Bare calls here and below: the header of glibc 2.36 for them is not for C++.
file_descriptor open_pidfd(pid_t pid) noexcept {
  return file_descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

// After SIGKILL the end comes soon, but nobody can say when: a core may be written, a disk may hang.
// Until then the number stays taken, so it can be waited for without the pidfd.
void reap_in_background(pid_t pid) noexcept {
  siginfo_t ended{};
  const auto which = static_cast<id_t>(pid);
  if (wait_for_end(P_PID, which, WNOHANG, ended) != 0 || ended.si_pid != 0) {
    return;
  }
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto wait = [which] {
    siginfo_t unused{};
    static_cast<void>(wait_for_end(P_PID, which, 0, unused));
  };
  try {
    std::thread(wait).detach();
  } catch (const std::system_error&) {
    wait();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

result<std::optional<exit_status>> child_process::look() {
  const std::lock_guard held(lock);
  if (!ended.has_value()) {
    siginfo_t end{};
    const auto which = static_cast<id_t>(pidfd.get());
    if (const int failure = wait_for_end(P_PIDFD, which, WNOHANG, end); failure != 0) {
      return failure_cause{failure, "waitid"};
    }
    if (end.si_pid != 0) {
      ended = status_of(end);
    }
  }
  return ended;
}

request child_process::ending() noexcept {
  request wanted;
  wanted.code = opcode::poll;
  wanted.descriptor = pidfd.get();
  wanted.flags = POLLIN;
  wanted.owner = &pidfd;
  return wanted;
}

result<void> child_process::try_signal(int number) const noexcept {
  if (syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) != 0) {
    return failure_cause{errno, "pidfd_send_signal"};
  }
  return nothing{};
}

result<void> child_process::try_signal_group(int number) {
  if (!has_group) {
    return failure_cause{EINVAL, "kill"};
  }
  const std::lock_guard held(lock);  // Nobody reaps it meanwhile.
  if (ended.has_value()) {
    return failure_cause{ESRCH, "kill"};
  }
  if (::kill(-pid, number) != 0) {
    return failure_cause{errno, "kill"};
  }
  return nothing{};
}

}  // namespace jackdaw::io
