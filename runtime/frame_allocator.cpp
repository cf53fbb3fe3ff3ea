// The per-thread free lists behind allocate_frame().
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <new>

namespace jackdaw {
namespace {

constexpr std::size_t class_bytes = 32;
constexpr std::size_t class_count = 64;  // Frames of up to 2 KiB; larger ones are rare.
constexpr std::uint32_t blocks_max = 1024;

struct free_block {
  free_block* next;
};

struct free_list {
  free_block* head = nullptr;
  std::uint32_t length = 0;
};

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

class frame_cache : public list_links {
 public:
  frame_cache() {
    const std::lock_guard guard(registry().lock);
    registry().caches.push_back(*this);
  }
  frame_cache(const frame_cache&) = delete;
  frame_cache& operator=(const frame_cache&) = delete;
  ~frame_cache() {
    for (free_list& list : lists_) {
      while (free_block* const block = list.head) {
        list.head = block->next;
        ::operator delete(block);
      }
    }
    const std::lock_guard guard(registry().lock);
    registry().live_of_ended_threads += live();
    intrusive_list<frame_cache>::remove(*this);
  }

  void* allocate(std::size_t bytes) {
    count(+1);
    const std::size_t index = (bytes - 1) / class_bytes;
    if (index < class_count && !sanitized) {
      free_list& list = lists_[index];
      if (free_block* const block = list.head) {
        list.head = block->next;
        --list.length;
        return block;
      }
      return ::operator new((index + 1) * class_bytes);
    }
    return ::operator new(bytes);
  }

  void free(void* memory, std::size_t bytes) noexcept {
    count(-1);
    const std::size_t index = (bytes - 1) / class_bytes;
    if (index < class_count && !sanitized && lists_[index].length < blocks_max) {
      free_list& list = lists_[index];
      auto* const block = static_cast<free_block*>(memory);
      block->next = list.head;
      list.head = block;
      ++list.length;
      return;
    }
    ::operator delete(memory);
  }

  [[nodiscard]] std::int64_t live() const noexcept {
    return live_.load(std::memory_order_relaxed);  // C1: a statistic; see count().
  }

 private:
  // C1: written by this thread alone, so a plain addition; atomic because others read the sum.
  void count(std::int64_t change) noexcept {
    live_.store(live_.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);  // C1
  }

  std::array<free_list, class_count> lists_{};
  std::atomic<std::int64_t> live_{0};
};

// A thread may free a frame while its thread-locals are being destroyed; the heap serves it then.
constinit thread_local bool cache_ended = false;
// Null before the first use and after the end. A word without a constructor: reading it needs no guard.
constinit thread_local frame_cache* cache_in_use = nullptr;
std::atomic<std::int64_t> live_without_cache{0};

struct cache_holder {
  cache_holder() { cache_in_use = &cache; }
  cache_holder(const cache_holder&) = delete;
  cache_holder& operator=(const cache_holder&) = delete;
  ~cache_holder() {
    cache_in_use = nullptr;
    cache_ended = true;
  }
  frame_cache cache;
};

[[gnu::noinline]] frame_cache* make_cache() {
  if (cache_ended) {
    return nullptr;
  }
  thread_local cache_holder holder;
  return &holder.cache;
}

frame_cache* this_thread_cache() {
  frame_cache* const cache = cache_in_use;
  return cache != nullptr ? cache : make_cache();
}

}  // namespace

[[gnu::noinline]] void* allocate_frame(std::size_t bytes) {
  if (frame_cache* const cache = this_thread_cache()) [[likely]] {
    return cache->allocate(bytes);
  }
  live_without_cache.fetch_add(1, std::memory_order_relaxed);  // C1
  // A cached block is as large as its class, whoever frees it.
  return ::operator new((bytes + class_bytes - 1) / class_bytes * class_bytes);
}

[[gnu::noinline]] void free_frame(void* block, std::size_t bytes) noexcept {
  if (frame_cache* const cache = this_thread_cache()) [[likely]] {
    cache->free(block, bytes);
    return;
  }
  live_without_cache.fetch_sub(1, std::memory_order_relaxed);  // C1
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
