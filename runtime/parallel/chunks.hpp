// What the algorithms do with a slice of a chunk. For parallel.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

namespace jackdaw::parallel {

/// Fixed, and not by the number of cores: results that depend on how a range is cut are then the same on
/// all machines. Enough for any machine to balance; few enough to combine by one thread.
inline constexpr std::size_t chunks_max = 512;

[[nodiscard]] inline std::size_t chunk_count(std::size_t count, std::size_t grain) noexcept {
  return count / grain + (count % grain != 0 ? 1 : 0);
}

[[nodiscard]] inline std::size_t grain_for(std::size_t count, std::size_t wanted) noexcept {
  return wanted != 0 ? wanted : std::max<std::size_t>(1, chunk_count(count, chunks_max));
}

template <class Iterator>
[[nodiscard]] Iterator advanced(Iterator first, std::size_t by) {
  return first + static_cast<std::iter_difference_t<Iterator>>(by);
}

/// Combines `count` elements, at least one, with the total of those before them, if there are any.
template <class T, class Iterator, class Combine, class Project>
void accumulate(std::optional<T>& total, Iterator at, std::size_t count, Combine& combine,
                const Project& project) {
  if (!total.has_value()) {
    total.emplace(std::invoke(project, *at));
    ++at;
    --count;
  }
  // A local, which can be a register.
  T sum = std::move(*total);
  for (; count != 0; --count, ++at) {
    sum = std::invoke(combine, std::move(sum), std::invoke(project, *at));
  }
  total = std::move(sum);
}

/// Writes the totals up to each element; `total` is that of all before them, if there are any.
template <class T, class Iterator, class Out, class Combine>
void write_totals(std::optional<T>& total, Iterator at, std::size_t count, Out out,
                  Combine& combine) {
  for (; count != 0; --count, ++at, ++out) {
    if (total.has_value()) {
      *total = std::invoke(combine, std::move(*total), *at);
    } else {
      total.emplace(*at);
    }
    *out = *total;
  }
}

}  // namespace jackdaw::parallel
