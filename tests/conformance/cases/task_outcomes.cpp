// S46, S48: how a task can end, and what its handle says.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct odd_error {};

task<int> value() { co_return 5; }
task<> none() { co_return; }
task<> error() {
  throw value_error("e");
  co_return;
}
task<> odd() {
  throw odd_error();
  co_return;
}
task<> made_up() {
  throw cancelled_error("made up");
  co_return;
}
task<std::string> swallowed() {
  this_task::cancel();
  try {
    co_await yield();
  } catch (const cancelled_error&) {
  }
  co_return "back";
}

template <class T>
task<> show(std::string_view name, task<T> body) {
  const auto t = spawn(std::move(body));
  log(name, "done", t.done());
  try {
    if constexpr (std::is_void_v<T>) {
      co_await t;
      log("returned", nullptr);
    } else {
      log("returned", co_await t);
    }
  } catch (...) {
    log("raised", type_name(std::current_exception()));
  }
  log("done", t.done(), "cancelled", t.cancelled(), "cancelling", t.cancelling());
  try {
    const std::exception_ptr e = t.exception();
    log("exception", e ? type_name(e) : "None");
  } catch (const cancelled_error&) {
    log("exception() raised CancelledError");
  }
  try {
    if constexpr (std::is_void_v<T>) {
      static_cast<void>(t.result());
      log("result", nullptr);
    } else {
      log("result", t.result());
    }
  } catch (...) {
    log("result() raised", type_name(std::current_exception()));
  }
}

task<> body() {
  co_await show("value", value());
  co_await show("none", none());
  co_await show("error", error());
  co_await show("odd", odd());
  co_await show("made_up", made_up());
  co_await show("swallowed", swallowed());
}

}  // namespace

CONFORMANCE_CASE(task_outcomes, any_order) { run(body()); }

}  // namespace jackdaw::conformance
