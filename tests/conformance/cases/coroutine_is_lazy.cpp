// S39: a coroutine does nothing until it is awaited or made a task.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> c(std::string n) {
  log("runs", n);
  co_return n;
}

task<> body() {
  auto a = c("a");
  auto b = c("b");
  log("made");
  co_await yield();
  log("still nothing");
  log(co_await std::move(b));
  const auto t = spawn(std::move(a));
  log("task made");
  log(co_await t);
}

}  // namespace

CONFORMANCE_CASE(coroutine_is_lazy, any_order) { run(body()); }

}  // namespace jackdaw::conformance
