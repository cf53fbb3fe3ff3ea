// S105: in the order of their ends; failures and cancellations where they are awaited; time.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

using tasks = std::vector<join_handle<std::string>>;
using stream = as_completed_iterator<join_handle<std::string>>;

task<std::string> w(std::string n, duration d) {
  co_await sleep(d);
  if (n == "bad") {
    throw value_error(n);
  }
  co_return n;
}

// await f, of `for f in asyncio.as_completed(ts)`
task<std::string> value_of(task<join_handle<std::string>> next) {
  const auto f = co_await std::move(next);
  co_return co_await f;
}

task<std::vector<std::string>> all_of(tasks ts) {
  std::vector<std::string> values;
  stream each = as_completed(std::move(ts));
  while (each.has_next()) {
    values.push_back(co_await value_of(each.next()));
  }
  co_return values;
}

task<> by_their_ends() {
  auto& loop = asyncio::get_running_loop();
  const tasks ts{spawn(w("a", 3s)), spawn(w("b", 1s)), spawn(w("bad", 2s)), spawn(w("c", 4s))};
  loop.call_later(3500ms, [c = ts[3]] { c.cancel(); });
  stream each = as_completed(ts);
  while (each.has_next()) {
    try {
      log("got", co_await value_of(each.next()));
    } catch (const value_error&) {
      log("raised", repr(std::current_exception()));
    } catch (const cancelled_error&) {
      log("cancelled");
    }
    log("at", tenths(loop));
  }
}

task<> with_a_limit() {
  auto& loop = asyncio::get_running_loop();
  const tasks ts{spawn(w("a", 1s)), spawn(w("b", 5s)), spawn(w("c", 6s))};
  const auto t = seconds(loop);
  stream each = as_completed(ts, 2s);
  while (each.has_next()) {
    try {
      log("got", co_await value_of(each.next()));
    } catch (const timeout_error&) {
      log("TimeoutError after", seconds(loop) - t);
    }
  }
  log(done(ts));
  co_await wait(ts);
  log(std::vector<std::string>{ts[0].result(), ts[1].result(), ts[2].result()});
}

task<> by_several() {
  tasks ts{spawn(w("a", 1s)), spawn(w("b", 2s))};
  stream it = as_completed(ts);
  const auto first = spawn(value_of(it.next()));
  const auto second = spawn(value_of(it.next()));
  const std::string later = co_await second;
  log("second", later, "first", co_await first);
  ts = {spawn(w("a", 1s)), spawn(w("b", 2s))};
  stream again = as_completed(ts);
  const auto x = spawn(value_of(again.next()));
  co_await yield();
  x.cancel();
  log("a cancelled waiter takes none:", co_await value_of(again.next()));
  log(std::vector{ts[0].cancelled(), ts[1].cancelled()});
  co_await wait(ts);
}

task<> body() {
  co_await by_their_ends();
  const tasks at_once{spawn(w("a", 0s)), spawn(w("b", 0s)), spawn(w("c", 0s))};
  log(co_await all_of(at_once));
  const tasks ts{spawn(w("a", 1s)), spawn(w("b", 3s)), spawn(w("c", 2s))};
  co_await sleep(5s);
  std::vector<std::string> of_done = co_await all_of(ts);
  std::sort(of_done.begin(), of_done.end());  // asyncio: in the order of a set.
  log("of done ones", of_done);
  co_await with_a_limit();
  co_await by_several();
  const tasks nobody;
  log(co_await all_of(nobody));
}

}  // namespace

CONFORMANCE_CASE(as_completed_order) { run(body()); }

}  // namespace jackdaw::conformance
