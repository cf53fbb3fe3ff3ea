// Starting, ending and cancelling operations.
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/lazy_driver.hpp>
#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io {
namespace {

const char operation_family = 0;

// The kernel's own "restart the call", which leaks to us when io-wq is interrupted.
constexpr int restart_system_call = -512;

std::string other_end(const request& wanted) {
  switch (wanted.code) {
    case opcode::receive:
    case opcode::receive_lent:
    case opcode::receive_message:
      return from_peer(wanted.descriptor);
    case opcode::send:
      return to_peer(wanted.descriptor);
    case opcode::send_message: {
      const auto& header = *static_cast<const msghdr*>(wanted.memory);
      if (header.msg_name == nullptr) {
        return to_peer(wanted.descriptor);
      }
      return "to " + name_of(static_cast<const sockaddr*>(header.msg_name), header.msg_namelen);
    }
    case opcode::accept:
    case opcode::connect:
    case opcode::read:
    case opcode::write:
    case opcode::poll:
      break;
  }
  return {};
}

}  // namespace

operation::operation(operation&& other) noexcept : operation(other.request_) {
  JACKDAW_ASSERT(other.state_.load(std::memory_order_relaxed) == state::idle);  // O1
}

operation::~operation() {
  const state last = state_.load(std::memory_order_acquire);  // O2: pairs with settle().
  JACKDAW_ASSERT(last == state::idle || last == state::done);
  if (request_.code == opcode::accept && unfetched()) {
    const file_descriptor closed_now(result_);
  }
}

bool operation::await_suspend(std::coroutine_handle<> awaiting) {
  io_driver& driver = io_driver::current();
  task_record& task = current_task();
  driver_ = &driver;
  task_ = &task;
  suspended_ = true;
  task.suspend_at(awaiting);
  if (task.take_cancellation()) {
    // A cancellation that is due is delivered, and the operation not begun: otherwise one that succeeds
    // at once, again and again, would put it off for ever.
    cancel_requested_.store(true, std::memory_order_relaxed);  // O1
    result_ = -ECANCELED;
    task.schedule();
    return true;
  }
  if (request_.owner != nullptr) {
    request_.owner->operation_began();
  }
  state_.store(state::submitted, std::memory_order_relaxed);  // O1: armed, so published, below.
  if (is_direct(request_.descriptor) && direct_owner(request_.descriptor) != &driver) [[unlikely]] {
    return hand_to_owner(task);
  }
  int result = 0;
  try {
    result = driver.start(*this);
  } catch (...) {
    suspended_ = false;
    settle(-ECANCELED);
    throw;
  }
  if (result != io_driver::pending) {
    settle(result);
    if (!driver.must_give_way(task)) {
      return false;
    }
    // Behind what is runnable, like yield(); it may go on elsewhere before this returns.
    task.home().schedule_last(task);
    return true;
  }
  // The driver reports on this thread, later: until then nobody but a canceller can interfere.
  static_cast<void>(task.arm(this));
  return true;
}

bool operation::hand_to_owner(task_record& task) {
  io_driver* const owner = direct_owner(request_.descriptor);
  if (owner == nullptr) {
    settle(-EBADF);  // Of a runtime that ended.
    return false;
  }
  driver_ = owner;
  // Armed first: from the post on the owner may end it, and this frame be gone. Before, nobody can: what a
  // canceller posts meanwhile is looked at after the start (drain_inbox).
  static_cast<void>(task.arm(this));
  owner->post_start(*this);
  return true;
}

void operation::settle(int result) noexcept {
  result_ = result;
  if (request_.owner != nullptr) {
    request_.owner->operation_ended();
  }
  state_.store(state::done, std::memory_order_release);  // O2
}

bool operation::reap(int result) noexcept {
  state seen = state_.load(std::memory_order_acquire);  // O3: all changes are acquire-release.
  while (seen == state::posted) {
    result_ = result;
    if (state_.compare_exchange_weak(seen, state::reaped, std::memory_order_acq_rel)) {  // O3
      return false;
    }
  }
  if (seen == state::submitted) {
    // A canceller may be about to post: it wins or we do.
    if (!state_.compare_exchange_strong(seen, state::done, std::memory_order_acq_rel)) {  // O3
      return reap(result);
    }
  }
  settle(result);
  return task_->wake();
}

bool operation::collect_posted(bool& cancel_now) noexcept {
  state seen = state::posted;
  cancel_now =
      state_.compare_exchange_strong(seen, state::cancelling, std::memory_order_acq_rel);  // O3
  if (cancel_now) {
    return false;
  }
  JACKDAW_ASSERT(seen == state::reaped);
  settle(result_);
  return task_->wake();
}

