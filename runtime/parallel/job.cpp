// Beginning, ending and cancelling a call into the arena.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/parallel/job.hpp>

namespace jackdaw::parallel {

job::job(scheduler& home) : blocking_job(home), cores_(cores_of(home)), hook_(*this) {}

bool job::await_suspend(std::coroutine_handle<> awaiting) {
  task_record& task = current_task();
  waiter_ = &task;
  task.suspend_at(awaiting);
  home().blocking().submit(*this);
  // arm() with a hook cannot fail: a cancellation that was due went to the hook.
  const bool armed = task.arm(&hook_);
  JACKDAW_ASSERT(armed);
  end_half();
  return true;
}

void job::end_half() noexcept {
  // H1: release and acquire, so that the task sees what the call wrote, whoever wakes it.
  if (halves_.fetch_add(1, std::memory_order_acq_rel) == 1) {
    waiter_->wake_and_schedule();
  }
}

void job::finish() {
  JACKDAW_ASSERT(waiter_ != nullptr);
  const bool cancelled_late = waiter_->end_wait() == wait_end::cancelled;
  // B1: relaxed, as C1 below; what the hook stored is seen, because end_wait() waits for the hook.
  if (phase_.load(std::memory_order_relaxed) == phase::taken_back) {
    release();
  }
  if (cancelled_late || cancelled_.load(std::memory_order_relaxed)) {  // C1
    waiter_->throw_cancelled();
  }
}

// On the canceller's thread. True: the end of the call, or we, end the wait.
bool job::ask_to_stop(cancel_hook& self, std::string_view /*message*/) noexcept {
  job& asked = *static_cast<hook&>(self).owner;
  asked.cancelled_.store(true, std::memory_order_relaxed);  // C1: see execution.hpp.
  phase expected = phase::queued;
  // B1: relaxed; one of the two wins, and what the winner goes on to do it publishes by H1.
  if (asked.phase_.compare_exchange_strong(expected, phase::taken_back,
                                           std::memory_order_relaxed)) {
    asked.end_half();
  }
  return true;
}

bool job::begin() noexcept {
  phase expected = phase::queued;
  return phase_.compare_exchange_strong(expected, phase::running, std::memory_order_relaxed);  // B1
}

void job::call() noexcept {
  std::exception_ptr error;
  try {
    // It begins when it has a place in the arena: until then it can be taken back.
    execute(cores_, [this] {
      if (begin()) {
        execution in(cancelled_);
        perform(in);
      }
    });
  } catch (...) {
    error = std::current_exception();
    static_cast<void>(begin());  // There may have been no arena to be had.
  }
  if (phase_.load(std::memory_order_relaxed) ==
      phase::running) {  // B1: nobody else changes it then.
    if (error != nullptr) {
      keep_exception(std::move(error));
    }
    release();
  }
}

void job::ended() noexcept {
  if (phase_.load(std::memory_order_relaxed) == phase::running) {  // B1: as above.
    end_half();
  }
}

}  // namespace jackdaw::parallel
