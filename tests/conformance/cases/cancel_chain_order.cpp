// S64: down the chain at once, back up leaf first, a turn per task.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> level(int n, join_handle<void> below) {
  const logs_its_end at_exit("finally", "level " + std::to_string(n));
  try {
    if (below) {
      co_await below;
    } else {
      co_await sleep(10s);
    }
  } catch (const cancelled_error&) {
    log("level", n, "unwinds", args(std::current_exception()));
    throw;
  }
}

task<> body() {
  std::vector<join_handle<void>> ts;
  for (int n = 0; n < 4; ++n) {
    ts.push_back(spawn(level(n, ts.empty() ? join_handle<void>() : ts.back())));
  }
  co_await turns(2);
  const bool asked = ts[3].cancel("m");
  std::vector<std::uint32_t> cancelling;
  for (const auto& t : ts) {
    cancelling.push_back(t.cancelling());
  }
  log(asked, cancelling);
  for (int turn = 0; turn < 5; ++turn) {
    log("turn", turn, done(ts));
    co_await yield();
  }
  std::vector<bool> cancelled;
  for (const auto& t : ts) {
    cancelled.push_back(t.cancelled());
  }
  log(cancelled);
}

}  // namespace

CONFORMANCE_CASE(cancel_chain_order) { run(body()); }

}  // namespace jackdaw::conformance
