// Waiting for a call that another worker has taken.
#include <jackdaw/runtime/base/memory.hpp>
#include <jackdaw/runtime/fork_call.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <chrono>

namespace jackdaw {
namespace {

// Looks at the thief and its forks before the worker sleeps: about a hundred microseconds.
constexpr unsigned looks_max = 2000;
// A worker that sleeps looks now and then whether the thief has forked something.
constexpr auto doze_time = std::chrono::milliseconds(1);

}  // namespace

void call_fork::begin_taken() noexcept {
  thief_.store(current_context().forks, std::memory_order_relaxed);  // W3
}

void call_fork::end_taken() noexcept {
  if (const std::uintptr_t sleeper = word_.end(); sleeper != 0) {  // W2
    reinterpret_cast<std::binary_semaphore*>(sleeper)->release();
  }
}

// Not on top: it was shown, or a task that was started eagerly meanwhile has left forks of its own above it.
bool call_fork::find_and_take_back(fork_stack& stack) noexcept {
  return stack.remove(*this) || stack.take_back(*this);
}

// True if there was something.
bool call_fork::help_thief() noexcept {
  fork_stack* const thief = thief_.load(std::memory_order_relaxed);  // W3
  fork* const found = thief != nullptr ? thief->take() : nullptr;
  if (found == nullptr) {
    return false;
  }
  if (found->group == nullptr) {
    found->run(*found);
  } else {
    current_scheduler().schedule(*found);  // A coroutine is not for this stack.
  }
  return true;
}

void call_fork::wait_for_thief(fork_stack& stack) noexcept {
  for (unsigned looks = 0; looks < looks_max; ++looks) {
    if (word_.has_ended()) {
      return;
    }
    if (help_thief()) {
      looks = 0;
    } else {
      std_memory::pause();
    }
  }
  if (!word_.sleep_on(reinterpret_cast<std::uintptr_t>(&stack.semaphore()))) {  // W1
    return;
  }
  while (!stack.semaphore().try_acquire_for(doze_time)) {
    while (help_thief()) {
    }
  }
}

}  // namespace jackdaw
