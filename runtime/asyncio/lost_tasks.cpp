// From a reference that was dropped to the tasks that are lost by it.
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/asyncio/lost_tasks.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/join_wait.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {
namespace {

// What `suspect` waits for in the end, through any number of tasks; null if that is no future's end.
future_base* end_of_chain(future_base& suspect, std::uint64_t tasks_alive) {
  future_base* awaited = &suspect;
  // Tasks that wait for each other in a circle have no end.
  for (std::uint64_t seen = 0; seen <= tasks_alive; ++seen) {
    const auto* const task = dynamic_cast<const task_record*>(awaited);
    if (task == nullptr) {
      return awaited;
    }
    awaited = join_wait::target_of(*task);
    if (awaited == nullptr) {
      return nullptr;
    }
  }
  return nullptr;
}

// The tasks that wait for `awaited`, directly or through others, each behind what it waits for; none if one of
// them can be woken. We hold a reference to `suspect` ourselves.
std::vector<task_reference> tasks_lost_with(future_base& awaited, const future_base& suspect) {
  std::vector<future_base*> unwakeable{&awaited};
  for (std::size_t index = 0; index < unwakeable.size(); ++index) {
    future_base* const next = unwakeable[index];
    bool only_waits = next->held_by_waits_only(next == &suspect ? 1 : 0);
    next->look_at_completions([&](const completion_node& node) {
      task_record* const waiter = join_wait::waiter_of(node);
      only_waits = only_waits && waiter != nullptr && join_wait::target_of(*waiter) == next;
      unwakeable.push_back(waiter);
    });
    if (!only_waits) {
      return {};
    }
  }
  std::vector<task_reference> lost;
  for (std::size_t index = 1; index < unwakeable.size(); ++index) {
    lost.emplace_back(static_cast<task_record&>(*unwakeable[index]));
  }
  return lost;
}

struct lost_task_check : work, pooled {
  lost_task_check(event_loop& owner, future_base& suspected)
      : work(&lost_task_check::look), loop(owner), suspect(suspected) {
    suspect.add_reference();
  }
  lost_task_check(const lost_task_check&) = delete;
  lost_task_check& operator=(const lost_task_check&) = delete;
  ~lost_task_check() { suspect.release_reference(); }

  static void look(work& self) {
    const std::unique_ptr<lost_task_check> check(&static_cast<lost_task_check&>(self));
    future_base* const awaited = end_of_chain(check->suspect, check->loop.tasks().alive());
    if (awaited == nullptr || awaited->done() || !awaited->ends_through_handles_only()) {
      return;
    }
    const auto lost = tasks_lost_with(*awaited, check->suspect);
    // Outermost first: then nobody is left who could be told that what it awaits has ended.
    for (auto task = lost.rbegin(); task != lost.rend(); ++task) {
      destroy_lost_task(check->loop, **task);
    }
  }

  event_loop& loop;
  future_base& suspect;
};

}  // namespace

void look_for_lost_tasks(event_loop& loop, future_base& suspect) {
  loop.schedule(*new lost_task_check(loop, suspect));
}

void destroy_lost_task(event_loop& loop, task_record& task) {
  failure lost{"Task was destroyed but it is pending!", task.name(), nullptr};
  lost.source = failure_source::task;
  lost.where = task.origin();
  task.destroy_pending();
  if (task.reports_destruction()) {
    const context_scope in(task.context_of_steps());  // S173
    loop.report(lost);
  }
}

}  // namespace jackdaw::asyncio
