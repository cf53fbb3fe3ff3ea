// S44, S45: a negative sleep is a yield.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> body() {
  asyncio::get_running_loop().call_soon([] { log("cb"); });
  log(co_await sleep_for(-1s, std::string("r")));
  log(co_await sleep_for(1ms, std::string("r2")));
}

}  // namespace

CONFORMANCE_CASE(sleep_negative_and_result) { run(body()); }

}  // namespace jackdaw::conformance
