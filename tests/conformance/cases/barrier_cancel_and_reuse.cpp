// S149: who leaves, who is kept out, who is thrown out.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(barrier& b, std::string n) {
  try {
    const std::size_t i = co_await b.wait();
    log(n, "passed", i);
  } catch (const broken_barrier_error& e) {
    log(n, "broken", e.what());
  } catch (const cancelled_error&) {
    log(n, "cancelled");
    throw;
  }
}

task<> cancelled_and_reset(barrier& b) {
  const auto t = spawn(w(b, "a"));
  co_await yield();
  log("waiting", b.waiting());
  t.cancel();
  co_await turns(2);
  log("waiting", b.waiting(), b.broken());
  std::vector<join_handle<void>> ts;
  for (const char* n : {"b", "c", "d", "e", "f"}) {
    ts.push_back(spawn(w(b, n)));
  }
  co_await turns(8);
  log(done(ts), "waiting", b.waiting());
  b.reset();
  log("reset; waiting", b.waiting(), "broken", b.broken());
  const auto x = spawn(w(b, "x"));
  co_await turns(6);
  log("waiting", b.waiting(), b.broken());
  const auto y = spawn(w(b, "y"));
  co_await x;
  co_await y;
}

task<> aborted(barrier& b) {
  const auto g = spawn(w(b, "g"));
  co_await yield();
  b.abort();
  log("aborted", b.broken(), b.waiting());
  const auto h = spawn(w(b, "h"));
  co_await turns(4);
  log(g.done(), h.done());
  b.reset();
  log("broken", b.broken());
  const auto i = spawn(w(b, "i"));
  const auto j = spawn(w(b, "j"));
  co_await i;
  co_await j;
}

task<> body() {
  barrier b(2);
  log(b.parties(), b.waiting(), b.broken());
  co_await cancelled_and_reset(b);
  co_await aborted(b);
  barrier three(3);
  std::vector<join_handle<void>> ts;
  for (const char* n : {"k", "l", "m"}) {
    ts.push_back(spawn(w(three, n)));
  }
  co_await yield();
  ts[0].cancel();
  co_await turns(6);
  log(done(ts), three.waiting(), three.broken());
  try {
    const barrier none(0);
  } catch (const std::invalid_argument& e) {
    log(e.what());
  }
}

}  // namespace

CONFORMANCE_CASE(barrier_cancel_and_reuse) { run(body()); }

}  // namespace jackdaw::conformance
