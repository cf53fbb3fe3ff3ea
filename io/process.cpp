// Waiting, signals and pipes of a child: one object over child_process.
#include <jackdaw/io/child_process.hpp>
#include <jackdaw/io/process.hpp>
#include <jackdaw/io/process_launch.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/task_group.hpp>

#include <signal.h>

#include <array>
#include <cerrno>
#include <span>
#include <stdexcept>

namespace jackdaw::io {

// -- Starting -------------------------------------------------------------------------------------

process process::start(const process_options& options) { return process(launch_process(options)); }

result<process> process::try_start(const process_options& options) {
  try {
    return start(options);
  } catch (const error& refused) {
    return failure_cause{refused.number(), "spawn"};
  }
}

task<process> process::spawn(process_options options) {
  co_return co_await to_thread(&process::start, std::move(options));
}

task<result<process>> process::try_spawn(process_options options) {
  co_return co_await to_thread(&process::try_start, std::move(options));
}

// -- The object -----------------------------------------------------------------------------------

process::process() noexcept = default;
process::process(process&& other) noexcept = default;
process::process(std::unique_ptr<child_process> started) noexcept : child_(std::move(started)) {}
process::~process() { abandon(); }

process& process::operator=(process&& other) noexcept {
  if (this != &other) {
    abandon();
    child_ = std::move(other.child_);
  }
  return *this;
}

void process::abandon() noexcept {
  if (child_ != nullptr && !child_->ended.has_value()) {
    static_cast<void>(try_send_signal(SIGKILL));
    reap_in_background(child_->pid);
  }
  child_ = nullptr;
}

pid_t process::release() noexcept {
  const pid_t number = child_->pid;
  child_ = nullptr;
  return number;
}

pid_t process::pid() const noexcept {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->pid;
}

int process::native_handle() const noexcept {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->pidfd.get();
}

child_input& process::standard_input() {
  JACKDAW_ASSERT(child_ != nullptr);
  JACKDAW_ASSERT(child_->input);
  return child_->input;
}

child_output& process::standard_output() {
  JACKDAW_ASSERT(child_ != nullptr);
  JACKDAW_ASSERT(child_->output);
  return child_->output;
}

child_output& process::standard_error() {
  JACKDAW_ASSERT(child_ != nullptr);
  JACKDAW_ASSERT(child_->errors);
  return child_->errors;
}

// -- Waiting and signals --------------------------------------------------------------------------

task<result<exit_status>> process::try_wait() {
  JACKDAW_ASSERT(child_ != nullptr);
  child_process& waited = *child_;
  while (true) {
    const result<std::optional<exit_status>> status = waited.look();
    if (!status.ok()) {
      co_return status.cause();
    }
    if ((*status).has_value()) {
      co_return **status;
    }
    const result<std::size_t> ready = co_await transfer_operation(waited.ending(), "poll");
    if (!ready.ok()) {
      co_return ready.cause();
    }
  }
}

task<exit_status> process::wait() {
  const result<exit_status> status = co_await try_wait();
  if (!status.ok()) {
    throw error(status.error_number(), "wait for", child_->program);
  }
  co_return *status;
}

result<std::optional<exit_status>> process::try_poll() {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->look();
}

std::optional<exit_status> process::poll() {
  const result<std::optional<exit_status>> status = try_poll();
  if (!status.ok()) {
    throw error(status.error_number(), "wait for", child_->program);
  }
  return *status;
}

result<void> process::try_send_signal(int number) {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->try_signal(number);
}

void process::send_signal(int number) {
  if (const result<void> sent = try_send_signal(number); !sent.ok()) {
    throw error(sent.error_number(), "signal " + std::to_string(number) + " to", child_->program);
  }
}

void process::terminate() { send_signal(SIGTERM); }
void process::kill() { send_signal(SIGKILL); }
result<void> process::try_terminate() { return try_send_signal(SIGTERM); }
result<void> process::try_kill() { return try_send_signal(SIGKILL); }

result<void> process::try_signal_group(int number) {
  JACKDAW_ASSERT(child_ != nullptr);
  return child_->try_signal_group(number);
}

void process::signal_group(int number) {
  if (const result<void> sent = try_signal_group(number); !sent.ok()) {
    throw error(sent.error_number(), "signal " + std::to_string(number) + " to the group of",
                child_->program);
  }
}

// -- Both directions at once ----------------------------------------------------------------------

task<void> process::feed(child_input& to, std::string_view input, int& failure) {
  const result<std::size_t> written = co_await to.try_write_all(std::as_bytes(std::span(input)));
  to.close();
  failure = written.error_number() == EPIPE ? 0 : written.error_number();
}

task<void> process::drain(child_output& from, std::string& into, int& failure) {
  const result<std::size_t> count = co_await from.try_read_to_end(into);
  from.close();
  failure = count.error_number();
}

task<result<communicated>> process::try_communicate(std::string input) {
  JACKDAW_ASSERT(child_ != nullptr);
  child_process& peer = *child_;
  if (!input.empty() && !peer.input) {
    co_return failure_cause{EINVAL, "communicate with"};
  }
  std::array<int, 3> failures{};
  std::string output;
  std::string errors;
  auto start_all = [&](task_group& group) -> task<void> {
    if (peer.input) {
      group.create_task(feed(peer.input, input, failures[0]));
    }
    if (peer.output) {
      group.create_task(drain(peer.output, output, failures[1]));
    }
    if (peer.errors) {
      group.create_task(drain(peer.errors, errors, failures[2]));
    }
    co_return;
  };
  co_await with_task_group(std::move(start_all));
  for (const int failure : failures) {
    if (failure != 0) {
      co_return failure_cause{failure, "communicate with"};
    }
  }
  const result<exit_status> status = co_await try_wait();
  if (!status.ok()) {
    co_return failure_cause{status.error_number(), "wait for"};
  }
  co_return communicated(std::move(output), std::move(errors), *status);
}

task<communicated> process::communicate(std::string input) {
  JACKDAW_ASSERT(child_ != nullptr);
  if (!input.empty() && !child_->input) {
    throw std::logic_error("communicate() with input for " + child_->program +
                           ", whose standard input is no pipe");
  }
  const child_process& peer = *child_;
  result<communicated> got = co_await try_communicate(std::move(input));
  co_return got.value_about(peer.program);
}

}  // namespace jackdaw::io
