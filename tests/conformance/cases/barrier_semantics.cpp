// S149: indices in order of arrival, the last goes on at once; abort() and reset().
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(barrier& b, std::string n) {
  try {
    const std::size_t i = co_await b.wait();
    log(n, "passed index", i);
  } catch (const broken_barrier_error& e) {
    log(n, "broken", e.what());
  }
}

task<> body() {
  barrier b(3);
  co_await gather(w(b, "0"), w(b, "1"), w(b, "2"));
  log(b.waiting(), b.broken());
  const auto t = spawn(w(b, "x"));
  co_await yield();
  b.abort();
  co_await t;
  log(b.broken());
  co_await w(b, "y");
  b.reset();
  log(b.broken());
}

}  // namespace

CONFORMANCE_CASE(barrier_semantics) { run(body()); }

}  // namespace jackdaw::conformance
