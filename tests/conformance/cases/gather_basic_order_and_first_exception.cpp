// S83, S84: results in argument order; the first exception at once; the siblings go on.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w(std::string n, duration d, std::exception_ptr error = nullptr) {
  co_await sleep(d);
  log("done", n);
  if (error) {
    std::rethrow_exception(error);
  }
  co_return n;
}

task<> body() {
  std::vector<task<std::string>> ws;
  ws.push_back(w("a", 20ms));
  ws.push_back(w("b", 1ms));
  ws.push_back(w("c", 10ms));
  log(co_await gather(std::move(ws)));
  const auto y = std::make_exception_ptr(value_error("y"));
  const auto z = std::make_exception_ptr(key_error("z"));
  try {
    co_await gather(w("x", 30ms), w("y", 1ms, y), w("z", 20ms, z));
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()));
  }
  co_await sleep(50ms);
  log("z's exception was silently consumed");
}

}  // namespace

CONFORMANCE_CASE(gather_basic_order_and_first_exception, any_order) { run(body()); }

}  // namespace jackdaw::conformance
