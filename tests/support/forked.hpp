// tests/support/forked.hpp
//
// A test body in a child process: for limits, signals and system call filters that would spoil the
// process that runs the other tests.
#pragma once

#include <functional>
#include <string>

namespace jackdaw::testing {

struct forked_result {
  int exit_status = -1;  // -1 if a signal ended it.
  int signal = 0;
  std::string text;  // What the body returned: "" if all was well.
  std::string standard_error;
};

/// Runs `body` in a forked child and waits for it. The body says what went wrong, or returns "". What it
/// throws becomes such a text. A child that takes longer than a minute is ended by SIGALRM.
[[nodiscard]] forked_result in_child(const std::function<std::string()>& body);

/// "" if the child returned an empty text and exited with 0, else a description for people.
[[nodiscard]] std::string complaint_of(const forked_result& result);

// -- For the body -----------------------------------------------------------------------------------

/// From now on the system call fails with `error_number` in this process, and is not made. With
/// `argument` only if the argument of that index has that value.
void refuse_system_call(int number, int error_number);
void refuse_system_call(int number, int argument, unsigned value, int error_number);

/// setrlimit(), soft and hard.
void limit_resource(int resource, unsigned long value);

/// Numbers that older headers lack.
inline constexpr int call_io_uring_setup = 425;
inline constexpr int call_io_uring_enter = 426;
inline constexpr int call_io_uring_register = 427;
inline constexpr int call_epoll_pwait2 = 441;

}  // namespace jackdaw::testing
