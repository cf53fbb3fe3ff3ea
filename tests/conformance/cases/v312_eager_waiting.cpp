// S60, S43: how what waits for several deals with tasks that are done when they are made.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> quick(std::string n) {
  log("quick", n);
  co_return n;
}

task<std::string> slow(std::string n, int count = 1) {
  log("slow", n);
  co_await turns(count);
  log("slow ends", n);
  co_return n;
}

task<std::string> boom(std::string n) {
  throw value_error(n);
  co_return n;
}

struct turn_counter {
  int turn = 0;
  bool over = false;
};

void count(const std::shared_ptr<turn_counter>& counter) {
  if (!counter->over) {
    ++counter->turn;
    asyncio::get_running_loop().call_soon([counter] { count(counter); });
  }
}

template <class A>
task<await_result<A>> counts(const char* what, A awaited) {
  const auto counter = std::make_shared<turn_counter>();
  asyncio::get_running_loop().call_soon([counter] { count(counter); });
  auto result = co_await std::move(awaited);
  counter->over = true;
  log(what, "turns", counter->turn);
  co_return result;
}

template <class... Ts>
std::vector<std::string> list(const std::tuple<Ts...>& values) {
  return std::apply([](const auto&... each) { return std::vector<std::string>{each...}; }, values);
}

task<> gathers() {
  auto both = gather(quick("a"), quick("b"));
  log("gathered", both.done());
  log(list(co_await counts("gather", std::move(both))));
  auto mixed = gather(quick("c"), slow("d"), quick("e"));
  log("gathered", mixed.done());
  log(list(co_await counts("mixed gather", std::move(mixed))));
  auto failed = gather(slow("f"), boom("g"));
  log("failed at once", failed.done());
  try {
    co_await std::move(failed);
  } catch (const value_error& e) {
    log("ValueError", e.what());
  }
  co_await turns(2);
  auto kept = gather(return_exceptions, boom("h"), quick("i"));
  const bool done = kept.done();
  const auto [h, i] = co_await std::move(kept);
  log(done, repr(h.exception()), repr(i.value()));
}

task<> waits() {
  auto t = spawn(quick("j"));
  log(co_await counts("shield", shield(t)));
  t = spawn(quick("k"));
  auto all = wait(std::vector{t});
  const auto one = co_await counts("wait", std::move(all));
  log(one.done.size(), one.pending.size());
  const auto l = spawn(quick("l"));
  const auto m = spawn(slow("m", 3));
  auto some = wait(std::vector{l, m}, return_when::first_completed);
  const auto first = co_await counts("first", std::move(some));
  log(first.done.size(), first.pending.size());
  co_await m;
  auto limited = wait_for(quick("n"), 1s);
  log(co_await counts("wait_for", std::move(limited)));
  log(co_await counts("task", spawn(quick("o"))));
}

task<> body() {
  asyncio::get_running_loop().set_task_factory(asyncio::eager_task_factory);
  co_await gathers();
  co_await waits();
  std::vector<join_handle<std::string>> three;
  for (const char* const n : {"p", "q", "r"}) {
    three.push_back(spawn(slow(n)));
  }
  co_await ended(std::move(three));
  const auto within = [](timeout_scope& /*unused*/) { return spawn(slow("s")); };
  auto limited = timeout(1s, within);
  log(co_await std::move(limited));
}

}  // namespace

CONFORMANCE_CASE(v312_eager_waiting) { run(body()); }

}  // namespace jackdaw::conformance
