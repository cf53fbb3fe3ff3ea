// Which slot a deadline belongs to, and how the slots empty into each other.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/multi_thread/timer_queue.hpp>

#include <algorithm>
#include <bit>
#include <mutex>

namespace jackdaw {
namespace {

// The sign bit turned over: the order of signed numbers is kept.
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;

constexpr std::uint64_t key_of(time_point time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ sign_bit;
}

constexpr time_point time_of(std::uint64_t key) noexcept {
  return time_point(duration(static_cast<duration::rep>(key ^ sign_bit)));
}

}  // namespace

timer_queue::~timer_queue() { JACKDAW_ASSERT(size_ == 0); }

void timer_queue::arm(timer& timer) noexcept {
  const std::lock_guard guard(lock_);
  timer_access::set_queue(timer, this);
  ++size_;
  insert(timer);
  if (timer.deadline() <= deadline_bound()) {
    publish_next(timer.deadline(), true);
  }
}

void timer_queue::disarm(timer& timer) noexcept {
  const std::lock_guard guard(lock_);
  // Relaxed: the state changes under the lock only, but for the end of firing.
  if (timer.state_.load(std::memory_order_relaxed) != timer::state::armed) {
    return;
  }
  remove(timer);
  timer_access::retire(timer);
}

void timer_queue::fire_due(time_point now) noexcept {
  while (true) {
    timer* due = nullptr;
    {
      const std::lock_guard guard(lock_);
      due = take_due(now);
      if (due == nullptr) {
        return;
      }
      timer_access::start_firing(*due);
    }
    timer_access::fire(*due);
  }
}

time_point timer_queue::next_deadline() noexcept {
  // Q2: relaxed, as Q1: if another thread makes it inexact just now, a worker wakes early once.
  if (!next_is_exact_.load(std::memory_order_relaxed)) {
    const std::lock_guard guard(lock_);
    look_for_earliest();
  }
  return deadline_bound();
}

std::size_t timer_queue::size() const noexcept {
  const std::lock_guard guard(lock_);
  return size_;
}

// W1, W2
timer_queue::place timer_queue::place_of(key when) const noexcept {
  const key differing = when ^ base_;
  const unsigned level =
      differing == 0 ? 0 : (63U - static_cast<unsigned>(std::countl_zero(differing))) / digit_bits;
  const auto digit = static_cast<unsigned>(when >> (level * digit_bits)) % slots_per_level;
  return {level, digit};
}

bool timer_queue::find_first(place& first) const noexcept {
  for (unsigned level = 0; level < level_count; ++level) {
    if (occupied_[level] != 0) {
      first = {level, static_cast<unsigned>(std::countr_zero(occupied_[level]))};
      return true;
    }
  }
  return false;
}

// The earliest deadline that belongs there: the base's digits above, its own digit, zeros below.
timer_queue::key timer_queue::start_of(place slot) const noexcept {
  const unsigned shift = slot.level * digit_bits;
  const key digits = (base_ >> shift) / slots_per_level * slots_per_level + slot.slot;
  return digits << shift;
}

void timer_queue::insert(timer& timer) noexcept {
  const place to = place_of(std::max(key_of(timer.deadline()), base_));
  occupied_[to.level] |= std::uint64_t{1} << to.slot;
  timer.slot_ = static_cast<std::uint16_t>(to.level * slots_per_level + to.slot);
  intrusive_list<jackdaw::timer>& list = list_at(to);
  jackdaw::timer* before = list.back();
  if (to.level == 0) {
    while (before != nullptr && before->deadline() > timer.deadline()) {  // W2: the overdue.
      before = list.previous_of(*before);
    }
  }
  list.insert_after(before, timer);
}

void timer_queue::remove(timer& timer) noexcept {
  const place from{timer.slot_ / slots_per_level, timer.slot_ % slots_per_level};
  intrusive_list<jackdaw::timer>::remove(timer);
  if (list_at(from).empty()) {
    occupied_[from.level] &= ~(std::uint64_t{1} << from.slot);
  }
  if (--size_ == 0) {
    publish_next(never, true);
  } else if (timer.deadline() == deadline_bound()) {
    publish_next(timer.deadline(), false);
  }
}

// Everything in the slot differs from its start in a lower digit only: nothing comes back to it.
void timer_queue::spread(place slot) noexcept {
  base_ = start_of(slot);
  occupied_[slot.level] &= ~(std::uint64_t{1} << slot.slot);
  intrusive_list<timer>& list = list_at(slot);
  while (timer* const item = list.pop_front()) {
    insert(*item);
  }
}

timer* timer_queue::take_due(time_point now) noexcept {
  place first{};
  while (find_first(first)) {
    if (first.level > 0) {
      if (start_of(first) > key_of(now)) {
        break;
      }
      spread(first);
      continue;
    }
    timer* const earliest = list_at(first).front();
    if (earliest->deadline() > now) {
      break;
    }
    remove(*earliest);
    return earliest;
  }
  base_ = std::max(base_, key_of(now));
  return nullptr;
}

void timer_queue::look_for_earliest() noexcept {
  place first{};
  if (!find_first(first)) {
    publish_next(never, true);
    return;
  }
  const intrusive_list<timer>& list = list_at(first);
  const timer* item = list.front();
  time_point earliest = item->deadline();
  if (first.level > 0) {
    for (std::size_t looked_at = 1; (item = list.next_of(*item)) != nullptr; ++looked_at) {
      if (looked_at == look_max) {
        publish_next(std::max(deadline_bound(), time_of(start_of(first))), false);
        return;
      }
      earliest = std::min(earliest, item->deadline());
    }
  }
  publish_next(earliest, true);
}

void timer_queue::publish_next(time_point next, bool exact) noexcept {
  next_.store(next.time_since_epoch().count(), std::memory_order_relaxed);  // Q1
  next_is_exact_.store(exact, std::memory_order_relaxed);                   // Q2
}

}  // namespace jackdaw
