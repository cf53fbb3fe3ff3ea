// S112: all siblings are cancelled. In CPython the order is a set's; here it is that of creation.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> c(int i, std::vector<int>& out) {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    out.push_back(i);
    throw;
  }
}

task<> round() {
  std::vector<int> out;
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      for (int i = 0; i < 8; ++i) {
        tg.create_task(c(i, out));
      }
      co_await yield();
      throw key_error();
    });
  } catch (...) {
    except_star().on<key_error>([](const exception_group&) {}).raise_rest();
  }
  if (out != std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}) {
    log("cancelled in another order:", out);
  }
}

task<> body() {
  for (int n = 0; n < 30; ++n) {
    co_await round();
  }
  log("always all 8 cancelled");
}

}  // namespace

CONFORMANCE_CASE(taskgroup_cancel_order_is_set_order) { run(body()); }

}  // namespace jackdaw::conformance
