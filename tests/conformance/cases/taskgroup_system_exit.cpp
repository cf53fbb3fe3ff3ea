// S118: an order to end the program, in a child.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> sib() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("sibling cancelled");
    throw;
  }
}

task<> bad() {
  co_await settle();
  throw system_exit("3");
}

task<> body() {
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(sib());
      tg.create_task(bad());
      co_return;
    });
  } catch (...) {
    log("main sees", type_name(std::current_exception()));
    throw;
  }
}

}  // namespace

CONFORMANCE_CASE(taskgroup_system_exit, any_order) {
  try {
    run(body());
  } catch (const system_exit& order) {
    log("run raised SystemExit", order.message());
  }
}

}  // namespace jackdaw::conformance
