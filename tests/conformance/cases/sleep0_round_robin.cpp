// S44: sleep(0) is one turn exactly.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(std::string n) {
  for (int i = 0; i < 3; ++i) {
    log(n, i);
    co_await sleep(0s);
  }
}

task<> body() { co_await gather(w("a"), w("b"), w("c")); }

}  // namespace

CONFORMANCE_CASE(sleep0_round_robin) { run(body()); }

}  // namespace jackdaw::conformance
