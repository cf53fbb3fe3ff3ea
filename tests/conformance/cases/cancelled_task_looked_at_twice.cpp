// S34: the first to look at a cancelled task gets the message.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body", args(std::current_exception()));
    throw;
  }
}

task<> made_up() {
  throw cancelled_error("made up");
  co_return;
}

task<> look(std::string what, join_handle<void> t) {
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log(what, args(std::current_exception()));
  }
}

task<> outer(join_handle<void> i) { co_await i; }

task<> body() {
  auto t = spawn(w());
  co_await yield();
  t.cancel("m");
  co_await look("first look", t);
  co_await look("second look", t);
  try {
    static_cast<void>(t.result());
  } catch (const cancelled_error&) {
    log("result()", args(std::current_exception()));
  }
  t = spawn(w());
  co_await yield();
  t.cancel("m");
  co_await yield();
  try {
    static_cast<void>(t.exception());
  } catch (const cancelled_error&) {
    log("exception()", args(std::current_exception()));
  }
  co_await look("then an await", t);
  t = spawn(made_up());
  const auto a = spawn(look("a", t));
  const auto b = spawn(look("b", t));
  co_await a;
  co_await b;
  const auto i = spawn(w());
  const auto o = spawn(outer(i));
  co_await yield();
  o.cancel("outer");
  co_await look("outer", o);
  co_await look("inner, seen by outer", i);
}

}  // namespace

CONFORMANCE_CASE(cancelled_task_looked_at_twice) { run(body()); }

}  // namespace jackdaw::conformance
