// Making the loop, interrupting what runs on it, and closing it.
#include <jackdaw/runtime/asyncio/runner.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/current.hpp>

#include <exception>
#include <stdexcept>

namespace jackdaw::asyncio {

void require_no_running_loop(const char* otherwise) {
  if (current_context().scheduler != nullptr) {
    throw std::runtime_error(otherwise);
  }
}

runner::loop_parts::loop_parts(const runner_options& options) {
  if (options.loop_factory) {
    loop = options.loop_factory();
    if (options.debug.has_value()) {
      loop->set_debug(*options.debug);
    }
  } else if (options.virtual_time) {
    const auto make_driver = [this](unsigned) { return std::make_unique<virtual_driver>(world); };
    loop = std::make_unique<event_loop>(
        loop_options{make_driver, &clock, options.on_failure, options.debug});
    loop->blocking().set_world(&world);
  } else {
    loop =
        std::make_unique<event_loop>(loop_options{{}, nullptr, options.on_failure, options.debug});
  }
}

runner::runner(runner_options options) : options_(std::move(options)) {}

runner::~runner() {
  try {
    close();
  } catch (...) {
    parts_->loop->report({"Exception in the shutdown of a runner", {}, std::current_exception()});
  }
}

event_loop& runner::get_loop() {
  if (state_ == state::closed) {
    throw std::runtime_error("Runner is closed");
  }
  if (state_ == state::created) {
    parts_ = std::make_unique<loop_parts>(options_);
    state_ = state::initialized;
    const std::lock_guard guard(lock_);
    interruptible_ = parts_->loop.get();
  }
  return *parts_->loop;
}

event_loop& runner::begin() {
  require_no_running_loop("Runner.run() cannot be called from a running event loop");
  return get_loop();
}

void runner::close() {
  if (state_ != state::initialized) {
    return;
  }
  std::exception_ptr torn_out;
  try {
    if (!parts_->loop->is_closed()) {
      parts_->loop->shut_down();
    }
  } catch (...) {
    torn_out = std::current_exception();
  }
  state_ = state::closed;
  {
    const std::lock_guard guard(lock_);
    interruptible_ = nullptr;
  }
  parts_->loop->close();
  if (torn_out) {
    std::rethrow_exception(torn_out);
  }
}

runner::main_scope::main_scope(runner& owner, task_reference main) : runner_(&owner) {
  runner_->main_ = std::move(main);
  runner_->interrupts_ = 0;
}

runner::main_scope::~main_scope() { runner_->main_ = {}; }

void runner::interrupt() {
  {
    const std::lock_guard guard(lock_);
    if (interruptible_ == nullptr) {
      return;
    }
    if (!interruptible_->is_this_thread()) {
      interruptible_->call_soon_threadsafe([this] { interrupt_here(); });
      return;
    }
  }
  interrupt_here();
}

void runner::interrupt_here() {
  if (!main_) {
    return;
  }
  ++interrupts_;
  if (interrupts_ > 1 || !main_->request_cancel()) {
    throw keyboard_interrupt();
  }
}

// S166: a cancellation that was ours, and that nobody else asked for too, was the interrupt.
void runner::throw_if_interrupted() {
  if (interrupts_ > 0 && main_->uncancel() == 0) {
    throw keyboard_interrupt();
  }
}

}  // namespace jackdaw::asyncio
