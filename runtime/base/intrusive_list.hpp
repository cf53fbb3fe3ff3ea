// A doubly linked list of objects that carry their own links: removal from the middle in one step.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>

#include <cstddef>

namespace jackdaw {

/// The links: an object is in one list at a time.
struct list_links {
  list_links* previous = nullptr;
  list_links* following = nullptr;

  [[nodiscard]] bool linked() const noexcept { return previous != nullptr; }
};

/// A ring with a sentinel, so that removal needs no case distinction. `T` derives from list_links.
template <class T>
class intrusive_list {
 public:
  intrusive_list() noexcept {
    ring_.previous = &ring_;
    ring_.following = &ring_;
  }
  intrusive_list(const intrusive_list&) = delete;
  intrusive_list& operator=(const intrusive_list&) = delete;
  ~intrusive_list() { JACKDAW_ASSERT(empty()); }

  [[nodiscard]] bool empty() const noexcept { return ring_.following == &ring_; }
  [[nodiscard]] T* front() const noexcept { return empty() ? nullptr : to_item(ring_.following); }
  [[nodiscard]] T* back() const noexcept { return empty() ? nullptr : to_item(ring_.previous); }
  [[nodiscard]] T* next_of(const T& item) const noexcept {
    return item.following == &ring_ ? nullptr : to_item(item.following);
  }
  [[nodiscard]] T* previous_of(const T& item) const noexcept {
    return item.previous == &ring_ ? nullptr : to_item(item.previous);
  }

  void push_back(T& item) noexcept { insert_after(back(), item); }

  /// As the first one if `before` is null.
  void insert_after(T* before, T& item) noexcept {
    list_links& links = item;
    JACKDAW_ASSERT(!links.linked());
    list_links& left = before != nullptr ? static_cast<list_links&>(*before) : ring_;
    links.previous = &left;
    links.following = left.following;
    left.following->previous = &links;
    left.following = &links;
  }

  static void remove(T& item) noexcept {
    list_links& links = item;
    JACKDAW_ASSERT(links.linked());
    links.previous->following = links.following;
    links.following->previous = links.previous;
    links.previous = nullptr;
    links.following = nullptr;
  }

  [[nodiscard]] T* pop_front() noexcept {
    T* const item = front();
    if (item != nullptr) {
      remove(*item);
    }
    return item;
  }

  /// O(n); for assertions and statistics.
  [[nodiscard]] std::size_t count() const noexcept {
    std::size_t items = 0;
    for (const list_links* links = ring_.following; links != &ring_; links = links->following) {
      ++items;
    }
    return items;
  }

 private:
  static T* to_item(list_links* links) noexcept { return static_cast<T*>(links); }

  list_links ring_;
};

}  // namespace jackdaw
