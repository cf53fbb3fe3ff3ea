// S78: an error while a cancel is handled is how the task ends. Chaining is std::throw_with_nested.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w() {
  try {
    throw key_error("inner");
  } catch (const key_error&) {
    std::throw_with_nested(value_error("outer"));
  }
  co_return;
}

task<> c() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    std::throw_with_nested(value_error("during cancel"));
  }
}

task<> body() {
  const auto t = spawn(w());
  try {
    co_await t;
  } catch (const value_error&) {
    const std::exception_ptr e = std::current_exception();
    log(repr(e), repr(context(e)), t.exception() == e);
  }
  const auto u = spawn(c());
  co_await settle();
  u.cancel();
  try {
    co_await u;
  } catch (const value_error&) {
    const std::exception_ptr e = std::current_exception();
    log(repr(e), type_name(context(e)), u.cancelled());
  }
}

}  // namespace

CONFORMANCE_CASE(exception_chaining, any_order) { run(body()); }

}  // namespace jackdaw::conformance
