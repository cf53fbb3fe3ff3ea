// S17: done callbacks that are queued when the loop is closed never run.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

constexpr auto never = [](const future<int>&) { log("NEVER"); };

task<> main_of(future<int> f) {
  f.add_done_callback([](const future<int>&) { log("runs"); });
  f.set_result(2);
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(close_drops_done_callbacks) {
  virtual_loop first;
  const future<int> f(*first);
  f.add_done_callback(never);
  f.set_result(1);
  f.add_done_callback(never);
  log(f.done());
  first->close();
  log(f.result());
  virtual_loop second;
  const future<int> g(*second);
  second->run_until_complete(main_of(g));
  g.add_done_callback(never);
  second->close();
  log("closed");
}

}  // namespace jackdaw::conformance
