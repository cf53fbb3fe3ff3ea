// Errors that nobody is there to catch: they are reported, never lost, and never end the process.
#pragma once

#include <exception>
#include <functional>
#include <string>

namespace jackdaw {

/// What happened, in asyncio's words ("Task exception was never retrieved"), to whom, and why.
struct failure {
  std::string message;
  std::string task_name;
  std::exception_ptr exception;
};

/// Called on the thread where it happened, possibly from a destructor: it must not throw (what it
/// throws is written to stderr and dropped) and should not block.
using failure_handler = std::function<void(const failure&)>;

/// Writes one line to stderr: message, task, exception.
void report_to_stderr(const failure& failure);

/// The text of an exception: what(), or its type's name. For messages.
[[nodiscard]] std::string describe(const std::exception_ptr& error);

}  // namespace jackdaw
