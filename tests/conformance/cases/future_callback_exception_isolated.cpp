// S26: what a done callback throws is reported; the others still run.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

constexpr auto bad = [](const auto&) { throw value_error("bad"); };
constexpr auto good = [](const auto&) { log("good"); };

task<std::string> c() { co_return "task"; }

task<> body() {
  const future<std::string> f;
  f.add_done_callback(bad);
  f.add_done_callback(good);
  f.set_result("r");
  co_await yield();
  log(f.result());
  const auto t = spawn(c());
  t.add_done_callback(bad);
  t.add_done_callback(good);
  log(co_await t);
}

}  // namespace

CONFORMANCE_CASE(future_callback_exception_isolated) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
