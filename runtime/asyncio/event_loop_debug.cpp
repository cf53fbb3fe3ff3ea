// What a loop says about failures, and what it looks at in debug mode.
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/exceptions.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::asyncio {
namespace {

// As asyncio prints its own: "Executing <Task 'Task-1' coro=<fetch()> ...> took 0.250 seconds".
std::string described(const std::string& task_name, const std::source_location& where) {
  if (task_name.empty()) {
    return "<Handle>";
  }
  return "<Task '" + task_name + "' coro=<" + function_name(where) + "()>>";
}

std::string in_seconds(duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double>(time).count());
  return text;
}

}  // namespace

bool event_loop::debug_wanted_by_environment() noexcept {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): reads only, and nothing of ours changes the environment.
  const char* const value = std::getenv("JACKDAW_ASYNCIO_DEBUG");
  return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

// In a run only, as with CPython: before it a loop may be prepared on one thread and run on another.
void event_loop::require_own_thread() const {
  if (is_running() && !is_this_thread()) {
    throw std::runtime_error(
        "Non-thread-safe operation invoked on an event loop other than the current one");
  }
}

// The step may end the task, so what is to be said about it is asked for before.
void event_loop::run_timed(work& item) {
  std::string task_name;
  std::source_location where;
  if (task_record::is_step(item)) {
    const auto& task = static_cast<const task_record&>(item);
    task_name = task.name();
    where = task.origin();
  }
  const time_point start = time();
  item.run(item);
  const duration took = time() - start;
  if (took >= slow_callback_duration_) {
    failure slow{
        "Executing " + described(task_name, where) + " took " + in_seconds(took) + " seconds",
        task_name, nullptr};
    slow.source = task_name.empty() ? failure_source::handle : failure_source::task;
    slow.level = failure_level::warning;
    slow.where = where;
    report(slow);
  }
}

void event_loop::set_exception_handler(exception_handler handler) {
  failures_->set_handler(*this, std::move(handler));
}

exception_handler event_loop::get_exception_handler() const { return failures_->handler(); }

void event_loop::call_exception_handler(const failure& failure) { failures_->tell(failure); }

void event_loop::default_exception_handler(const failure& failure) { failures_->tell_log(failure); }

// S170: what a handler may throw leaves the loop. Without a run there is nobody to leave it to.
void event_loop::report(const failure& failure) noexcept {
  try {
    failures_->tell(failure);
  } catch (...) {
    if (is_this_thread() && is_running()) {
      tear_out(std::current_exception());
    } else {
      report_to_stderr(
          {"Exception ignored in exception handler", failure.task_name, std::current_exception()});
    }
  }
}

}  // namespace jackdaw::asyncio
