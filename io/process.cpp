// Starting by posix_spawn(), and everything after it by the pidfd.
#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/process.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/task_group.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace jackdaw::io {
namespace {

// Bare calls: the header of glibc 2.36 for them is not for C++.
int open_pidfd(pid_t pid) noexcept { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

bool signal_pidfd(int pidfd, int number) noexcept {
  return syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) == 0;
}

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

// Then the kernel drops the status the moment a child ends, and its number with it.
void check_child_signal(const process_options& options) {
  struct sigaction action{};
  sigaction(SIGCHLD, nullptr, &action);
  if (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0) {
    throw error(ECHILD, "spawn", options.program + " (SIGCHLD is ignored)");
  }
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& each : strings) {
    pointers.push_back(each.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

struct process::child {
  std::string program;
  pid_t pid = -1;
  bool has_group = false;
  file_descriptor pidfd;
  child_input input;
  child_output output;
  child_output errors;

  std::mutex lock;                   // Waiters may be on several workers.
  std::optional<exit_status> ended;  // Under the lock: the status, once reaped.

  /// The status if it has ended. Reaps.
  [[nodiscard]] result<std::optional<exit_status>> look() {
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

  [[nodiscard]] request ending() noexcept {
    request wanted;
    wanted.code = opcode::poll;
    wanted.descriptor = pidfd.get();
    wanted.flags = POLLIN;
    wanted.owner = &pidfd;
    return wanted;
  }
};

// -- Starting -------------------------------------------------------------------------------------

/// What posix_spawn() is told, and the descriptors that are open for it meanwhile.
class process::launch {
 public:
  explicit launch(const process_options& options)
      : options_(&options),
        first_closed_(3 + static_cast<int>(options.descriptors.size())),
        started_(std::make_unique<child>()) {
    require(posix_spawn_file_actions_init(&actions_));
    if (const int failure = posix_spawnattr_init(&attributes_); failure != 0) {
      posix_spawn_file_actions_destroy(&actions_);
      require(failure);
    }
  }
  launch(const launch&) = delete;
  launch& operator=(const launch&) = delete;
  ~launch() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  std::unique_ptr<child> run();

 private:
  void require(int failure) const {
    if (failure != 0) {
      const std::string& from = options_->directory;
      throw error(failure, "spawn", options_->program + (from.empty() ? "" : " in " + from));
    }
  }

  [[nodiscard]] int hold(int opened) {
    if (opened < 0) {
      require(errno);
    }
    held_.emplace_back(opened);
    return opened;
  }

  // Sources lie above all targets: one that lay among them would be overwritten before its turn.
  void place(int source, int target) {
    if (source < first_closed_) {
      source = hold(fcntl(source, F_DUPFD_CLOEXEC, first_closed_));
    }
    require(posix_spawn_file_actions_adddup2(&actions_, source, target));
  }

  // The child's end is placed; ours is returned.
  [[nodiscard]] file_descriptor place_pipe(int target, bool child_reads) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      require(errno);
    }
    file_descriptor ours(ends[child_reads ? 1 : 0]);
    place(hold(ends[child_reads ? 0 : 1]), target);
    if (fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) {
      require(errno);
    }
    return ours;
  }

  [[nodiscard]] file_descriptor place_stream(const stdio& stream, int target) {
    file_descriptor ours;
    switch (stream.kind_) {
      case stdio::kind::inherit:
        break;
      case stdio::kind::null:
        place(hold(open("/dev/null", O_RDWR | O_CLOEXEC)), target);
        break;
      case stdio::kind::pipe:
        ours = place_pipe(target, target == STDIN_FILENO);
        break;
      case stdio::kind::descriptor:
        place(stream.number_, target);
        break;
      case stdio::kind::output:
        require(target == STDERR_FILENO ? 0 : EINVAL);
        require(posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, target));
        break;
    }
    return ours;
  }

  void place_descriptors();
  void set_attributes();

  const process_options* options_;
  int first_closed_;
  std::unique_ptr<child> started_;
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<file_descriptor> held_;
};

void process::launch::place_descriptors() {
  started_->input = child_input(place_stream(options_->standard_input, STDIN_FILENO));
  started_->output = child_output(place_stream(options_->standard_output, STDOUT_FILENO));
  started_->errors = child_output(place_stream(options_->standard_error, STDERR_FILENO));
  int target = 3;
  for (const int source : options_->descriptors) {
    place(source, target);
    ++target;
  }
  require(posix_spawn_file_actions_addclosefrom_np(&actions_, first_closed_));
  if (!options_->directory.empty()) {
    require(posix_spawn_file_actions_addchdir_np(&actions_, options_->directory.c_str()));
  }
}

void process::launch::set_attributes() {
  using group = process_options::group;
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  sigset_t signals;
  sigemptyset(&signals);
  require(posix_spawnattr_setsigmask(&attributes_, &signals));
  sigaddset(&signals, SIGPIPE);
  require(posix_spawnattr_setsigdefault(&attributes_, &signals));
  if (options_->process_group == group::new_group) {
    flags |= POSIX_SPAWN_SETPGROUP;
    require(posix_spawnattr_setpgroup(&attributes_, 0));
  } else if (options_->process_group == group::new_session) {
    flags |= POSIX_SPAWN_SETSID;
  }
  require(posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)));
}

