// S55, S56, S181: a task that nothing can wake is destroyed and reported; one that a timer can wake is not.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct finally_block {
  finally_block() = default;
  finally_block(const finally_block&) = delete;
  finally_block& operator=(const finally_block&) = delete;
  ~finally_block() { log("finally runs by GeneratorExit, cannot await"); }
};

task<> lost() {
  const finally_block at_end;
  co_await asyncio::get_running_loop().create_future<void>();
  log("NEVER");
}

task<> kept() {
  co_await sleep(1ms);
  log("a task waiting on a timer is kept alive by the loop's heap");
}

task<> body() {
  asyncio::get_running_loop().set_exception_handler(
      [](asyncio::event_loop&, const failure& failure) { log("HANDLER", failure.message); });
  auto t = spawn(lost());
  co_await yield();
  log("all_tasks", asyncio::all_tasks().size());
  t = {};
  co_await yield();  // Python's collector comes when it is called; ours in the next turn.
  log("all_tasks after gc", asyncio::all_tasks().size());
  spawn(kept());
  co_await sleep(10ms);
}

}  // namespace

CONFORMANCE_CASE(destroyed_pending) { run(body()); }

}  // namespace jackdaw::conformance
