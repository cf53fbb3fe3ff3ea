// Slices of work, and the offering of cores between them.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/parallel/arena.hpp>
#include <jackdaw/runtime/parallel/chunks.hpp>
#include <jackdaw/runtime/parallel/execution.hpp>

#include <sched.h>

#include <algorithm>

namespace jackdaw::parallel {
namespace {

using std::chrono::steady_clock;

// See "What one thread wrote, another sees".
class meeting {
 public:
  void publish() noexcept { published_.fetch_add(1, std::memory_order_release); }  // V1
  void see() const noexcept {
    static_cast<void>(published_.load(std::memory_order_acquire));
  }  // V2

  // One piece, or the caller's part, which begins with publishing and ends with seeing.
  class piece {
   public:
    explicit piece(meeting& of) noexcept : of_(&of) { of_->see(); }
    piece(const piece&) = delete;
    piece& operator=(const piece&) = delete;
    ~piece() { of_->publish(); }

   private:
    meeting* of_;
  };
  class all_pieces {
   public:
    explicit all_pieces(meeting& of) noexcept : of_(&of) { of_->publish(); }
    all_pieces(const all_pieces&) = delete;
    all_pieces& operator=(const all_pieces&) = delete;
    ~all_pieces() { of_->see(); }

   private:
    meeting* of_;
  };

 private:
  std::atomic<unsigned> published_{0};
};

void run_chunk(execution& in, std::size_t chunk, std::size_t begin, std::size_t end,
               chunk_body body) {
  std::size_t elements = in.slice_elements.load(std::memory_order_relaxed);  // S1
  while (begin != end) {
    const std::size_t slice = std::min(elements, end - begin);
    const auto began = steady_clock::now();
    body(chunk, begin, begin + slice);
    const auto took = steady_clock::now() - began;
    begin += slice;
    if (took > slice_time) {
      elements = std::max<std::size_t>(1, elements / 2);
    } else if (took < slice_time / 2 && slice == elements) {
      elements *= 2;
    }
    if (in.give_way()) {
      break;
    }
  }
  in.slice_elements.store(elements, std::memory_order_relaxed);  // S1
}

}  // namespace

unsigned cores_of(scheduler& home) {
  static const unsigned budget = read_cpu_budget().workers;
  return home.concurrent() ? std::min(home.statistics().workers, budget) : budget;
}

bool execution::give_way() const noexcept {
  if (cancelled()) {
    return true;
  }
  thread_local steady_clock::time_point keeps_core_until{};
  const auto offered = steady_clock::now();
  if (offered >= keeps_core_until) {
    sched_yield();
    const auto back = steady_clock::now();
    keeps_core_until = back + std::min<steady_clock::duration>(back - offered, core_kept_max);
  }
  return cancelled();
}

void execute(unsigned cores, function_ref<void()> work) {
  meeting meets;
  const meeting::all_pieces all(meets);
  enter_arena(cores, [&] {
    const meeting::piece one(meets);
    work();
  });
}

void for_each_chunk(execution& in, std::size_t count, std::size_t grain, chunk_body body) {
  JACKDAW_ASSERT(grain != 0);
  {
    meeting meets;
    const meeting::all_pieces all(meets);
    for_each_index(chunk_count(count, grain), [&](std::size_t chunk) {
      const meeting::piece one(meets);
      const std::size_t begin = chunk * grain;
      run_chunk(in, chunk, begin, begin + std::min(grain, count - begin), body);
      return !in.cancelled();
    });
  }
  if (in.cancelled()) {
    throw execution::stopped();
  }
}

void fork(function_ref<void()> first, function_ref<void()> second) {
  meeting meets;
  const meeting::all_pieces all(meets);
  const auto call = [&](function_ref<void()> half) {
    const meeting::piece one(meets);
    half();
  };
  invoke_both([&] { call(first); }, [&] { call(second); });
}

}  // namespace jackdaw::parallel
