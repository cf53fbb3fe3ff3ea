// tests/runtime/asyncio/program.hpp
//
// For the tests cpython_*_test.cpp: programs on the asyncio loop, on a clock that jumps, in asyncio's names.
// tests/conformance/cpython_tests.txt says which of CPython's own tests they stand for.
#pragma once

#include "../../support/runtime_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/asyncio.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::asyncio::testing {

using namespace std::chrono_literals;
using jackdaw::testing::failure_log;
using jackdaw::testing::trace;

/// asyncio.run(main). What is reported meanwhile fails the test.
template <class T>
T run_program(task<T> main) {
  failure_log failures;
  const auto expect_silence = [&failures] {
    EXPECT_EQ(failures.text(), "") << "reported, but nobody expected it";
  };
  if constexpr (std::is_void_v<T>) {
    asyncio::run(std::move(main), {.virtual_time = true, .on_failure = failures.handler()});
    expect_silence();
  } else {
    T result =
        asyncio::run(std::move(main), {.virtual_time = true, .on_failure = failures.handler()});
    expect_silence();
    return result;
  }
}

/// For a loop whose reports a test wants to see.
[[nodiscard]] inline loop_options reporting_to(failure_log& failures) {
  loop_options options;
  options.on_failure = failures.handler();
  return options;
}

/// `for _ in range(count): await asyncio.sleep(0)`
inline task<void> turns(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await asyncio::sleep(0s);
  }
}

inline task<void> forever() { co_await asyncio::sleep(24h); }

/// "cancelled", "cancelled: message", what the exception says, or "[a, b]" for a group of exceptions.
inline std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const any_exception_group& group) {
    std::string members;
    for (const std::exception_ptr& member : group.exceptions()) {
      members += (members.empty() ? "" : ", ") + text_of(member);
    }
    return "[" + members + "]";
  } catch (const cancelled_error& cancelled) {
    return cancelled.has_message() ? "cancelled: " + cancelled.message() : "cancelled";
  } catch (const base_exception& other) {
    return other.message();
  } catch (const timeout_error&) {
    return "timeout";
  } catch (const std::exception& other) {
    return other.what();
  }
}

/// How awaiting it ended: "value" or the text of what it threw.
template <class A>
task<std::string> end_of(A what) {
  std::exception_ptr error;
  try {
    co_await std::move(what);
  } catch (...) {
    error = std::current_exception();
  }
  co_return error == nullptr ? "value" : text_of(error);
}

/// What the exception that `function` throws says, or "nothing thrown".
template <class F>
std::string thrown_by(F&& function) {
  try {
    std::forward<F>(function)();
  } catch (...) {
    return text_of(std::current_exception());
  }
  return "nothing thrown";
}

[[nodiscard]] inline time_point now() { return running_scheduler().now(); }
[[nodiscard]] inline std::uint32_t cancelling() { return this_task::cancelling(); }

}  // namespace jackdaw::asyncio::testing