bool operation::ask_kernel_to_stop(cancel_hook& self, std::string_view /*message*/) noexcept {
  auto& own = static_cast<operation&>(self);
  const bool own_thread = current_context().driver == own.driver_;
  state seen = state::submitted;
  own.cancel_requested_.store(true,
                              std::memory_order_relaxed);  // O1: published by the exchange below.
  if (!own.state_.compare_exchange_strong(seen, own_thread ? state::cancelling : state::posted,
                                          std::memory_order_acq_rel)) {  // O3
    return false;
  }
  if (own_thread) {
    own.driver_->cancel(own);
  } else {
    own.driver_->post_cancel(own);
  }
  return true;
}

int operation::finish() {
  suspended_ = false;
  if (task_ == nullptr) {
    return result_;
  }
  const bool was_requested = cancel_requested();
  static_cast<void>(task_->end_wait_keeping_result());
  const bool ended_by_cancel =
      result_ == -ECANCELED || result_ == -EINTR || result_ == restart_system_call;
  if (was_requested && ended_by_cancel) {
    static_cast<void>(task_->take_cancellation());
    task_->throw_cancelled();
  }
  if (was_requested) {
    task_->owe_cancellation();
  }
  return result_;
}

void operation::throw_failure(failure_cause cause) const {
  throw error(cause.number, cause.call, other_end(request_));
}

result<std::size_t> transfer_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, call_};
  }
  return static_cast<std::size_t>(count);
}

io_driver::io_driver() noexcept : driver(&operation_family) {}

bool io_driver::must_give_way(const task_record& task) noexcept {
  if (runner_ != &task) {
    runner_ = &task;
    on_the_spot_ = 0;
  }
  if (++on_the_spot_ < on_the_spot_max) {
    return false;
  }
  runner_ = nullptr;
  return true;
}

io_driver& io_driver::current() {
  driver* const found = current_context().driver;
  if (found != nullptr && found->family() == &operation_family) [[likely]] {
    return static_cast<io_driver&>(*found);
  }
  if (lazy_driver* const lazy = lazy_driver::from(found)) {
    return lazy->real();
  }
  throw std::logic_error("this runtime has no I/O: start it with jackdaw::io::run()");
}

void io_driver::prepare() {
  if (lazy_driver* const lazy = lazy_driver::from(current_context().driver)) {
    static_cast<void>(lazy->real());
  }
}

void io_driver::post_cancel(operation& pending_one) noexcept {
  {
    const std::lock_guard guard(inbox_lock_);
    pending_one.next_posted = inbox_;
    inbox_ = &pending_one;
    inbox_filled_.store(true, std::memory_order_relaxed);  // M1
  }
  wake();
}

void io_driver::post_start(operation& begun) noexcept {
  {
    const std::lock_guard guard(inbox_lock_);
    begun.next = starts_;
    starts_ = &begun;
    inbox_filled_.store(true, std::memory_order_relaxed);  // M1
  }
  wake();
}

void io_driver::start_posted(operation* first, work_list& ready) noexcept {
  while (first != nullptr) {
    operation& current = *first;
    first = std::exchange(current.next, nullptr);
    const int result = start(current);
    if (result != pending) {
      complete(current, result, ready);
    } else if (current.cancel_requested()) {
      cancel(current);  // Asked for before there was anything to cancel.
    }
  }
}

void io_driver::drain_inbox(work_list& ready) noexcept {
  if (!inbox_filled_.load(std::memory_order_relaxed)) {  // M1
    return;
  }
  operation* posted = nullptr;
  operation* starts = nullptr;
  {
    const std::lock_guard guard(inbox_lock_);
    posted = std::exchange(inbox_, nullptr);
    starts = std::exchange(starts_, nullptr);
    inbox_filled_.store(false, std::memory_order_relaxed);  // M1
  }
  start_posted(starts, ready);
  while (posted != nullptr) {
    operation& current = *posted;
    posted = std::exchange(current.next_posted, nullptr);
    bool cancel_now = false;
    if (current.collect_posted(cancel_now)) {
      ready.push_back(current.task());
    } else if (cancel_now) {
      cancel(current);
    }
  }
}

void io_driver::complete(operation& ended, int result, work_list& ready) noexcept {
  task_record& task = ended.task();
  if (ended.reap(result)) {
    ready.push_back(task);
  }
}

}  // namespace jackdaw::io
