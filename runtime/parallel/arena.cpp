// The only file that knows oneTBB. Not instrumented for ThreadSanitizer (CMakeLists.txt): a task of TBB goes
// from thread to thread within its shared library, where the sanitizer does not see what orders it (meeting.hpp).
#include <jackdaw/runtime/parallel/arena.hpp>
#include <jackdaw/runtime/parallel/meeting.hpp>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <csignal>
#include <map>
#include <mutex>
#include <semaphore>

namespace jackdaw::parallel {
namespace {

// Threads of TBB were perhaps started by somebody who takes signals; a runtime's are for others (guide,
// "Running a program").
class signal_shield final : public tbb::task_scheduler_observer {
 public:
  explicit signal_shield(tbb::task_arena& of) : task_scheduler_observer(of) { observe(true); }
  signal_shield(const signal_shield&) = delete;
  signal_shield& operator=(const signal_shield&) = delete;
  ~signal_shield() override { observe(false); }

  void on_scheduler_entry(bool is_worker) override {
    if (is_worker) {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, nullptr);
    }
  }
};

struct bounded_arena {
  explicit bounded_arena(unsigned cores)
      : callers(cores), places(static_cast<int>(cores)), shield(places) {}
  // TBB makes two places at least, and lets callers take both: an arena of one core needs the bound.
  std::counting_semaphore<> callers;
  tbb::task_arena places;
  signal_shield shield;
};

bounded_arena& arena_of(unsigned cores) {
  // Never destroyed: a thread of TBB may be inside when the process ends.
  static auto& arenas = *new std::map<unsigned, bounded_arena>;
  static std::mutex lock;
  const std::lock_guard guard(lock);
  return arenas.try_emplace(cores, cores).first->second;
}

class permit {
 public:
  explicit permit(std::counting_semaphore<>& of) : of_(&of) { of_->acquire(); }
  permit(const permit&) = delete;
  permit& operator=(const permit&) = delete;
  ~permit() { of_->release(); }

 private:
  std::counting_semaphore<>* of_;
};

}  // namespace

void enter_arena(unsigned cores, function_ref<void()> work) {
  bounded_arena& arena = arena_of(cores);
  const permit held(arena.callers);
  // Isolated: a thread that waits for the end of a piece takes pieces of its own call only, or a short call
  // would last as long as whatever it had stolen from a long one.
  meeting meets;
  arena.places.execute([&] {
    tbb::this_task_arena::isolate([&] {
      const meeting::piece one(meets);
      work();
    });
  });
}

void for_each_index(std::size_t count, function_ref<bool(std::size_t)> body) {
  meeting meets;
  tbb::task_group_context context;
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, count),
      [&](const tbb::blocked_range<std::size_t>& indices) {
        const meeting::piece one(meets);
        for (std::size_t index = indices.begin(); index != indices.end(); ++index) {
          if (!body(index)) {
            context.cancel_group_execution();
            return;
          }
        }
      },
      tbb::auto_partitioner(), context);
}

void invoke_both(function_ref<void()> first, function_ref<void()> second) {
  meeting meets;
  const auto call = [&](const function_ref<void()>& half) {
    const meeting::piece one(meets);
    half();
  };
  tbb::parallel_invoke([&] { call(first); }, [&] { call(second); });
}

}  // namespace jackdaw::parallel
