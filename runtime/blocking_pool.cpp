// Threads that block so that workers need not.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <csignal>
#include <stdexcept>

namespace jackdaw {

blocking_job::blocking_job(scheduler& home) noexcept
    : work(&blocking_job::end_on_loop), home_(&home) {}

blocking_job::~blocking_job() = default;

void blocking_job::add_reference() noexcept {
  // J1: relaxed; who adds a reference has one already.
  references_.fetch_add(1, std::memory_order_relaxed);
}

void blocking_job::drop_reference() noexcept {
  // J1: release and acquire, so that the last owner sees what the other one did.
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete this;
  }
}

bool blocking_job::await_suspend(std::coroutine_handle<> awaiting) {
  task_record& task = current_task();
  if (copies_context_) {
    context_ = context_slot::copy_of_current();
  }
  home_->blocking().submit(*this);
  task.suspend_at(awaiting);
  // The job may end before we are suspended: it finds the waiter, or we find that it ended.
  const std::lock_guard guard(lock_);
  waiter_ = &task;
  if (!task.arm()) {
    task.schedule();
  } else if (ended_) {
    task.wake_and_schedule();
  }
  return true;
}

void blocking_job::finish() {
  task_record* task = nullptr;
  {
    const std::lock_guard guard(lock_);
    task = std::exchange(waiter_, nullptr);
  }
  JACKDAW_ASSERT(task != nullptr);
  if (task->end_wait() == wait_end::cancelled) {
    // J2: relaxed; the pool merely saves itself the call.
    abandoned_.store(true, std::memory_order_relaxed);
    task->throw_cancelled();
  }
}

void blocking_job::call_in_context() noexcept {
  if (copies_context_) {
    const context_scope scope(context_);
    call();
  } else {
    call();
  }
}

bool blocking_job::wanted() const noexcept {
  return !abandoned_.load(std::memory_order_relaxed);  // J2
}

void blocking_job::run_in_thread() noexcept {
  if (wanted()) {
    call_in_context();
  }
  virtual_world* const held = held_;
  if (home_->concurrent()) {
    ended();
    drop_reference();
  } else {
    home_->schedule(*this);
  }
  if (held != nullptr) {
    held->let_go();
  }
}

void blocking_job::tell_waiter() noexcept {
  const std::lock_guard guard(lock_);
  ended_ = true;
  if (waiter_ != nullptr) {
    waiter_->wake_and_schedule();
  }
}

void blocking_job::end_on_loop(work& self) {
  auto& job = static_cast<blocking_job&>(self);
  job.ended();
  job.drop_reference();
}

blocking_pool::~blocking_pool() { close(); }

void blocking_pool::submit(blocking_job& job) {
  const std::lock_guard guard(lock_);
  if (closed_) {
    throw std::runtime_error("cannot schedule new blocking calls after shutdown");
  }
  if (refuses_) {
    throw std::runtime_error("Executor shutdown has been called");
  }
  job.add_reference();
  job.held_ = world_;
  if (world_ != nullptr) {
    world_->hold();
  }
  jobs_.push_back(job);
  if (idle_ >= jobs_.size()) {
    changed_.notify_one();
  } else if (threads_.size() < threads_max_) {
    try {
      threads_.emplace_back([this] { serve(); });
      ++serving_;
    } catch (...) {
      // No more threads to be had. Those that are there will come to the job; if there are none, it is the only
      // one, and is taken back.
      if (threads_.empty()) {
        static_cast<void>(jobs_.pop_front());
        if (world_ != nullptr) {
          world_->let_go();
        }
        job.drop_reference();
        throw;
      }
    }
  }
}

void blocking_pool::serve() {
  // Signals are for the threads that ask for them.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  std::unique_lock guard(lock_);
  while (true) {
    work* const next = jobs_.pop_front();
    if (next != nullptr) {
      guard.unlock();
      static_cast<blocking_job*>(next)->run_in_thread();
      guard.lock();
    } else if (closed_ || refuses_) {
      --serving_;
      tell_end(guard);
      return;
    } else {
      ++idle_;
      changed_.wait(guard);
      --idle_;
    }
  }
}

bool blocking_pool::refuse() noexcept {
  const std::lock_guard guard(lock_);
  refuses_ = true;
  changed_.notify_all();
  return !threads_.empty();
}

void blocking_pool::shut_down(std::function<void()> ended) {
  std::unique_lock guard(lock_);
  refuses_ = true;
  on_end_.push_back(std::move(ended));
  if (world_ != nullptr) {
    world_->hold();  // Until the end has been told.
  }
  changed_.notify_all();
  tell_end(guard);
}

// The last to leave tells; the lock is not held meanwhile.
void blocking_pool::tell_end(std::unique_lock<std::mutex>& held) {
  if (!all_is_done()) {
    return;
  }
  const auto told = std::exchange(on_end_, {});
  virtual_world* const world = world_;
  held.unlock();
  for (const std::function<void()>& ended : told) {
    ended();
    if (world != nullptr) {
      world->let_go();
    }
  }
  held.lock();
}

void blocking_pool::finish() noexcept {
  static_cast<void>(refuse());
  join_threads();
  close();
}

void blocking_pool::join_threads() noexcept {
  std::vector<std::thread> ending;
  {
    const std::lock_guard guard(lock_);
    ending.swap(threads_);
  }
  for (std::thread& thread : ending) {
    thread.join();
  }
}

void blocking_pool::close() noexcept {
  work_list dropped;
  {
    const std::lock_guard guard(lock_);
    closed_ = true;
    dropped.append(jobs_);
  }
  changed_.notify_all();
  while (work* const job = dropped.pop_front()) {
    auto& unstarted = static_cast<blocking_job&>(*job);
    if (unstarted.held_ != nullptr) {
      unstarted.held_->let_go();
    }
    unstarted.drop_reference();
  }
  join_threads();
}

unsigned blocking_pool::threads() const {
  const std::lock_guard guard(lock_);
  return static_cast<unsigned>(threads_.size());
}

}  // namespace jackdaw
