// A frame that is queued before it has a record.
#include <jackdaw/runtime/detached.hpp>
#include <jackdaw/runtime/spawn.hpp>

namespace jackdaw {
namespace {

JACKDAW_CORO_WRAPPER task<void> take_body(work& seed) noexcept {
  return static_cast<task_promise<void>&>(result_or_work::become_result(seed)).get_return_object();
}

// Noexcept: without memory for one record more there is nobody to tell.
void begin(work& seed) noexcept {
  auto* const record =
      new task_state<void>(current_scheduler(), take_body(seed), {}, context_slot());
  record->begin();
}

}  // namespace

void spawn_detached(task<void> body) { spawn_detached_on(current_scheduler(), std::move(body)); }

void spawn_detached_on(scheduler& scheduler, task<void> body) {
  if (!scheduler.concurrent() || context_slot::may_be_needed()) {
    spawn_on(scheduler, std::move(body));
    return;
  }
  work& seed = body.coroutine().promise().become_work(&begin);
  try {
    scheduler.start_detached(seed);
  } catch (...) {
    static_cast<void>(take_body(seed).release());  // `body` has it.
    throw;
  }
  static_cast<void>(body.release());
}

}  // namespace jackdaw