std::unique_ptr<process::child> process::launch::run() {
  // Asked before there is a child: without pidfds there should be none.
  if (const file_descriptor self(open_pidfd(getpid())); !self) {
    require(errno);
  }
  place_descriptors();
  set_attributes();
  std::vector<std::string> arguments = options_->arguments;
  arguments.insert(arguments.begin(), options_->program);
  std::vector<std::string> environment = options_->environment_of_child();
  require(posix_spawnp(&started_->pid, options_->program.c_str(), &actions_, &attributes_,
                       pointers_to(arguments).data(), pointers_to(environment).data()));
  started_->program = options_->program;
  started_->has_group = options_->process_group != process_options::group::same;
  // Nobody but us reaps it, so the number is still this child's.
  started_->pidfd = file_descriptor(open_pidfd(started_->pid));
  if (!started_->pidfd) {
    const int failure = errno;
    ::kill(started_->pid, SIGKILL);
    reap_in_background(started_->pid);
    require(failure);
  }
  return std::move(started_);
}

process process::start(const process_options& options) {
  options.check();
  check_child_signal(options);
  launch starting(options);
  return process(starting.run());
}

task<process> process::spawn(process_options options) {
  co_return co_await to_thread(&process::start, std::move(options));
}

task<result<process>> process::try_spawn(process_options options) {
  int failure = 0;
  process started;
  try {
    started = co_await spawn(std::move(options));
  } catch (const error& refused) {
    failure = refused.number();
  }
  if (failure != 0) {
    co_return failure_cause{failure, "spawn"};
  }
  co_return started;
}

// -- The object -----------------------------------------------------------------------------------

process::process() noexcept = default;
process::process(process&& other) noexcept = default;
process::process(std::unique_ptr<child> started) noexcept : child_(std::move(started)) {}
process::~process() { abandon(); }

process& process::operator=(process&& other) noexcept {
  if (this != &other) {
    abandon();
    child_ = std::move(other.child_);
  }
  return *this;
}

void process::abandon() noexcept {
  if (child_ != nullptr && !child_->ended.has_value()) {
    static_cast<void>(try_send_signal(SIGKILL));
    reap_in_background(child_->pid);
  }
  child_ = nullptr;
}

pid_t process::release() noexcept {
  const pid_t number = child_->pid;
  child_ = nullptr;
  return number;
}

pid_t process::pid() const noexcept {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->pid;
}

int process::native_handle() const noexcept {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->pidfd.get();
}

child_input& process::standard_input() {
  JACKDAW_ASSERT(child_ != nullptr);
  JACKDAW_ASSERT(child_->input);
  return child_->input;
}

child_output& process::standard_output() {
  JACKDAW_ASSERT(child_ != nullptr);
  JACKDAW_ASSERT(child_->output);
  return child_->output;
}

