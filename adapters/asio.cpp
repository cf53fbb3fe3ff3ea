// The thread of the io_context, and what happens between it and a task.
#include <jackdaw/adapters/asio.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <csignal>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;

// The program's signals are for its own threads.
std::thread start_without_signals(boost::asio::io_context& context) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread started([&context] { context.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

class announcement final : public outside_call {
 public:
  explicit announcement(event& ended) noexcept : ended_(&ended) {}
  void make() override { ended_->set(); }

 private:
  event* ended_;
};

task<void> call(std::unique_ptr<unique_function> function) {
  (*function)();
  co_return;
}

class posted_call final : public outside_call {
 public:
  posted_call(scheduler& home, std::unique_ptr<unique_function> function) noexcept
      : home_(&home), function_(std::move(function)) {}
  void make() override { spawn_on(*home_, call(std::move(function_))); }

 private:
  scheduler* home_;
  std::unique_ptr<unique_function> function_;
};

bool is_aborted(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& failed) {
    return failed.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

task<void> wait_in_any_case(event& awaited) {
  while (!awaited.is_set()) {
    try {
      co_await awaited.wait();
    } catch (const cancelled_error&) {
    }
  }
}

}  // namespace

asio_thread::asio_thread()
    : work_(context_.get_executor()), thread_(start_without_signals(context_)) {}

asio_thread::~asio_thread() {
  context_.stop();
  thread_.join();
}

asio_scheduler::~asio_scheduler() {
  shutdown();
  destroy();
}

namespace asio_details {

void announce(scheduler& home, event& ended) {
  home.call_threadsafe(std::make_unique<announcement>(ended));
}

// A cancel() that runs between two steps of a composed operation finds nothing to cancel, so it is repeated;
// and each is waited for, or it could hit the next operation.
task<std::exception_ptr> wait_for_handler(event& ended, cancel_request cancel) {
  std::exception_ptr requested;
  try {
    co_await ended.wait();
  } catch (const cancelled_error&) {
    requested = std::current_exception();
  }
  if (requested != nullptr && cancel == nullptr) {
    co_await wait_in_any_case(ended);
  }
  while (!ended.is_set()) {
    event asked;
    cancel(current_scheduler(), asked);
    co_await wait_in_any_case(asked);
    try {
      co_await timeout(1ms, ended.wait());
    } catch (const timeout_error&) {
    } catch (const cancelled_error&) {  // It has been asked for.
    }
  }
  co_return requested;
}

void settle(const std::exception_ptr& requested, const std::exception_ptr& error) {
  if (error != nullptr && is_aborted(error)) {
    std::rethrow_exception(requested);
  }
  current_task().owe_cancellation();
}

}  // namespace asio_details
void asio_scheduler::executor_type::start(std::unique_ptr<unique_function> function) const {
  scheduler& home = *context_->scheduler_;
  home.call_threadsafe(std::make_unique<posted_call>(home, std::move(function)));
}

}  // namespace jackdaw::adapters
