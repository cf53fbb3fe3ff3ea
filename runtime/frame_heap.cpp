// Regions from the kernel, runs from regions, blocks from runs; and all the way back.
#include <jackdaw/runtime/frame_heap.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace jackdaw {

frame_heap::~frame_heap() {
  for (intrusive_list<run>& runs : partial_) {
    while (runs.pop_front() != nullptr) {
    }
  }
  if (spare_ != nullptr) {
    unmap(*spare_);
  }
  for (intrusive_list<region>* const list : {&open_, &full_}) {
    while (region* const left = list->pop_front()) {
      unmap(*left);
    }
  }
}

std::uint32_t frame_heap::fill(frame_lists::list& list, std::size_t index,
                               std::uint32_t count_max) {
  JACKDAW_ASSERT(list.head == nullptr);
  const auto wanted = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(refill_bytes / frame_lists::bytes_of(index), 1,
                              std::min(count_max, frame_lists::blocks_max)));
  const std::lock_guard guard(lock_);
  run* from = partial_[index].front();
  if (from == nullptr) {
    from = &open_run(index);
  }
  block** end = &list.head;
  std::uint32_t count = 0;
  while (count < wanted && from->in_use < from->capacity) {
    *end = take_from(*from);
    end = &(*end)->next;
    ++count;
  }
  *end = nullptr;
  if (from->in_use == from->capacity) {
    intrusive_list<run>::remove(*from);
  }
  bytes_given_ += count * frame_lists::bytes_of(index);
  list.add_room(std::uint32_t{0} - count);
  return count;
}

std::uint32_t frame_heap::take_back(frame_lists::list& list, std::uint32_t count_max) noexcept {
  const std::lock_guard guard(lock_);
  std::uint32_t count = 0;
  while (list.head != nullptr && count < count_max) {
    take_back(std::exchange(list.head, list.head->next));
    ++count;
  }
  list.add_room(count);
  return count;
}

std::size_t frame_heap::regions() const noexcept {
  const std::lock_guard guard(lock_);
  return regions_;
}

std::size_t frame_heap::bytes_given() const noexcept {
  const std::lock_guard guard(lock_);
  return bytes_given_;
}

frame_heap::block* frame_heap::take_from(run& from) noexcept {
  ++from.in_use;
  if (from.returned != nullptr) {
    return std::exchange(from.returned, from.returned->next);
  }
  return ::new (memory_of(from) + frame_lists::bytes_of(from.index) * from.carved++) block{nullptr};
}

void frame_heap::take_back(block* returned) noexcept {
  region& home = region_of(returned);
  const auto offset = reinterpret_cast<std::byte*>(returned) - reinterpret_cast<std::byte*>(&home);
  run& of = home.runs[static_cast<std::size_t>(offset) / run_bytes];
  bytes_given_ -= frame_lists::bytes_of(of.index);
  returned->next = std::exchange(of.returned, returned);
  if (of.in_use-- == of.capacity) {
    partial_[of.index].push_back(of);
  }
  if (of.in_use == 0) {
    close_run(of);
  }
}

frame_heap::run& frame_heap::open_run(std::size_t index) {
  region* home = open_.front();
  if (home == nullptr) {
    home = spare_ != nullptr ? std::exchange(spare_, nullptr) : &map_region();
    open_.push_back(*home);
  }
  run& opened = home->runs[static_cast<std::size_t>(std::countr_zero(home->free_runs))];
  home->free_runs &= home->free_runs - 1;
  if (home->free_runs == 0) {
    intrusive_list<region>::remove(*home);
    full_.push_back(*home);
  }
  const bool is_first = &opened == home->runs.data();
  const std::size_t bytes = run_bytes - (is_first ? description_bytes : 0);
  opened.returned = nullptr;
  opened.in_use = 0;
  opened.carved = 0;
  opened.capacity = static_cast<std::uint32_t>(bytes / frame_lists::bytes_of(index));
  opened.index = static_cast<std::uint32_t>(index);
  partial_[index].push_back(opened);
  return opened;
}

void frame_heap::close_run(run& emptied) noexcept {
  intrusive_list<run>::remove(emptied);
  region& home = region_of(&emptied);
  const bool was_full = home.free_runs == 0;
  home.free_runs |= std::uint64_t{1} << static_cast<unsigned>(&emptied - home.runs.data());
  if (was_full || home.free_runs == all_runs) {
    intrusive_list<region>::remove(home);
    if (home.free_runs != all_runs) {
      open_.push_back(home);
    } else if (spare_ == nullptr) {
      spare_ = &home;
    } else {
      unmap(home);
    }
  }
}

frame_heap::region& frame_heap::map_region() {
  // Twice as much, of which the part at the right address stays.
  void* const mapped = ::mmap(nullptr, 2 * region_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    throw std::bad_alloc();
  }
  auto* const begin = static_cast<std::byte*>(mapped);
  const std::size_t before =
      (region_bytes - reinterpret_cast<std::uintptr_t>(begin) % region_bytes) % region_bytes;
  if (before > 0) {
    ::munmap(begin, before);
  }
  ::munmap(begin + before + region_bytes, region_bytes - before);
  ++regions_;
  auto* const made = ::new (begin + before) region;
  made->free_runs = all_runs;
  return *made;
}

void frame_heap::unmap(region& unused) noexcept {
  --regions_;
  ::munmap(&unused, region_bytes);
}

std::byte* frame_heap::memory_of(const run& which) noexcept {
  region& home = region_of(&which);
  const auto number = static_cast<std::size_t>(&which - home.runs.data());
  std::byte* const begin = reinterpret_cast<std::byte*>(&home) + number * run_bytes;
  return number == 0 ? begin + description_bytes : begin;
}

frame_heap::region& frame_heap::region_of(const void* inside) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(inside);
  return *reinterpret_cast<region*>(address & ~(region_bytes - 1));
}

}  // namespace jackdaw
