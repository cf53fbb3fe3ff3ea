// S80, S195, S197: the call begins at once, its result comes in a later turn; what a cancelled future does.
#include "../case.hpp"

#include <latch>
#include <thread>

namespace jackdaw::conformance {
namespace {

struct slow_call {
  std::latch begun{1};
  std::latch end{1};
  std::latch ended{1};
};

const char* make(slow_call* call) {
  call->begun.count_down();
  call->end.wait();
  call->ended.count_down();
  return "dropped";
}

int fails() { throw zero_division_error("division by zero"); }

task<> results() {
  const auto me = std::this_thread::get_id();
  const auto other = co_await asyncio::run_in_executor([] { return std::this_thread::get_id(); });
  log("other thread", other != me);
  const auto f = asyncio::run_in_executor(fails);
  try {
    co_await f;
  } catch (const zero_division_error&) {
    log("ZeroDivisionError");
  }
  log("argument", co_await asyncio::run_in_executor([](int a, int b) { return a + b; }, 2, 3));
  std::latch called(1);
  const auto g = asyncio::run_in_executor([](std::latch* made) { made->count_down(); }, &called);
  called.wait();
  log("called before anybody awaits it; done", g.done());
  co_await g;
  log("done", g.done());
}

task<> cancelled_call() {
  slow_call call;
  const auto f = asyncio::run_in_executor(make, &call);
  call.begun.wait();
  log("cancel", f.cancel());
  try {
    co_await f;
  } catch (const cancelled_error&) {
    log("cancelled; the call still runs", !call.ended.try_wait());
  }
  call.end.count_down();
  call.ended.wait();
  co_await turns(3);
  log("it ended, and the future stays", f.cancelled());
}

task<> body() {
  co_await results();
  co_await cancelled_call();
}

task<> with_one_thread() {
  slow_call call;
  const auto first = asyncio::run_in_executor(make, &call);
  call.begun.wait();
  const auto second = asyncio::run_in_executor([] { log("NEVER"); });
  const auto third = asyncio::run_in_executor([] { return std::string("third"); });
  log("taken back", second.cancel());
  co_await turns(2);
  call.end.count_down();
  const std::string a = co_await first;
  const std::string b = co_await third;
  log(a, b, second.cancelled());
}

}  // namespace

CONFORMANCE_CASE(executor_semantics) {
  asyncio::run(body(), in_real_time());
  real_loop loop;
  loop->blocking().set_threads_max(1);
  run_on(*loop, with_one_thread());
}

}  // namespace jackdaw::conformance
