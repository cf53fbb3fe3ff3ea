// Quicksort in place, whose halves are sorted at once. For parallel.hpp.
//
// Elements are only swapped, so that an exception or a cancellation leaves all of them in the range.
#pragma once

#include <jackdaw/runtime/parallel/execution.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>

namespace jackdaw::parallel {

/// Ranges up to this length are sorted by one thread at a stretch: about slice_time for plain numbers.
inline constexpr std::ptrdiff_t sorted_at_a_stretch = 2048;
/// The core is offered after so many steps of a cut: about slice_time for plain numbers in random order.
inline constexpr std::ptrdiff_t steps_at_a_stretch = 32 * 1024;

/// The middle one of three.
template <class Iterator, class Less>
Iterator median(Iterator a, Iterator b, Iterator c, Less& less) {
  if (std::invoke(less, *a, *b)) {
    return std::invoke(less, *b, *c) ? b : std::invoke(less, *a, *c) ? c : a;
  }
  return std::invoke(less, *a, *c) ? a : std::invoke(less, *b, *c) ? c : b;
}

/// Swaps elements so that none before the returned place is greater, and none behind it less, than the one
/// that is there. Returns `last` if the call is cancelled.
template <class Iterator, class Less>
Iterator cut(execution& in, Iterator first, Iterator last, Less& less) {
  const auto eighth = (last - first) / 8;
  const auto near = [&](Iterator at) { return median(at - eighth, at, at + eighth, less); };
  std::iter_swap(first, median(near(first + eighth), near(first + 4 * eighth),
                               near(first + 7 * eighth - 1), less));
  auto low = first + 1;
  auto high = last;
  std::ptrdiff_t steps = 0;
  const auto stopped = [&] { return ++steps % steps_at_a_stretch == 0 && in.give_way(); };
  // Both sides stop at elements equal to the pivot: equal elements go to both halves alike.
  while (true) {
    for (; low != high && std::invoke(less, *low, *first); ++low) {
      if (stopped()) [[unlikely]] {
        return last;
      }
    }
    for (; low != high && std::invoke(less, *first, *std::prev(high)); --high) {
      if (stopped()) [[unlikely]] {
        return last;
      }
    }
    if (high - low <= 1) {
      break;
    }
    std::iter_swap(low++, --high);
    if (stopped()) [[unlikely]] {
      return last;
    }
  }
  // At most one is between, and it equals the pivot.
  std::iter_swap(first, low - 1);
  return low - 1;
}

template <class Iterator, class Less>
void quicksort(execution& in, Iterator first, Iterator last, Less& less, int cuts_max) {
  if (in.give_way()) {
    return;
  }
  // Cuts that go wrong again and again would make it quadratic: std::sort is never.
  if (last - first <= sorted_at_a_stretch || cuts_max == 0) {
    std::sort(first, last, std::ref(less));
    return;
  }
  const Iterator middle = cut(in, first, last, less);
  if (middle == last) {
    return;
  }
  fork([&] { quicksort(in, first, middle, less, cuts_max - 1); },
       [&] { quicksort(in, middle + 1, last, less, cuts_max - 1); });
}

template <class Iterator, class Less>
void quicksort(execution& in, Iterator first, Iterator last, Less& less) {
  quicksort(in, first, last, less,
            2 * static_cast<int>(std::bit_width(static_cast<std::size_t>(last - first))));
}

}  // namespace jackdaw::parallel
