// Parallel algorithms over ranges, awaited by a task and done by oneTBB within the runtime's cores.
//
// The rule for users
// ------------------
// What is called in parallel is called on threads that belong to no task: it must not use the runtime (no
// co_await, spawn() or current task), should not block, and must be safe to call at once with itself. It may
// refer to what the awaiting task owns: the await ends when the call has ended, also if it is cancelled.
// Cheap work (below some 20 us in all) is done faster by a plain loop.
#pragma once

#include <jackdaw/runtime/parallel/chunks.hpp>
#include <jackdaw/runtime/parallel/execution.hpp>
#include <jackdaw/runtime/parallel/job.hpp>
#include <jackdaw/runtime/parallel/quicksort.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::parallel {

/// How a call is cut into pieces.
struct options {
  /// Elements of a chunk, of which one thread does one after the other. 0: so many that there are up to
  /// chunks_max of them.
  std::size_t grain = 0;
};

/// Elements by number, whose owner outlives the call: a container by name, a span, a view of either.
template <class R>
concept range = std::ranges::random_access_range<R> && std::ranges::sized_range<R> &&
                std::ranges::borrowed_range<R>;

/// Calls `function(index)` for each index from `first` up to `last`.
///
/// Suspends      Always. The task is queued when the call has ended; the worker or loop goes on meanwhile.
/// Threads       See "The rule for users".
/// Lifetime      `function` is moved into the call, and destroyed before the await ends.
/// Errors        The first exception of a function. What others have not begun is not done.
/// Cancellation  Throws cancelled_error when the call has stopped, which takes as long as the function for
///               some elements (slice_time). Which indices were done is not known; an exception
///               or the end of the call that the request met on its way is lost.
/// Cost          An allocation and two thread switches, some 20 us; a clock read per slice.
/// Source        tbb::parallel_for.
template <std::integral Index, class F>
  requires std::invocable<F&, Index>
auto parallel_for(Index first, std::type_identity_t<Index> last, F function, options how = {}) {
  const std::size_t count = first < last ? static_cast<std::size_t>(last - first) : 0;
  return call_in_arena([=, function = std::move(function)](execution& in) mutable {
    for_each_chunk(in, count, grain_for(count, how.grain),
                   [&](std::size_t, std::size_t begin, std::size_t end) {
                     for (std::size_t at = begin; at != end; ++at) {
                       std::invoke(function, static_cast<Index>(first + static_cast<Index>(at)));
                     }
                   });
  });
}

/// Calls `function(element)` for each element of `over`; else as above.
template <range R, class F>
  requires std::invocable<F&, std::ranges::range_reference_t<R>>
auto parallel_for(R&& over, F function, options how = {}) {
  const auto first = std::ranges::begin(over);
  const std::size_t count = std::ranges::size(over);
  return call_in_arena([=, function = std::move(function)](execution& in) mutable {
    for_each_chunk(in, count, grain_for(count, how.grain),
                   [&](std::size_t, std::size_t begin, std::size_t end) {
                     for (auto at = advanced(first, begin); begin != end; ++begin, ++at) {
                       std::invoke(function, *at);
                     }
                   });
  });
}

/// Returns `initial` combined with `project(element)` of each element, from the first to the last.
///
/// Deterministic: the result depends on the range and the grain, not on threads or their number, also where
/// `combine` is associative only nearly, like the addition of floating-point numbers. It need not commute.
///
/// Suspends, Threads, Lifetime, Errors, Cancellation: as parallel_for(); a cancelled one has no result.
/// Cost          As parallel_for(), and a T per chunk; they are combined at the end by one thread.
/// Source        std::transform_reduce, tbb::parallel_deterministic_reduce.
template <range R, class T, class Combine = std::plus<>, class Project = std::identity>
auto reduce(R&& over, T initial, Combine combine = {}, Project project = {}, options how = {}) {
  const auto first = std::ranges::begin(over);
  const std::size_t count = std::ranges::size(over);
  return call_in_arena([=, initial = std::move(initial), combine = std::move(combine),
                        project = std::move(project)](execution& in) mutable -> T {
    const std::size_t grain = grain_for(count, how.grain);
    std::vector<std::optional<T>> partial(chunk_count(count, grain));
    for_each_chunk(in, count, grain, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
      accumulate(partial[chunk], advanced(first, begin), end - begin, combine, project);
    });
    for (std::optional<T>& each : partial) {
      initial = std::invoke(combine, std::move(initial), std::move(*each));
    }
    return std::move(initial);
  });
}

/// Writes to `out` + i what `combine` makes of the first i + 1 elements: running totals. `out` may be the
/// range's own beginning.
///
/// Deterministic, as reduce() is.
/// Suspends, Threads, Lifetime, Errors, Cancellation: as parallel_for(). What of `out` is written after an
/// error or a cancellation is not known.
/// Cost          As parallel_for(), twice: totals of chunks first.
/// Source        std::inclusive_scan, tbb::parallel_scan.
template <range R, std::random_access_iterator Out, class Combine = std::plus<>>
auto scan(R&& over, Out out, Combine combine = {}, options how = {}) {
  using value = std::ranges::range_value_t<R>;
  const auto first = std::ranges::begin(over);
  const std::size_t count = std::ranges::size(over);
  return call_in_arena([=, combine = std::move(combine)](execution& in) mutable {
    const std::size_t grain = grain_for(count, how.grain);
    // Of each chunk, the total of all before it; nothing for the first one.
    std::vector<std::optional<value>> before(chunk_count(count, grain));
    for_each_chunk(in, count, grain, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
      if (chunk + 1 != before.size()) {
        accumulate(before[chunk + 1], advanced(first, begin), end - begin, combine,
                   std::identity());
      }
    });
    for (std::size_t chunk = 2; chunk < before.size(); ++chunk) {
      before[chunk] =
          std::invoke(combine, std::as_const(*before[chunk - 1]), std::move(*before[chunk]));
    }
    for_each_chunk(in, count, grain, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
      write_totals(before[chunk], advanced(first, begin), end - begin, advanced(out, begin),
                   combine);
    });
  });
}

/// Sorts `over` by `less`. Not stable.
///
/// Suspends, Threads, Lifetime, Errors, Cancellation: as parallel_for(). After an error or a cancellation the
/// range holds the same elements in an unknown order: nothing is lost.
/// Cost          O(n log n) comparisons, in place. The first cut of the range is done by one thread.
/// Source        std::sort, tbb::parallel_sort.
template <range R, class Less = std::ranges::less>
  requires std::sortable<std::ranges::iterator_t<R>, Less>
auto sort(R&& over, Less less = {}) {
  const auto first = std::ranges::begin(over);
  const auto count = std::ranges::distance(over);
  return call_in_arena([=, less = std::move(less)](execution& in) mutable {
    quicksort(in, first, first + count, less);
  });
}

}  // namespace jackdaw::parallel