child_output& process::standard_error() {
  JACKDAW_ASSERT(child_ != nullptr);
  JACKDAW_ASSERT(child_->errors);
  return child_->errors;
}

// -- Waiting and signals --------------------------------------------------------------------------

task<result<exit_status>> process::try_wait() {
  JACKDAW_ASSERT(child_ != nullptr);
  child& waited = *child_;
  while (true) {
    const result<std::optional<exit_status>> status = waited.look();
    if (!status.ok()) {
      co_return status.cause();
    }
    if ((*status).has_value()) {
      co_return **status;
    }
    const result<std::size_t> ready = co_await transfer_operation(waited.ending(), "poll");
    if (!ready.ok()) {
      co_return ready.cause();
    }
  }
}

task<exit_status> process::wait() {
  const result<exit_status> status = co_await try_wait();
  if (!status.ok()) {
    throw error(status.error_number(), "wait for", child_->program);
  }
  co_return *status;
}

std::optional<exit_status> process::poll() {
  JACKDAW_ASSERT(child_ != nullptr);
  const result<std::optional<exit_status>> status = child_->look();
  if (!status.ok()) {
    throw error(status.error_number(), "wait for", child_->program);
  }
  return *status;
}

result<void> process::try_send_signal(int number) {
  JACKDAW_ASSERT(child_ != nullptr);
  if (!signal_pidfd(child_->pidfd.get(), number)) {
    return failure_cause{errno, "pidfd_send_signal"};
  }
  return result<void>(result<void>::stored{});
}

void process::send_signal(int number) {
  if (const result<void> sent = try_send_signal(number); !sent.ok()) {
    throw error(sent.error_number(), "signal " + std::to_string(number) + " to", child_->program);
  }
}

void process::terminate() { send_signal(SIGTERM); }
void process::kill() { send_signal(SIGKILL); }

void process::signal_group(int number) {
  JACKDAW_ASSERT(child_ != nullptr);
  int failure = child_->has_group ? 0 : EINVAL;
  if (failure == 0) {
    const std::lock_guard held(child_->lock);  // Nobody reaps it meanwhile.
    const bool gone = child_->ended.has_value() || ::kill(-child_->pid, number) != 0;
    failure = !gone ? 0 : child_->ended.has_value() ? ESRCH : errno;
  }
  if (failure != 0) {
    throw error(failure, "signal " + std::to_string(number) + " to the group of", child_->program);
  }
}

// -- Both directions at once ----------------------------------------------------------------------

task<void> process::feed(child_input& to, std::string_view input, int& failure) {
  const result<std::size_t> written = co_await to.try_write_all(std::as_bytes(std::span(input)));
  to.close();
  failure = written.error_number() == EPIPE ? 0 : written.error_number();
}

task<void> process::drain(child_output& from, std::string& into, int& failure) {
  const result<std::size_t> count = co_await from.try_read_to_end(into);
  from.close();
  failure = count.error_number();
}

task<communicated> process::communicate(std::string input) {
  JACKDAW_ASSERT(child_ != nullptr);
  child& peer = *child_;
  if (!input.empty() && !peer.input) {
    throw std::logic_error("communicate() with input for " + peer.program +
                           ", whose standard input is no pipe");
  }
  std::array<int, 3> failures{};
  std::string output;
  std::string errors;
  auto start_all = [&](task_group& group) -> task<void> {
    if (peer.input) {
      group.create_task(feed(peer.input, input, failures[0]));
    }
    if (peer.output) {
      group.create_task(drain(peer.output, output, failures[1]));
    }
    if (peer.errors) {
      group.create_task(drain(peer.errors, errors, failures[2]));
    }
    co_return;
  };
  co_await with_task_group(std::move(start_all));
  for (const int failure : failures) {
    if (failure != 0) {
      throw error(failure, "communicate with", peer.program);
    }
  }
  const exit_status status = co_await wait();
  co_return communicated(std::move(output), std::move(errors), status);
}

}  // namespace jackdaw::io
