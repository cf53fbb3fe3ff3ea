// S42: a task starts when its creator has yielded; tasks start in the order of their creation.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(int n) {
  log("start", n);
  co_await yield();
  log("end", n);
}

task<> body() {
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 3; ++i) {
    ts.push_back(spawn(w(i)));
  }
  log("created");
  co_await yield();
  log("main resumed");
  co_await yield();
  log("main resumed 2", done(ts));
}

}  // namespace

CONFORMANCE_CASE(create_task_is_not_eager) { run(body()); }

}  // namespace jackdaw::conformance
