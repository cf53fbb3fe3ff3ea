// `async with asyncio.timeout(...) as scope`, with a scope that can be looked at afterwards.
#pragma once

#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <utility>

namespace jackdaw::conformance {

inline task<> inside(timeout_scope& scope, task<> body) {
  bool timed_out = false;
  try {
    co_await std::move(body);
  } catch (const cancelled_error&) {
    timed_out = scope.leave(true);
    if (!timed_out) {
      throw;
    }
  }
  if (timed_out) {
    throw timeout_error();
  }
  static_cast<void>(scope.leave(false));
}

}  // namespace jackdaw::conformance
