// S92, S94: what is done and what is pending, by each condition and by time.
#include "../case.hpp"

#include <algorithm>
#include <optional>

namespace jackdaw::conformance {
namespace {

using tasks = std::vector<join_handle<std::string>>;
using futures = std::vector<future<std::string>>;

task<std::string> w(std::string n, duration d, bool fails) {
  co_await sleep(d);
  if (fails) {
    throw value_error(n);
  }
  co_return n;
}

tasks start(std::string_view fails) {
  tasks ts;
  ts.push_back(spawn(w("a", 3s, fails == "a"), "a"));
  ts.push_back(spawn(w("b", 1s, fails == "b"), "b"));
  ts.push_back(spawn(w("c", 2s, fails == "c"), "c"));
  return ts;
}

std::vector<std::string> names(const tasks& ts) {
  std::vector<std::string> each;
  for (const auto& t : ts) {
    each.push_back(t.name());
  }
  return each;
}

task<> by(std::string_view fails, return_when when, std::optional<duration> limit = {}) {
  const auto& loop = asyncio::get_running_loop();
  const tasks ts = start(fails);
  const auto start = tenths(loop);
  const auto result = co_await wait(ts, when, limit);
  log("done", names(result.done), "pending", names(result.pending), "after", tenths(loop) - start);
  co_await sleep(10s);
  std::vector<std::string> ends;
  for (const auto& t : ts) {
    ends.push_back(type_name(t.exception()));
  }
  log("at last", ends);
}

task<> by_condition(const char* name, return_when when) {
  log(name);
  co_await by("", when);
  co_await by("c", when);
  co_await by("b", when);
}

std::vector<bool> each_in(const futures& some, const futures& all) {
  std::vector<bool> found;
  for (const auto& f : all) {
    found.push_back(std::find(some.begin(), some.end(), f) != some.end());
  }
  return found;
}

task<> several_of_one_turn() {
  auto& loop = asyncio::get_running_loop();
  futures fs(3);
  loop.call_soon([&fs] {
    fs[0].set_result("x");
    fs[2].set_result("z");
  });
  auto result = co_await wait(fs, return_when::first_completed);
  log(each_in(result.done, fs), each_in(result.pending, fs));
  loop.call_soon([&fs] { fs[1].cancel(); });
  result = co_await wait(fs);
  log(each_in(result.done, fs), result.pending.size(), fs[1].cancelled());
  const future<std::string> f;
  const future<std::string> g;
  loop.call_soon([f] { f.set_result("1"); });
  loop.call_soon([&loop, g] { loop.call_soon([g] { g.set_result("2"); }); });
  const futures two{f, g};
  result = co_await wait(two, return_when::first_completed);
  const bool second = each_in(result.done, two)[1];
  log("the second came before the waiter ran", second);
}

task<> body() {
  co_await by_condition("FIRST_COMPLETED", return_when::first_completed);
  co_await by_condition("FIRST_EXCEPTION", return_when::first_exception);
  co_await by_condition("ALL_COMPLETED", return_when::all_completed);
  log("by time");
  for (const duration limit : {duration(2500ms), duration(0s), duration(-1s), duration(100s)}) {
    co_await by("", return_when::all_completed, limit);
  }
  co_await by("b", return_when::first_exception, 1500ms);
  log("several of one turn");
  co_await several_of_one_turn();
  try {
    co_await wait(tasks());
  } catch (const std::invalid_argument& e) {
    log(e.what());
  }
}

}  // namespace

CONFORMANCE_CASE(wait_variants) { run(body()); }

}  // namespace jackdaw::conformance
