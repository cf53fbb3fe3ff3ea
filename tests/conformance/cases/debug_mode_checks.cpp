// S185-S187, S189: in debug mode slow steps are told, calls from other threads refused.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using co = task<> (*)();

void tell_if_slow(const failure& what) {
  if (const auto took = what.message.find("took"); took != std::string::npos) {
    log("LOG", what.level == failure_level::warning ? "WARNING" : "ERROR",
        what.message.substr(0, what.message.find(' ')),
        what.source == failure_source::task ? "Task" : "Handle", what.message.substr(took));
  }
}

template <class F>
void refused(F call) {
  try {
    call();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

void elsewhere(asyncio::event_loop& loop) {
  refused([&] { loop.call_soon([] {}); });
  refused([&] { loop.call_later(1s, [] {}); });
  refused([&] { loop.call_at(time_point(1s), [] {}); });
  loop.call_soon_threadsafe([] { log("call_soon_threadsafe is for this"); });
}

// With Python an error, here a program that does not compile.
template <class Loop>
void call_coroutine_soon() {
  if constexpr (!requires(Loop& loop, co function) { loop.call_soon(function); }) {
    log("coroutines cannot be used with call_soon()");
  }
}

task<> body(virtual_loop& world) {
  auto& loop = *world;
  const auto takes = [&world](duration time) { return [&world, time] { world.pass(time); }; };
  log("debug", loop.get_debug(), loop.slow_callback_duration() == 100ms ? "0.1" : "changed");
  loop.set_exception_handler(
      [](asyncio::event_loop& /*unused*/, const failure& /*unused*/) { log("NEVER: no error"); });
  loop.call_soon(takes(120ms));
  loop.call_soon(takes(90ms));
  co_await turns(2);
  world.pass(250ms);
  co_await yield();
  loop.set_slow_callback_duration(50ms);
  loop.call_soon(takes(62500us));
  co_await yield();
  co_await to_thread([&loop] { elsewhere(loop); });
  call_coroutine_soon<asyncio::event_loop>();
  loop.set_debug(false);
  world.pass(1s);
  co_await yield();
  loop.call_soon(takes(1s));
  co_await yield();
  log("silent again", loop.get_debug());
}

}  // namespace

CONFORMANCE_CASE(debug_mode_checks) {
  virtual_loop loop(tell_if_slow);
  loop->set_debug(true);
  run_on(*loop, body(loop));
}

}  // namespace jackdaw::conformance
