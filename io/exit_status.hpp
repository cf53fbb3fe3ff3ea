// How a process ended: by itself, or by a signal.
#pragma once

#include <string>

namespace jackdaw::io {

/// How a process ended.
class exit_status {
 public:
  [[nodiscard]] static exit_status of_code(int code) noexcept { return {code, 0}; }
  [[nodiscard]] static exit_status of_signal(int number) noexcept { return {0, number}; }

  /// It called exit(), or returned from main().
  [[nodiscard]] bool exited() const noexcept { return signal_ == 0; }
  [[nodiscard]] bool signalled() const noexcept { return signal_ != 0; }
  /// exited() with 0.
  [[nodiscard]] bool success() const noexcept { return exited() && code_ == 0; }
  /// Of exit(); 0 if it was a signal.
  [[nodiscard]] int code() const noexcept { return code_; }
  /// That ended it; 0 if it exited.
  [[nodiscard]] int signal() const noexcept { return signal_; }
  /// asyncio's: the code, or the signal's number, negative.
  [[nodiscard]] int returncode() const noexcept { return exited() ? code_ : -signal_; }
  /// "exit code 3", "signal 9 (Killed)".
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const exit_status&, const exit_status&) noexcept = default;

 private:
  exit_status(int code, int signal) noexcept : code_(code), signal_(signal) {}

  int code_;
  int signal_;
};

}  // namespace jackdaw::io
