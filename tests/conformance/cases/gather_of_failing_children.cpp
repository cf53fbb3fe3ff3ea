// S84: the first exception in time wins.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(std::string n, duration d) {
  co_await sleep(d);
  log("fails", n);
  throw value_error(n);
}

task<> quick(std::string n) {
  log("fails", n);
  throw key_error(n);
  co_return;
}

task<> body() {
  try {
    co_await gather(w("a", 3s), w("b", 1s), w("c", 2s));
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()));
  }
  co_await sleep(5s);
  try {
    co_await gather(quick("x"), quick("y"));
  } catch (const key_error&) {
    log("raised", repr(std::current_exception()));
  }
  auto g = gather(w("late", 1s), quick("z"));
  co_await sleep(3s);
  try {
    co_await std::move(g);
  } catch (const key_error&) {
    log("raised", repr(std::current_exception()));
  }
  log("end");
}

}  // namespace

CONFORMANCE_CASE(gather_of_failing_children) { run(body()); }

}  // namespace jackdaw::conformance
