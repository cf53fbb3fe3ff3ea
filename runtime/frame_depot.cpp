// Chains of free blocks, from thread to thread.
#include <jackdaw/runtime/frame_depot.hpp>

#include <mutex>
#include <utility>

namespace jackdaw {

bool frame_depot::take_from(frame_lists::list& list, std::size_t index) noexcept {
  if (counts_[index].load(std::memory_order_relaxed) >= chains_max(index)) {  // D1
    return false;
  }
  frame_lists::block* last = list.head;
  for (std::uint32_t length = 1; length < chain_length; ++length) {
    last = last->next;
  }
  auto* const first = reinterpret_cast<chain*>(list.head);
  list.head = last->next;
  list.add_room(chain_length);
  last->next = nullptr;
  const std::lock_guard guard(lock_);
  first->following = std::exchange(chains_[index], first);
  count(index, 1);
  return true;
}

bool frame_depot::give_to(frame_lists::list& list, std::size_t index) noexcept {
  if (counts_[index].load(std::memory_order_relaxed) == 0) {  // D1
    return false;
  }
  const std::lock_guard guard(lock_);
  chain* const first = chains_[index];
  if (first == nullptr) {
    return false;
  }
  chains_[index] = first->following;
  count(index, std::uint32_t{0} - 1);
  list.head = &first->block;
  list.add_room(std::uint32_t{0} - chain_length);
  return true;
}

std::int64_t frame_depot::size() const noexcept {
  std::int64_t chains = 0;
  for (const auto& count : counts_) {
    chains += count.load(std::memory_order_relaxed);  // D1
  }
  return chains * chain_length;
}

void frame_depot::count(std::size_t index, std::uint32_t change) noexcept {
  const std::uint32_t before = counts_[index].load(std::memory_order_relaxed);  // D1
  counts_[index].store(before + change, std::memory_order_relaxed);             // D1
}

}  // namespace jackdaw
