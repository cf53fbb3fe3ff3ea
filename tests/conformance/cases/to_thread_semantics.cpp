// S80, S195, S197: the result comes back to the loop; a call that has begun cannot be cancelled.
#include "../case.hpp"

#include <latch>
#include <thread>

namespace jackdaw::conformance {
namespace {

struct slow_call {
  std::latch begun{1};
  std::latch end{1};
  std::latch ended{1};

  void make() {
    begun.count_down();
    end.wait();
    ended.count_down();
  }
};

task<> w(slow_call& call) {
  try {
    co_await to_thread([&call] { call.make(); });
  } catch (const cancelled_error&) {
    log("cancelled");
    throw;
  }
}

int fails() { throw zero_division_error("division by zero"); }

task<> body() {
  const auto me = std::this_thread::get_id();
  const auto other = co_await to_thread([] { return std::this_thread::get_id(); });
  log("other thread", other != me);
  try {
    co_await to_thread(fails);
  } catch (const zero_division_error& e) {
    log(e.what());
  }
  log("argument", co_await to_thread([](int a, int b) { return a + b; }, 2, 3));
  slow_call call;
  const auto t = spawn(w(call));
  co_await to_thread([&call] { call.begun.wait(); });
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("the thread still runs", !call.ended.try_wait());
  }
  call.end.count_down();
  co_await to_thread([&call] { call.ended.wait(); });
  log("and ends by itself", call.ended.try_wait());
}

}  // namespace

CONFORMANCE_CASE(to_thread_semantics) {
  real_loop loop;
  run_on(*loop, body());
}

}  // namespace jackdaw::conformance
