// What is behind the frame lists, and the count of what is in use.
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/frame_depot.hpp>
#include <jackdaw/runtime/frame_heap.hpp>
#include <jackdaw/runtime/run_slot.hpp>

#include <mutex>
#include <new>

namespace {

// Of threads that have none. Nothing is ever taken from it or put into it.
constinit jackdaw::frame_lists no_lists{};

}  // namespace

// Named in assembly. `used`: link-time optimisation does not see that.
extern "C" {
[[gnu::used]] constinit thread_local jackdaw::frame_lists* jackdaw_frame_lists = &no_lists;
}

namespace jackdaw {
namespace {

class keeper;

// All keepers, to sum their counts. Never destroyed: threads may end after main() has.
struct keeper_registry {
  std::mutex lock;
  intrusive_list<keeper> keepers;
  std::int64_t from_heap_of_ended_threads = 0;
};

keeper_registry& registry() {
  static auto* const instance = new keeper_registry;
  return *instance;
}

// Never destroyed, as the registry.
frame_heap& heap() {
  static auto* const instance = new frame_heap;
  return *instance;
}

/// Gives the lists of a thread their room, and what is in them back to the heap when the thread ends.
class keeper : public list_links {
 public:
  keeper() {
    for (frame_lists::list& list : lists_.lists) {
      list.room.store(frame_lists::blocks_max, std::memory_order_relaxed);  // L1
    }
    const std::lock_guard guard(registry().lock);
    registry().keepers.push_back(*this);
    jackdaw_frame_lists = &lists_;
  }
  keeper(const keeper&) = delete;
  keeper& operator=(const keeper&) = delete;
  ~keeper() {
    jackdaw_frame_lists = &no_lists;
    const std::lock_guard guard(registry().lock);
    for (frame_lists::list& list : lists_.lists) {
      count_from_heap(-std::int64_t{heap().take_back(list, frame_lists::blocks_max)});
    }
    registry().from_heap_of_ended_threads += from_heap_.load(std::memory_order_relaxed);  // L2
    intrusive_list<keeper>::remove(*this);
  }

  // L2: as L1.
  void count_from_heap(std::int64_t change) noexcept {
    from_heap_.store(from_heap_.load(std::memory_order_relaxed) + change,
                     std::memory_order_relaxed);  // L2
  }
  [[nodiscard]] std::int64_t in_use() const noexcept {
    std::int64_t sum = from_heap_.load(std::memory_order_relaxed);  // L2
    for (const frame_lists::list& list : lists_.lists) {
      sum -= frame_lists::blocks_max - list.room.load(std::memory_order_relaxed);  // L1
    }
    return sum;
  }

 private:
  frame_lists lists_{};
  std::atomic<std::int64_t> from_heap_{
      0};  // Blocks got from the heap, less those given back to it.
};

// A thread may free a frame while its thread-locals are being destroyed; the heap serves it then.
constinit thread_local bool keeper_ended = false;
std::atomic<std::int64_t> from_heap_without_keeper{0};

struct keeper_holder {
  keeper_holder() = default;
  keeper_holder(const keeper_holder&) = delete;
  keeper_holder& operator=(const keeper_holder&) = delete;
  ~keeper_holder() { keeper_ended = true; }
  keeper here;
};

// Null if the thread is past the end of its thread-locals.
keeper* this_thread_keeper() {
  if (keeper_ended) {
    return nullptr;
  }
  thread_local keeper_holder holder;
  return &holder.here;
}

void count_from_heap(std::int64_t change) {
  if (keeper* const here = this_thread_keeper()) {
    here->count_from_heap(change);
  } else {
    from_heap_without_keeper.fetch_add(change, std::memory_order_relaxed);  // L2
  }
}

constinit frame_depot depot;

// Whether frames of this size are blocks of the frame heap.
bool is_block(std::size_t index) { return !sanitized && index < frame_lists::class_count; }

// A list for one block, for threads that keep none any more.
frame_lists::list list_for_one() noexcept { return {nullptr, {1}}; }

}  // namespace

[[gnu::noinline]] frame_lists& call_for_frame_lists() noexcept {
  asm volatile("");  // As in call_for_current_context().
  return *jackdaw_frame_lists;
}

void* allocate_frame_slowly(std::size_t bytes) {
  if (run_slot* const slot = current_context().slot) {
    slot->frame_misses.add(1);
  }
  const std::size_t index = frame_lists::class_of(bytes);
  if (!is_block(index)) {
    count_from_heap(+1);
    return ::operator new(bytes);
  }
  if (this_thread_keeper() == nullptr) {
    count_from_heap(+1);
    frame_lists::list one = list_for_one();
    heap().fill(one, index, 1);
    return one.take();
  }
  // The first time, the thread's lists are what the keeper has just made.
  frame_lists::list& list = jackdaw_frame_lists->lists[index];
  if (list.head == nullptr && !depot.give_to(list, index)) {
    count_from_heap(heap().fill(list, index));
  }
  return list.take();
}

void free_frame_slowly(void* block, std::size_t bytes) noexcept {
  const std::size_t index = frame_lists::class_of(bytes);
  if (!is_block(index)) {
    count_from_heap(-1);
    ::operator delete(block);
    return;
  }
  if (this_thread_keeper() == nullptr) {
    count_from_heap(-1);
    frame_lists::list one = list_for_one();
    one.put(block);
    heap().take_back(one, 1);
    return;
  }
  frame_lists::list& list = jackdaw_frame_lists->lists[index];
  if (!list.has_room() && !depot.take_from(list, index)) {
    count_from_heap(-std::int64_t{heap().take_back(list, frame_depot::chain_length)});
  }
  list.put(block);
}

std::size_t frame_bytes() noexcept { return heap().bytes_given(); }

std::int64_t live_frames() noexcept {
  const std::lock_guard guard(registry().lock);
  std::int64_t live = registry().from_heap_of_ended_threads;
  live += from_heap_without_keeper.load(std::memory_order_relaxed);  // L2
  const auto& keepers = registry().keepers;
  live -= depot.size();
  for (const keeper* each = keepers.front(); each != nullptr; each = keepers.next_of(*each)) {
    live += each->in_use();
  }
  return live;
}

}  // namespace jackdaw
