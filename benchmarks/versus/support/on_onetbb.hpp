// oneTBB: an arena of `workers` slots, one of which is the calling thread's.
#pragma once

#include "problems.hpp"
#include "versus.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

namespace versus {

/// Calls `body`, which reports, in the arena, and returns what main() is to return.
template <class F>
int on_onetbb(const arguments& given, F body) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, given.workers);
  tbb::task_arena arena(static_cast<int>(given.workers));
  return arena.execute(body);
}

}  // namespace versus
