// S71, S75: a cancellation takes the place of an exception, which then counts as seen.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class A>
task<> w(A f) {
  try {
    co_await f;
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()));
    throw;
  } catch (const cancelled_error&) {
    log("cancelled", args(std::current_exception()));
    throw;
  }
}

task<> how_it_ended(join_handle<void> t) {
  const bool cancelled = co_await ended_cancelled(t);
  if (cancelled) {
    log("ended cancelled", t.cancelling());
  }
}

task<> nap() { co_await sleep(100s); }

task<> of_an_exception() {
  const future<int> f;
  const auto t = spawn(w(f));
  co_await yield();
  f.set_exception(value_error("lost"));
  t.cancel("request");
  co_await how_it_ended(t);
}

task<> body() {
  co_await of_an_exception();
  log("nothing reported");
  const future<int> f;
  auto t = spawn(w(f));
  co_await yield();
  f.cancel("own");
  t.cancel("request");
  co_await how_it_ended(t);
  const auto g = gather(nap());
  t = spawn(w(g));
  co_await turns(2);
  g.cancel("own");
  co_await turns(2);
  const bool done = g.done();
  log("gather done", done, "cancel", t.cancel("request"));
  co_await how_it_ended(t);
}

}  // namespace

CONFORMANCE_CASE(future_exception_lost_to_cancel) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
