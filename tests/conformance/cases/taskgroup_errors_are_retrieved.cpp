// S180: errors of children are not reported, whether the group throws them or not.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad(std::string text) {
  throw value_error(text);
  co_return;
}

task<> body() {
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(bad("a"));
      tg.create_task(bad("b"));
      co_return;
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()));
  }
  log("dropped");
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(bad("lost"));
      co_await yield();
      throw system_exit("order");
    });
  } catch (const system_exit&) {
    log(repr(std::current_exception()));
  }
  co_await yield();
  log("end");
}

}  // namespace

CONFORMANCE_CASE(taskgroup_errors_are_retrieved) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
