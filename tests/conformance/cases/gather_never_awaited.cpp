// S75, S84: the exception of a gather that nobody awaits is its own to report.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad(std::string n, duration d = 0s) {
  co_await sleep(d);
  throw value_error(n);
}

task<> nap() { co_await sleep(100s); }

task<> dropped() {
  const auto g = gather(bad("a"), bad("b"));
  co_await sleep(1s);
  log("done", g.done());
}

task<> seen() {
  const auto g = gather(bad("seen"));
  co_await sleep(1s);
  log(repr(g.exception()));
}

task<> cancelled() {
  const auto g = gather(bad("cancelled"));
  co_await sleep(1s);
  log(g.cancel());
}

task<> as_a_result() {
  const auto g = gather(return_exceptions, bad("kept"));
  co_await sleep(1s);
}

task<> cancelled_in_time() {
  const auto g = gather(nap());
  co_await sleep(1s);
  g.cancel();
  co_await sleep(1s);
}

task<> body() {
  co_await dropped();
  log("dropped");
  co_await seen();
  log("dropped");
  co_await cancelled();
  log("dropped");
  static_cast<void>(gather(bad("at once"), bad("later", 2s)));
  co_await sleep(5s);
  co_await as_a_result();
  log("as a result: silent");
  co_await cancelled_in_time();
  log("end");
}

}  // namespace

CONFORMANCE_CASE(gather_never_awaited) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
