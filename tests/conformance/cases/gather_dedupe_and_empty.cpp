// S89, S83: the same task twice runs once; an empty gather is done at once.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> c() {
  log("run once");
  co_return "v";
}

task<> body() {
  const auto f = ensure_future(c());
  log(co_await gather(std::vector(3, f)));
  log(ensure_future(f) == f);
  auto g = gather(std::vector<task<int>>());
  log("done", g.done());
  log(co_await g);
}

}  // namespace

CONFORMANCE_CASE(gather_dedupe_and_empty, any_order) { run(body()); }

}  // namespace jackdaw::conformance
