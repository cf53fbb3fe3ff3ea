// The heap's sifting, and firing.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/multi_thread/timer_queue.hpp>

#include <algorithm>
#include <mutex>

namespace jackdaw {
namespace {

constexpr std::size_t arity = 4;

}  // namespace

timer_queue::~timer_queue() { JACKDAW_ASSERT(heap_.empty()); }

void timer_queue::arm(timer& timer) {
  const std::lock_guard guard(lock_);
  timer_access::set_queue(timer, this);
  heap_.emplace_back();
  sift_up(heap_.size() - 1, {timer.deadline(), &timer});
  publish_next();
}

void timer_queue::disarm(timer& timer) noexcept {
  const std::lock_guard guard(lock_);
  // Relaxed: the state changes under the lock only, but for the end of firing.
  if (timer.state_.load(std::memory_order_relaxed) != timer::state::armed) {
    return;
  }
  remove_at(timer.index_);
  timer_access::retire(timer);
  publish_next();
}

void timer_queue::fire_due(time_point now) noexcept {
  while (next_deadline() <= now) {
    timer* due = nullptr;
    {
      const std::lock_guard guard(lock_);
      if (heap_.empty() || heap_.front().deadline > now) {
        publish_next();
        return;
      }
      due = heap_.front().item;
      remove_at(0);
      timer_access::start_firing(*due);
      publish_next();
    }
    timer_access::fire(*due);
  }
}

std::size_t timer_queue::size() const noexcept {
  const std::lock_guard guard(lock_);
  return heap_.size();
}

void timer_queue::place(std::size_t index, entry moved) noexcept {
  heap_[index] = moved;
  moved.item->index_ = index;
}

void timer_queue::sift_up(std::size_t index, entry moved) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / arity;
    if (heap_[parent].deadline <= moved.deadline) {
      break;
    }
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, moved);
}

void timer_queue::sift_down(std::size_t index, entry moved) noexcept {
  while (true) {
    const std::size_t first = index * arity + 1;
    if (first >= heap_.size()) {
      break;
    }
    const std::size_t last = std::min(first + arity, heap_.size());
    std::size_t smallest = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child].deadline < heap_[smallest].deadline) {
        smallest = child;
      }
    }
    if (moved.deadline <= heap_[smallest].deadline) {
      break;
    }
    place(index, heap_[smallest]);
    index = smallest;
  }
  place(index, moved);
}

void timer_queue::remove_at(std::size_t index) noexcept {
  const entry last = heap_.back();
  heap_.pop_back();
  // A burst of timers must not hold its memory for ever.
  if (heap_.capacity() > 1024 && heap_.size() < heap_.capacity() / 8) {
    heap_.shrink_to_fit();
  }
  if (index == heap_.size()) {
    return;
  }
  if (index > 0 && last.deadline < heap_[(index - 1) / arity].deadline) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

void timer_queue::publish_next() noexcept {
  const time_point next = heap_.empty() ? never : heap_.front().deadline;
  next_.store(next.time_since_epoch().count(), std::memory_order_relaxed);  // Q1
}

}  // namespace jackdaw
