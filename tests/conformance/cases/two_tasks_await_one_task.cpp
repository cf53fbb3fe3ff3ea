// S30: all awaiters resume in order, with the same result or the same exception.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> value() {
  co_await yield();
  co_return "v";
}

task<std::string> error() {
  co_await yield();
  throw value_error("e");
}

std::vector<std::exception_ptr> seen;

task<> w(int n, join_handle<std::string> t) {
  try {
    log(n, "got", co_await t);
  } catch (const value_error&) {
    seen.push_back(std::current_exception());
    log(n, "raised", repr(seen.back()));
  }
}

task<> watch(join_handle<std::string> t) {
  std::vector<join_handle<void>> ws;
  for (int i = 0; i < 3; ++i) {
    ws.push_back(spawn(w(i, t)));
  }
  co_await yield();
  asyncio::get_running_loop().call_soon([] { log("a turn between"); });
  for (const auto& x : ws) {
    co_await x;
  }
}

task<> body() {
  co_await watch(spawn(value()));
  co_await watch(spawn(error()));
  log("same object", seen[0] == seen[1] && seen[1] == seen[2]);
  seen.clear();
}

}  // namespace

CONFORMANCE_CASE(two_tasks_await_one_task) { run(body()); }

}  // namespace jackdaw::conformance
