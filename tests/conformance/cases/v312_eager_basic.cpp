// S60: eager_start: the body runs inside of create_task() up to its first suspension.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

task<int> nosusp() {
  log("ran synchronously; current is me", this_task::name());
  co_return 1;
}

task<int> susp() {
  log("s: before");
  co_await yield();
  log("s: after");
  co_return 2;
}

task<int> boom() {
  throw value_error("eager");
  co_return 0;
}

bool in_all_tasks(asyncio::event_loop& loop, const task_record& task) {
  const auto all = loop.tasks().snapshot();
  return std::ranges::any_of(all, [&](const auto& each) { return each.get() == &task; });
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const auto* const me = &current_task();
  auto t = loop.create_task(nosusp(), {.name = "E", .eager_start = true});
  log("done immediately", t.done(), t.result(), &current_task() == me);
  loop.set_task_factory(asyncio::eager_task_factory);
  t = spawn(nosusp());
  log("done immediately", t.done(), t.result(), &current_task() == me);
  t = spawn(susp());
  log("created; done", t.done(), "in all_tasks", in_all_tasks(loop, t.record()));
  log(co_await t);
  t = spawn(boom());
  log("exception stored, not raised:", repr(t.exception()));
  auto both = gather(nosusp(), nosusp());
  const auto [first, second] = co_await std::move(both);
  log("gather of eager-done:", std::vector{first, second});
  t = spawn(susp());
  log("cancel ->", t.cancel());
  const bool cancelled = co_await ended_cancelled(t);
  if (cancelled) {
    log("cancelled after its eager step ran");
  }
  loop.set_task_factory(asyncio::task_factory::standard);
  t = loop.create_task(susp());
  log("lazy again");
  co_await t;
  t = loop.create_task(susp(), {.eager_start = true});
  co_await t;
}

}  // namespace

CONFORMANCE_CASE(v312_eager_basic) { run(body()); }

}  // namespace jackdaw::conformance
