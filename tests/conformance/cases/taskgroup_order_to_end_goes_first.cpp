// S118, S113: KeyboardInterrupt and SystemExit are thrown bare, other BaseExceptions in a group.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> nap(std::string n) {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("cancelled", n);
    throw;
  }
}

task<> fails_in_cleanup() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    throw value_error("cleanup");
  }
}

template <class E>
task<> fails(const char* text) {
  co_await sleep(1s);
  throw E(text);
}

// A group with a child, of which the body throws an E.
template <class E>
task<> group_with(task<> child, const char* text) {
  co_await with_task_group([&](task_group& tg) -> task<> {
    tg.create_task(std::move(child));
    co_await fails<E>(text);
  });
}

task<> odd_child() {
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(fails<odd>("child"));
    tg.create_task(fails_in_cleanup());
    co_return;
  });
}

void log_group() {
  const std::exception_ptr error = std::current_exception();
  log(repr(error), is_error<std::exception>(error), this_task::cancelling());
}

task<> body() {
  try {
    co_await group_with<system_exit>(nap("a"), "of the body");
  } catch (const system_exit&) {
    log(repr(std::current_exception()), this_task::cancelling());
  }
  try {
    co_await group_with<keyboard_interrupt>(fails_in_cleanup(), "of the body");
  } catch (const keyboard_interrupt&) {
    log(repr(std::current_exception()), this_task::cancelling());
  }
  try {
    co_await odd_child();
  } catch (const any_exception_group&) {
    log_group();
  }
  try {
    co_await group_with<odd>(nap("b"), "body");
  } catch (const any_exception_group&) {
    log_group();
  }
}

task<> with_child(bool with_body) {
  const duration wait = with_body ? 10s : 0s;
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      tg.create_task(fails<keyboard_interrupt>("of a child"));
      tg.create_task(fails_in_cleanup());
      co_await sleep(wait);
    });
  } catch (...) {
    log(repr(std::current_exception()), "cancelling", this_task::cancelling());
  }
  co_await yield();
  log("alive");
}

}  // namespace

CONFORMANCE_CASE(taskgroup_order_to_end_goes_first) {
  virtual_loop loop;
  loop->run_until_complete(loop->create_task(body()));
  for (const bool with_body : {true, false}) {
    const auto t = loop->create_task(with_child(with_body));
    try {
      loop->run_until_complete(t);
    } catch (const keyboard_interrupt&) {
      log("out of the loop", repr(std::current_exception()), t.done());
    }
    loop->run_until_complete(t);
    log("done", t.done());
  }
  loop->close();
}

}  // namespace jackdaw::conformance
