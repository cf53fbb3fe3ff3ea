// Where a free list is empty or full, and where all of them are known. What flows from one thread to another
// goes through the depot below; the lists themselves are in the header.
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <array>
#include <mutex>
#include <new>
#include <utility>

namespace jackdaw {

// Used: link-time optimisation does not see the assembler's reference.
[[gnu::used]] constinit thread_local frame_lists this_thread_frames;

[[gnu::noinline]] frame_lists& call_for_frame_lists() noexcept {
  asm volatile("");  // As in current.cpp.
  return this_thread_frames;
}

namespace {

class frame_cache;

// All caches, to sum their counters. Never destroyed: threads may end after main() has.
struct cache_registry {
  std::mutex lock;
  intrusive_list<frame_cache> caches;
  std::int64_t live_of_ended_threads = 0;
};

cache_registry& registry() {
  static auto* const instance = new cache_registry;
  return *instance;
}

// Where threads leave what their lists have too much of, for those that have too little: a worker that spawns
// what another one ends. By chains of half a list, so that the lock is taken once for hundreds of blocks. What
// is beyond depot_bytes_max of one class goes back to the heap.
class depot {
 public:
  static constexpr std::uint32_t chain_length = frame_lists::blocks_max / 2;

  /// Takes the first half of a full list. False if there is no room.
  [[nodiscard]] bool take_from(frame_lists::list& list, std::size_t index) noexcept {
    if (counts_[index].load(std::memory_order_relaxed) >= chains_max(index)) {  // C2
      return false;
    }
    frame_lists::block* last = list.head;
    for (std::uint32_t length = 1; length < chain_length; ++length) {
      last = last->next;
    }
    auto* const first = reinterpret_cast<chain*>(list.head);
    list.head = last->next;
    list.length -= chain_length;
    last->next = nullptr;
    const std::lock_guard guard(lock_);
    first->following = std::exchange(chains_[index], first);
    count(index, +1);
    return true;
  }

  /// Gives an empty list a chain. False if there is none.
  [[nodiscard]] bool give_to(frame_lists::list& list, std::size_t index) noexcept {
    if (counts_[index].load(std::memory_order_relaxed) == 0) {  // C2
      return false;
    }
    const std::lock_guard guard(lock_);
    chain* const first = chains_[index];
    if (first == nullptr) {
      return false;
    }
    chains_[index] = first->following;
    count(index, -1);
    list.head = reinterpret_cast<frame_lists::block*>(first);
    list.length = chain_length;
    return true;
  }

 private:
  static constexpr std::size_t depot_bytes_max = std::size_t{16} << 20U;

  // The first block of a chain.
  struct chain {
    frame_lists::block block;
    chain* following;
  };

  static constexpr std::uint32_t chains_max(std::size_t index) noexcept {
    // The smallest blocks have no room for the second link.
    return frame_lists::bytes_of(index) < sizeof(chain)
               ? 0
               : static_cast<std::uint32_t>(depot_bytes_max / chain_length /
                                            frame_lists::bytes_of(index));
  }

  // C2: changed under the lock; relaxed, because it is a hint to those who do not have it.
  void count(std::size_t index, int change) noexcept {
    const std::uint32_t before = counts_[index].load(std::memory_order_relaxed);  // C2
    counts_[index].store(before + static_cast<std::uint32_t>(change),
                         std::memory_order_relaxed);  // C2
  }

  spin_lock lock_;
  std::array<chain*, frame_lists::class_count> chains_{};
  std::array<std::atomic<std::uint32_t>, frame_lists::class_count> counts_{};
};

constinit depot common_depot;

// What registers a thread's lists, and empties them at the end.
class frame_cache : public list_links {
 public:
  frame_cache() : lists_(&this_thread_frames) {
    const std::lock_guard guard(registry().lock);
    registry().caches.push_back(*this);
    lists_->length_max = frame_lists::blocks_max;
  }
  frame_cache(const frame_cache&) = delete;
  frame_cache& operator=(const frame_cache&) = delete;
  ~frame_cache() {
    // A thread may free frames while its thread-locals are being destroyed; the heap serves it then.
    lists_->length_max = 0;
    for (frame_lists::list& list : lists_->lists) {
      while (frame_lists::block* const block = list.head) {
        list.head = block->next;
        ::operator delete(block);
      }
      list.length = 0;
    }
    const std::lock_guard guard(registry().lock);
    registry().live_of_ended_threads += live();
    lists_->live.store(0, std::memory_order_relaxed);  // C1
    intrusive_list<frame_cache>::remove(*this);
  }

  [[nodiscard]] std::int64_t live() const noexcept {
    return lists_->live.load(std::memory_order_relaxed);  // C1
  }

 private:
  frame_lists* lists_;
};

constinit thread_local bool cache_ended = false;
std::atomic<std::int64_t> live_without_cache{0};

struct cache_holder {
  cache_holder() = default;
  cache_holder(const cache_holder&) = delete;
  cache_holder& operator=(const cache_holder&) = delete;
  ~cache_holder() { cache_ended = true; }
  frame_cache cache;
};

// False if the thread's lists serve no more.
bool has_cache() {
  if (this_thread_frames.length_max == 0) {
    if (cache_ended) {
      return false;
    }
    thread_local cache_holder holder;
  }
  return true;
}

}  // namespace

[[gnu::noinline]] void* allocate_frame_slowly(std::size_t bytes) {
  if (has_cache()) [[likely]] {
    this_thread_frames.count(+1);
  } else {
    live_without_cache.fetch_add(1, std::memory_order_relaxed);  // C1
  }
  // A block that is cached is as large as its class, whoever frees it.
  const std::size_t index = frame_lists::index_of(bytes);
  const bool is_cached = index < frame_lists::class_count && !sanitized;
  if (is_cached && this_thread_frames.length_max != 0) {
    frame_lists::list& list = this_thread_frames.lists[index];
    if (common_depot.give_to(list, index)) {
      frame_lists::block* const block = list.head;
      list.head = block->next;
      --list.length;
      return block;
    }
  }
  return ::operator new(is_cached ? frame_lists::bytes_of(index) : bytes);
}

[[gnu::noinline]] void free_frame_slowly(void* block, std::size_t bytes) noexcept {
  if (const bool had_none = this_thread_frames.length_max == 0; has_cache()) [[likely]] {
    const std::size_t index = frame_lists::index_of(bytes);
    const bool is_cached = index < frame_lists::class_count && !sanitized;
    if (is_cached && (had_none || common_depot.take_from(this_thread_frames.lists[index], index))) {
      return free_frame(block, bytes);  // There is room now.
    }
    this_thread_frames.count(-1);
  } else {
    live_without_cache.fetch_sub(1, std::memory_order_relaxed);  // C1
  }
  ::operator delete(block);
}

std::int64_t live_frames() noexcept {
  const std::lock_guard guard(registry().lock);
  std::int64_t live = registry().live_of_ended_threads;
  live += live_without_cache.load(std::memory_order_relaxed);  // C1
  const auto& caches = registry().caches;
  for (const frame_cache* cache = caches.front(); cache != nullptr;
       cache = caches.next_of(*cache)) {
    live += cache->live();
  }
  return live;
}

}  // namespace jackdaw
