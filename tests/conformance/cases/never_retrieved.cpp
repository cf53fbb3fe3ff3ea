// S75, S179: reported when the last handle goes, unless somebody looked or cancelled.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad() {
  throw value_error("nobody looks");
  co_return;
}

future<int> failed(const std::string& name) {
  future<int> f;
  f.set_exception(key_error(name));
  return f;
}

task<> body() {
  auto t = spawn(bad());
  co_await settle();
  log("task done, reference kept: silent");
  t = {};
  log("after del");
  failed("f");
  static_cast<void>(failed("g").exception());
  log("exception() marks it retrieved");
  failed("h").cancel();
  log("cancel() also silences");
}

}  // namespace

CONFORMANCE_CASE(never_retrieved, any_order) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
