// What to start, and how: the program, its environment, its descriptors.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {

/// What a standard stream of a child is.
class stdio {
 public:
  /// The parent's own.
  [[nodiscard]] static stdio inherit() noexcept { return stdio(kind::inherit, -1); }
  [[nodiscard]] static stdio null() noexcept { return stdio(kind::null, -1); }
  /// A new pipe, whose other end is the process object's.
  [[nodiscard]] static stdio pipe() noexcept { return stdio(kind::pipe, -1); }
  /// A copy of `number`, which stays the caller's and is open until spawn() returns.
  [[nodiscard]] static stdio descriptor(int number) noexcept {
    return stdio(kind::descriptor, number);
  }
  /// For standard_error only: wherever standard_output goes. asyncio: STDOUT.
  [[nodiscard]] static stdio to_output() noexcept { return stdio(kind::output, -1); }

  [[nodiscard]] bool is_pipe() const noexcept { return kind_ == kind::pipe; }

 private:
  friend class process_launch;
  enum class kind : unsigned char { inherit, null, pipe, descriptor, output };
  stdio(kind chosen, int number) noexcept : kind_(chosen), number_(number) {}

  kind kind_;
  int number_;
};

/// What to start, and how.
struct process_options {
  /// `program_name` with a slash is a path, relative to `directory`; else it is looked up in the PATH of
  /// this process. It is also the child's argv[0].
  explicit process_options(std::string program_name, std::vector<std::string> argument_list = {})
      : program(std::move(program_name)), arguments(std::move(argument_list)) {}

  enum class group {
    same,         // The parent's: a ^C of the terminal ends both.
    new_group,    // setpgid(0, 0): signal_group() reaches it and its children.
    new_session,  // setsid(): so too, and without a terminal.
  };

  std::string program;
  std::vector<std::string> arguments;
  /// Set, or replaced, in a copy of the environment of this process.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Nothing of the environment of this process.
  bool empty_environment = false;
  /// Where it starts; empty: where this process is.
  std::string directory;
  stdio standard_input = stdio::inherit();
  stdio standard_output = stdio::inherit();
  stdio standard_error = stdio::inherit();
  /// Copies of these are the child's descriptors 3, 4, ...
  std::vector<int> descriptors;
  group process_group = group::same;

  /// Throws io::error EINVAL if something cannot be said to the kernel: see process::spawn().
  void check() const;
  /// "NAME=value" for each variable that the child gets.
  [[nodiscard]] std::vector<std::string> environment_of_child() const;
};

}  // namespace jackdaw::io
