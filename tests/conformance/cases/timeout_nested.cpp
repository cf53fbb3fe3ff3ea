// S129: each scope converts its own expiry only.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> nap(duration d) {
  co_await sleep(d);
  log("body done");
}

task<> inner(duration d, duration body) {
  try {
    co_await timeout(d, nap(body));
  } catch (const timeout_error&) {
    log("inner TimeoutError; cancelling", this_task::cancelling());
  } catch (const cancelled_error&) {
    log("inner sees CancelledError; cancelling", this_task::cancelling());
    throw;
  }
  co_await sleep(1s);
  log("after inner");
}

struct round {
  const char* outer;
  const char* inner;
  const char* body;
  duration outer_wait;
  duration inner_wait;
  duration body_wait;
};

constexpr round rounds[] = {
    {"10", "2", "5", 10s, 2s, 5s},    {"2", "10", "5", 2s, 10s, 5s},
    {"10", "10", "5", 10s, 10s, 5s},  {"2.5", "2", "5", 2500ms, 2s, 5s},
    {"4", "1", "0.5", 4s, 1s, 500ms},
};

task<> body() {
  auto& loop = asyncio::get_running_loop();
  for (const round& each : rounds) {
    log("outer", each.outer, "inner", each.inner, "body", each.body);
    const auto start = tenths(loop);
    try {
      co_await timeout(each.outer_wait, inner(each.inner_wait, each.body_wait));
    } catch (const timeout_error&) {
      log("outer TimeoutError; cancelling", this_task::cancelling());
    }
    log("took", tenths(loop) - start);
  }
}

}  // namespace

CONFORMANCE_CASE(timeout_nested) { run(body()); }

}  // namespace jackdaw::conformance
