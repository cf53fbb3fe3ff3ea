// S198: the result goes to the thread; a time limit leaves the task alone; cancel() ends the waiting at once.
#include "../case.hpp"

#include <thread>

namespace jackdaw::conformance {
namespace {

using asyncio::run_coroutine_threadsafe;

task<int> add(int a, int b) {
  co_await yield();
  co_return a + b;
}

task<int> fails() {
  throw value_error("no");
  co_return 0;
}

task<int> cancelled() {
  throw cancelled_error();
  co_return 0;
}

struct stage {
  explicit stage(asyncio::event_loop& running) : loop(running) {}
  asyncio::event_loop& loop;
  asyncio::event gate;
  std::vector<std::string> steps;
};

task<std::string> held(stage* on) {
  on->steps.emplace_back("begun");
  try {
    co_await on->gate.wait();
  } catch (const cancelled_error&) {
    on->steps.emplace_back("cancelled");
    throw;
  }
  on->steps.emplace_back("passed");
  co_return "late";
}

template <class T>
bool ends_cancelled(const asyncio::sync_future<T>& f) {
  try {
    static_cast<void>(f.get());
  } catch (const cancelled_error&) {
    return true;
  }
  return false;
}

// What the loop's thread has done by then is visible here.
void let_the_loop_run(stage* on) {
  static_cast<void>(run_coroutine_threadsafe(add(1, 2), on->loop).get());
}

void results(stage* on) {
  log(run_coroutine_threadsafe(add(1, 2), on->loop).get());
  try {
    static_cast<void>(run_coroutine_threadsafe(fails(), on->loop).get());
  } catch (const value_error&) {
    let_the_loop_run(on);  // It lets go of the exception, whose references a sanitizer cannot see.
    log(repr(std::current_exception()));
  }
  const auto f = run_coroutine_threadsafe(held(on), on->loop);
  try {
    static_cast<void>(f.get(50ms));
  } catch (const timeout_error&) {
    let_the_loop_run(on);
    log("TimeoutError; done", f.done(), on->steps);
  }
  on->loop.call_soon_threadsafe([on] { on->gate.set(); });
  const std::string value = f.get();
  log(value, f.done(), f.cancel(), on->steps);
}

void cancellations(stage* on) {
  on->steps.clear();
  on->gate.clear();
  const auto f = run_coroutine_threadsafe(held(on), on->loop);
  let_the_loop_run(on);
  const bool asked = f.cancel();
  log("cancel", asked, f.cancelled(), f.done());
  if (ends_cancelled(f)) {
    log("CancelledError");
  }
  let_the_loop_run(on);
  log(on->steps);
  const auto g = run_coroutine_threadsafe(cancelled(), on->loop);
  if (ends_cancelled(g)) {
    log("the task was cancelled", g.cancelled());
  }
}

task<> body() {
  stage on(asyncio::get_running_loop());
  std::thread t([&on] {
    results(&on);
    cancellations(&on);
  });
  co_await asyncio::to_thread([&t] { t.join(); });
}

}  // namespace

CONFORMANCE_CASE(coroutine_threadsafe) {
  asyncio::run(body(), in_real_time());
  auto loop = asyncio::new_event_loop();
  loop.close();
  try {
    run_coroutine_threadsafe(add(1, 2), loop);
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

}  // namespace jackdaw::conformance
