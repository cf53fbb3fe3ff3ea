// S25, S35, S49: wrong uses, and what they throw.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

join_handle<void> self;

task<> selfish() { co_await self; }

task<> foreign(future<int> f) { co_await f; }

task<std::string> stubborn(future<int> f) {
  try {
    co_await f;
  } catch (const std::runtime_error&) {
    log("survives");
  }
  co_return "value";
}

task<> expect(join_handle<void> t, std::string_view text) {
  try {
    co_await t;
  } catch (const std::runtime_error& e) {
    log(std::string_view(e.what()).find(text) != std::string_view::npos);
  }
}

template <class Handle>
void look_too_early(const Handle& x) {
  try {
    static_cast<void>(x.result());
  } catch (const invalid_state_error& e) {
    log("InvalidStateError", e.what());
  }
  try {
    static_cast<void>(x.exception());
  } catch (const invalid_state_error& e) {
    log("InvalidStateError", e.what());
  }
}

template <class F>
void misuse(F set) {
  try {
    set();
  } catch (const invalid_state_error&) {
    log("InvalidStateError");
  }
}

template <class F>
void look_at_cancelled(F look) {
  try {
    look();
  } catch (const cancelled_error&) {
    log("CancelledError", args(std::current_exception()));
  }
}

task<> nap() { co_await sleep(0s); }

task<> body() {
  self = spawn(selfish());
  co_await expect(self, "Task cannot await on itself");
  self = {};
  {
    virtual_loop other;
    const future<int> f(*other);
    co_await expect(spawn(foreign(f)), "attached to a different loop");
    log(co_await spawn(stubborn(f)));
  }
  const auto t = spawn(nap());
  look_too_early(t);
  look_too_early(future<void>());
  co_await t;
  const future<int> f;
  f.set_result(1);
  misuse([&] { f.set_result(2); });
  misuse([&] { f.set_exception(value_error()); });
  log(f.result(), repr(f.exception()));
  const future<int> g;
  const bool first = g.cancel("why");
  log(first, g.cancelled(), g.cancel());
  look_at_cancelled([&] { static_cast<void>(g.result()); });
  look_at_cancelled([&] { static_cast<void>(g.exception()); });
  misuse([&] { g.set_result(2); });
  log(!t.name().empty(), this_task::name().starts_with("Task-"));
}

}  // namespace

CONFORMANCE_CASE(task_misuse_errors) { run(body()); }

}  // namespace jackdaw::conformance
