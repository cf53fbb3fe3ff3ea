// S170, S172: a handler that fails falls back to the default one; what is meant for the loop goes through.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using asyncio::event_loop;
using asyncio::exception_handler;

void bad() { throw value_error("bad"); }
void broken(event_loop& /*unused*/, const failure& /*unused*/) {
  throw key_error("broken handler");
}
void leaves(event_loop& /*unused*/, const failure& what) { throw keyboard_interrupt(what.message); }
void exits(event_loop& /*unused*/, const failure& /*unused*/) { throw system_exit("3"); }
void delegates(event_loop& loop, const failure& what) {
  log("HANDLER", &loop == &asyncio::get_running_loop(), what.message, repr(what.exception));
  loop.default_exception_handler(what);
}

// With Python an error, here a program that does not compile.
void set_what_is_no_handler() {
  if constexpr (!std::is_constructible_v<exception_handler, int>) {
    log("A callable object or None is expected, got 1");
  }
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  loop.call_exception_handler({"plain", {}, nullptr});
  loop.call_exception_handler({{}, {}, std::make_exception_ptr(value_error("no message key"))});
  loop.set_exception_handler(broken);
  loop.call_exception_handler({"m", {}, nullptr});
  using plain_function = void (*)(event_loop&, const failure&);
  const exception_handler set = loop.get_exception_handler();
  const auto* const same = set.target<plain_function>();
  log("same", same != nullptr && *same == &broken);
  set_what_is_no_handler();
  loop.set_exception_handler(leaves);
  try {
    loop.call_exception_handler({"through", {}, nullptr});
  } catch (const keyboard_interrupt& e) {
    log("KeyboardInterrupt", e.message());
  }
  loop.set_exception_handler(delegates);
  loop.call_exception_handler({"told twice", {}, std::make_exception_ptr(value_error("e"))});
  loop.set_exception_handler({});
  log(loop.get_exception_handler() ? "a handler" : "None");
  loop.set_exception_handler(exits);
  loop.call_soon(bad);
  loop.call_soon([] { log("the shutdown runs what was queued"); });
  try {
    co_await sleep(1s);
    log("NEVER");
  } catch (const cancelled_error&) {
    log("cancelled by the shutdown");
    throw;
  }
}

}  // namespace

CONFORMANCE_CASE(call_exception_handler_fallbacks) {
  try {
    run(body(), [](const failure& what) { log("LOG", what.message); });
  } catch (const system_exit& e) {
    log("SystemExit", e.message());
  }
}

}  // namespace jackdaw::conformance
