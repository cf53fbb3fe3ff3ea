// S93: a task that ends cancelled is no exception; S92: whose exception counts as seen.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using futures = std::vector<future<int>>;

task<> bad(std::string n) {
  throw value_error(n);
  co_return;
}

task<> nap() { co_await sleep(1s); }

task<> of_futures() {
  auto& loop = asyncio::get_running_loop();
  const futures fs(3);
  loop.call_later(1s, [f = fs[0]] { f.cancel(); });
  loop.call_later(2s, [f = fs[1]] { f.set_exception(value_error("x")); });
  co_await wait(fs, return_when::first_exception);
  log(seconds(loop), std::vector{fs[0].done(), fs[1].done(), fs[2].done()}, fs[0].cancelled());
  static_cast<void>(fs[1].exception());
  fs[2].cancel();
  const futures both(2);
  loop.call_later(1s, [f = both[0]] { f.cancel(); });
  loop.call_later(2s, [f = both[1]] { f.cancel(); });
  const auto result = co_await wait(both, return_when::first_exception);
  log(seconds(loop), result.done.size(), result.pending.size());
}

// Drops all handles of the task that fails.
task<> wait_for_both(return_when when, join_handle<void> b) {
  const auto a = spawn(bad("a"));
  const std::vector both{a, b};
  co_await wait(both, when);
}

task<> who_looks(const char* name, return_when when) {
  log(name);
  const auto b = spawn(nap());
  co_await wait_for_both(when, b);
  log("handle dropped");
  co_await b;
}

task<> body() {
  co_await of_futures();
  co_await who_looks("FIRST_EXCEPTION", return_when::first_exception);
  co_await who_looks("FIRST_COMPLETED", return_when::first_completed);
  co_await who_looks("ALL_COMPLETED", return_when::all_completed);
  log("the last one");
  co_await wait(std::vector(1, spawn(bad("last"))), return_when::first_exception);
  log("handle dropped");
}

}  // namespace

CONFORMANCE_CASE(wait_first_exception_ignores_cancelled) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
