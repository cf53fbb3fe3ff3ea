// S85 to S87: exceptions and cancellations as results; a child that somebody cancels.
#include "../case.hpp"

#include <tuple>

namespace jackdaw::conformance {
namespace {

task<std::string> ok(std::string n, duration d = 0s) {
  co_await sleep(d);
  co_return n;
}

task<std::string> bad(std::string n) {
  throw value_error(n);
  co_return n;
}

task<std::string> swallows(std::string n) {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    log("swallows", n, args(std::current_exception()));
  }
  co_return n;
}

std::string shown(const outcome<std::string>& r) {
  return r.has_exception() ? type_name(r.exception()) : r.value();
}

task<> as_results() {
  const auto t = spawn(ok("c", 100s));
  asyncio::get_running_loop().call_later(1s, [t] { t.cancel(); });
  const auto [a, b, c, d] = co_await gather(return_exceptions, ok("a"), bad("b"), t, ok("d", 2s));
  log(std::vector{shown(a), shown(b), shown(c), shown(d)});
  log("cancelling", this_task::cancelling());
}

task<> one_cancelled() {
  const auto t = spawn(ok("c", 100s));
  const auto o = spawn(ok("goes on", 5s));
  asyncio::get_running_loop().call_later(1s, [t] { t.cancel("why"); });
  try {
    co_await gather(o, t);
  } catch (const cancelled_error&) {
    log("CancelledError", args(std::current_exception()), "cancelling", this_task::cancelling());
  }
  const bool done = o.done();
  log(done, co_await o);
}

task<> all_cancelled() {
  const auto g = gather(return_exceptions, ok("a", 3s), ok("b", 4s));
  co_await sleep(1s);
  const bool cancelled = g.cancel("stop");
  log("cancel", cancelled, g.done());
  try {
    co_await g;
  } catch (const cancelled_error&) {
    log("CancelledError", args(std::current_exception()), "cancelled", g.cancelled(), "done",
        g.done());
  }
  log(repr(g.exception()), "again", g.cancel());
  const auto swallowing = gather(swallows("x"), swallows("y"));
  co_await sleep(1s);
  log("cancel", swallowing.cancel("stop"));
  try {
    co_await swallowing;
    log("NEVER");
  } catch (const cancelled_error&) {
    log("CancelledError", args(std::current_exception()));
  }
}

std::vector<std::string> listed(const std::tuple<std::string, std::string>& r) {
  return {std::get<0>(r), std::get<1>(r)};
}

task<> body() {
  co_await as_results();
  co_await one_cancelled();
  co_await all_cancelled();
  const auto g = gather(ok("q"), ok("r"));
  co_await sleep(1s);
  log("done", g.done(), listed(g.result()), repr(g.exception()), "cancel", g.cancel());
  const auto& first = co_await g;
  const auto& second = co_await g;
  log(listed(first), listed(second));
  const auto failed = gather(bad("s"), ok("t"));
  co_await sleep(1s);
  log("done", failed.done(), repr(failed.exception()), failed.cancelled());
}

}  // namespace

CONFORMANCE_CASE(gather_return_exceptions_and_cancel_child) { run(body()); }

}  // namespace jackdaw::conformance
