// Where a free list is empty or full, and where all of them are known.
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <mutex>
#include <new>

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
  return ::operator new(is_cached ? frame_lists::bytes_of(index) : bytes);
}

[[gnu::noinline]] void free_frame_slowly(void* block, std::size_t bytes) noexcept {
  if (const bool had_none = this_thread_frames.length_max == 0; has_cache()) [[likely]] {
    if (had_none) {
      return free_frame(block, bytes);
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
