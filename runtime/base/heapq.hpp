// Python's heapq, move for move: which of several equal items comes first is observable.
//
// heapq is not stable, and asyncio compares timers by deadline only, so the order in which equal
// deadlines fire is decided by how heapq happens to sift (S7: six equal timers and a later one fire
// as 0 2 5 1 3 4; without the later one as 0 2 5 4 1 3). The functions
// below make the same comparisons and moves as CPython's. Priority queues promise that order too.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace jackdaw::heapq {

/// `less(a, b)`: a comes before b.
template <class T, class Less>
void sift_down(std::vector<T>& heap, std::size_t start, std::size_t position, Less less) {
  T item = std::move(heap[position]);
  while (position > start) {
    const std::size_t parent = (position - 1) / 2;
    if (!less(item, heap[parent])) {
      break;
    }
    heap[position] = std::move(heap[parent]);
    position = parent;
  }
  heap[position] = std::move(item);
}

/// Down to a leaf along the smaller children, then up again: fewer comparisons than stopping early.
template <class T, class Less>
void sift_up(std::vector<T>& heap, std::size_t position, Less less) {
  const std::size_t end = heap.size();
  const std::size_t start = position;
  T item = std::move(heap[position]);
  std::size_t child = 2 * position + 1;
  while (child < end) {
    const std::size_t right = child + 1;
    if (right < end && !less(heap[child], heap[right])) {
      child = right;
    }
    heap[position] = std::move(heap[child]);
    position = child;
    child = 2 * position + 1;
  }
  heap[position] = std::move(item);
  sift_down(heap, start, position, less);
}

template <class T, class Less>
void push(std::vector<T>& heap, T item, Less less) {
  heap.push_back(std::move(item));
  sift_down(heap, 0, heap.size() - 1, less);
}

/// `heap` must not be empty.
template <class T, class Less>
T pop(std::vector<T>& heap, Less less) {
  T last = std::move(heap.back());
  heap.pop_back();
  if (heap.empty()) {
    return last;
  }
  T first = std::exchange(heap.front(), std::move(last));
  sift_up(heap, 0, less);
  return first;
}

template <class T, class Less>
void heapify(std::vector<T>& heap, Less less) {
  for (std::size_t position = heap.size() / 2; position-- > 0;) {
    sift_up(heap, position, less);
  }
}

}  // namespace jackdaw::heapq
