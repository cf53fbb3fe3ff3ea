// oneTBB, behind functions that know no TBB. What they call is called by threads of the arena.
#pragma once

#include <jackdaw/runtime/base/function_ref.hpp>

#include <cstddef>

namespace jackdaw::parallel {

/// Calls `work` on this thread as one of the arena of `cores`, or has one of its threads do so; waits for a
/// place if there is none. Returns, or throws what it threw, when it is done.
void enter_arena(unsigned cores, function_ref<void()> work);

/// Calls `body` for each of 0 to `count`, at once and in any order, until one of them returns false or
/// throws; throws the first exception. Inside of enter_arena().
void for_each_index(std::size_t count, function_ref<bool(std::size_t)> body);

/// Calls both, perhaps at once; throws the first exception. Inside of enter_arena().
void invoke_both(function_ref<void()> first, function_ref<void()> second);

}  // namespace jackdaw::parallel
