// A FIFO of objects that carry their own link: no allocation, no size, no thread safety.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>

#include <cstddef>
#include <utility>

namespace jackdaw {

/// `T` has a member `T* next`, which belongs to the queue while the object is in it.
template <class T>
class intrusive_queue {
 public:
  intrusive_queue() noexcept = default;
  intrusive_queue(intrusive_queue&& other) noexcept
      : head_(std::exchange(other.head_, nullptr)),
        tail_(std::exchange(other.tail_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  intrusive_queue& operator=(intrusive_queue&& other) noexcept {
    JACKDAW_ASSERT(empty());
    head_ = std::exchange(other.head_, nullptr);
    tail_ = std::exchange(other.tail_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T* front() const noexcept { return head_; }

  void push_back(T& item) noexcept {
    item.next = nullptr;
    if (tail_ == nullptr) {
      head_ = &item;
    } else {
      tail_->next = &item;
    }
    tail_ = &item;
    ++size_;
  }

  void push_front(T& item) noexcept {
    item.next = head_;
    head_ = &item;
    if (tail_ == nullptr) {
      tail_ = &item;
    }
    ++size_;
  }

  [[nodiscard]] T* pop_front() noexcept {
    T* const item = head_;
    if (item != nullptr) {
      head_ = item->next;
      if (head_ == nullptr) {
        tail_ = nullptr;
      }
      --size_;
    }
    return item;
  }

  /// Appends all of `other`, which is empty afterwards.
  void append(intrusive_queue& other) noexcept {
    if (other.empty()) {
      return;
    }
    if (tail_ == nullptr) {
      head_ = other.head_;
    } else {
      tail_->next = other.head_;
    }
    tail_ = other.tail_;
    size_ += other.size_;
    other.head_ = nullptr;
    other.tail_ = nullptr;
    other.size_ = 0;
  }

 private:
  T* head_ = nullptr;
  T* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace jackdaw
