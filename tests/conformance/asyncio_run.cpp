// Loops for the twins.
#include "asyncio_run.hpp"

#include "python.hpp"
#include <jackdaw/runtime/blocking_pool.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace jackdaw::conformance {
namespace {

template <class Unit>
long long count_of(const asyncio::event_loop& loop) {
  return std::chrono::duration_cast<Unit>(loop.time().time_since_epoch()).count();
}

asyncio::loop_options options(const std::shared_ptr<jumping_time>& time,
                              failure_handler on_failure) {
  return {.make_driver = virtual_time_drivers(time),
          .time_source = &time->clock,
          .on_failure = std::move(on_failure)};
}

asyncio::loop_options real_time_options() {
  asyncio::loop_options options;
  options.make_driver = real_time_drivers();
  return options;
}

// Over a pool such a case would compare the loop with itself.
void require_loop() {
  if (chosen_platform().workers != 0) {
    throw std::logic_error("a case that makes a loop of its own does not run over a pool");
  }
}

}  // namespace

virtual_loop::virtual_loop(failure_handler on_failure)
    : time_(std::make_shared<jumping_time>()), loop_(options(time_, std::move(on_failure))) {
  require_loop();
  loop_.blocking().set_world(&time_->world);
}

real_loop::real_loop() : loop_(real_time_options()) { require_loop(); }

asyncio::runner_options in_virtual_time(failure_handler on_failure) {
  if (!chosen_platform().backend) {
    return {.virtual_time = true, .on_failure = std::move(on_failure)};
  }
  return {.loop_factory = [on_failure = std::move(on_failure)] {
    const auto time = std::make_shared<jumping_time>();
    auto loop = std::make_unique<asyncio::event_loop>(options(time, on_failure));
    loop->blocking().set_world(&time->world);  // Which its drivers' factory keeps alive.
    return loop;
  }};
}

asyncio::runner_options in_virtual_time_with_io() {
  return {.loop_factory = [] {
    const auto time = std::make_shared<jumping_time>();
    auto loop = std::make_unique<asyncio::event_loop>(
        asyncio::loop_options{.make_driver = virtual_time_drivers_with_io(time),
                              .time_source = &time->clock,
                              .on_failure = {}});
    loop->blocking().set_world(&time->world);  // Which its drivers' factory keeps alive.
    return loop;
  }};
}

asyncio::runner_options in_real_time() {
  return {
      .loop_factory = [] { return std::make_unique<asyncio::event_loop>(real_time_options()); }};
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
