// What posix_spawn() is told, and what is open for it meanwhile.
#include <jackdaw/io/process_launch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

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

/// What posix_spawn() is told, and the descriptors that are open for it meanwhile.
class process_launch {
 public:
  explicit process_launch(const process_options& options)
      : options_(&options),
        first_closed_(3 + static_cast<int>(options.descriptors.size())),
        started_(std::make_unique<child_process>()) {
    require(posix_spawn_file_actions_init(&actions_));
    if (const int failure = posix_spawnattr_init(&attributes_); failure != 0) {
      posix_spawn_file_actions_destroy(&actions_);
      require(failure);
    }
  }
  process_launch(const process_launch&) = delete;
  process_launch& operator=(const process_launch&) = delete;
  ~process_launch() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  std::unique_ptr<child_process> run();

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
  std::unique_ptr<child_process> started_;
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<file_descriptor> held_;
};

void process_launch::place_descriptors() {
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

void process_launch::set_attributes() {
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

std::unique_ptr<child_process> process_launch::run() {
  // Asked before there is a child: without pidfds there should be none.
  if (const file_descriptor self = open_pidfd(getpid()); !self) {
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
  started_->pidfd = open_pidfd(started_->pid);
  if (!started_->pidfd) {
    const int failure = errno;
    ::kill(started_->pid, SIGKILL);
    reap_in_background(started_->pid);
    require(failure);
  }
  return std::move(started_);
}

std::unique_ptr<child_process> launch_process(const process_options& options) {
  options.check();
  check_child_signal(options);
  process_launch starting(options);
  return starting.run();
}

}  // namespace jackdaw::io
