// Loops for the twins.
#include "asyncio_run.hpp"

#include "python.hpp"
#include <jackdaw/runtime/blocking_pool.hpp>

#include <chrono>
#include <memory>

namespace jackdaw::conformance {
namespace {

template <class Unit>
long long count_of(const asyncio::event_loop& loop) {
  return std::chrono::duration_cast<Unit>(loop.time().time_since_epoch()).count();
}

asyncio::loop_options options(virtual_world& world, const clock& time, failure_handler on_failure) {
  return {.make_driver = [&world](unsigned) { return std::make_unique<virtual_driver>(world); },
          .time_source = &time,
          .on_failure = std::move(on_failure)};
}

}  // namespace

virtual_loop::virtual_loop(failure_handler on_failure)
    : world_(clock_), loop_(options(world_, clock_, std::move(on_failure))) {
  loop_.blocking().set_world(&world_);
}

void log_failure(const failure& failure) {
  log("HANDLER", failure.message, repr(failure.exception));
}

long long seconds(const asyncio::event_loop& loop) { return count_of<std::chrono::seconds>(loop); }
long long tenths(const asyncio::event_loop& loop) {
  return count_of<std::chrono::duration<long long, std::deci>>(loop);
}

task<> turns(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await yield();
  }
}

}  // namespace jackdaw::conformance
