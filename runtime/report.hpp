// Errors that nobody is there to catch: they are reported, never lost, and never end the process.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

namespace jackdaw {

/// What a failure happened to.
enum class failure_source : std::uint8_t { unknown, task, future, handle, coroutine };

/// An error is for an exception handler; a warning tells of a program that is probably wrong, and goes to
/// the log only (asyncio: logger.warning, and warnings.warn).
enum class failure_level : std::uint8_t { error, warning };

/// What happened, in asyncio's words ("Task exception was never retrieved"), to whom, and why.
///
/// Source        The dictionary that asyncio's exception handlers are given.
struct failure {
  std::string message;
  std::string task_name;
  std::exception_ptr exception;
  failure_source source = failure_source::unknown;
  failure_level level = failure_level::error;
  /// The coroutine that it is about. Without a line: not known.
  std::source_location where = {};
  /// What a handler was told of when it threw `exception`; else null. asyncio: "context".
  std::shared_ptr<const failure> while_handling = {};
};

/// Called on the thread where it happened (a pool's watchdog calls on its own), possibly from a destructor: it
/// must not throw (what it throws is written to stderr and dropped) and should not block.
using failure_handler = std::function<void(const failure&)>;

/// Writes one line to stderr: message, task, exception, place.
void report_to_stderr(const failure& failure);

/// The text of an exception: what(), or its type's name. For messages.
[[nodiscard]] std::string describe(const std::exception_ptr& error);

/// The bare name of the function at `where`, as Python's __name__: "fetch", "<lambda>".
[[nodiscard]] std::string function_name(const std::source_location& where);

/// Warns through the scheduler of this thread that the coroutine at `where` was destroyed before it began.
/// Silent without a scheduler, while an exception is on its way, and where whole frames are given up:
/// there nobody forgot anything.
void report_never_awaited(const std::source_location& where) noexcept;

}  // namespace jackdaw
