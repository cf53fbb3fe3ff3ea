// The heap behind the frame lists, and the count of what is in use.
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/frame_depot.hpp>
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
      while (frame_lists::block* const block = list.head) {
        list.head = block->next;
        ::operator delete(block);
        count_from_heap(-1);
      }
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

// The list for frames of this size that the thread keeps; null if there is none.
frame_lists::list* kept_list(std::size_t index) {
  const bool is_kept = !sanitized && index < frame_lists::class_count;
  return is_kept && this_thread_keeper() != nullptr ? &jackdaw_frame_lists->lists[index] : nullptr;
}

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
  frame_lists::list* const list = kept_list(index);
  if (list != nullptr && (list->head != nullptr || depot.give_to(*list, index))) {
    return list->take();
  }
  count_from_heap(+1);
  // As large as its class: whoever frees it keeps it for frames of the class.
  const bool whole_class = !sanitized && index < frame_lists::class_count;
  return ::operator new(whole_class ? frame_lists::bytes_of(index) : bytes);
}

void free_frame_slowly(void* block, std::size_t bytes) noexcept {
  const std::size_t index = frame_lists::class_of(bytes);
  frame_lists::list* const list = kept_list(index);
  if (list != nullptr && (list->has_room() || depot.take_from(*list, index))) {
    list->put(block);
    return;
  }
  count_from_heap(-1);
  ::operator delete(block);
}

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
