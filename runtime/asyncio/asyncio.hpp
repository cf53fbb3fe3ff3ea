// Every name of asyncio, as far as it exists in C++ without I/O: `namespace asyncio = jackdaw::asyncio;`.
//
// What these names mean, and what became of the others, is in docs/asyncio.md. All but the loop and its
// runners work over a pool as well.
#pragma once

#include <jackdaw/runtime/any_future.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/asyncio/handle.hpp>
#include <jackdaw/runtime/asyncio/runner.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/call_graph.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/exception_group.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/executor.hpp>
#include <jackdaw/runtime/finally.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/shield.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/barrier.hpp>
#include <jackdaw/runtime/sync/condition.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/sync/mutex.hpp>
#include <jackdaw/runtime/sync/queue.hpp>
#include <jackdaw/runtime/sync/semaphore.hpp>
#include <jackdaw/runtime/sync_future.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/task_group.hpp>
#include <jackdaw/runtime/task_handle.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/runtime/wait.hpp>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {

// --- Coroutines, tasks, futures -------------------------------------------------------------------

using jackdaw::any_future;
using jackdaw::call_graph;
using jackdaw::capture_call_graph;
using jackdaw::context;
using jackdaw::context_var;
using jackdaw::copy_context;
using jackdaw::done_callback_token;
using jackdaw::ensure_future;
using jackdaw::format_call_graph;
using jackdaw::future;
using jackdaw::join_handle;
using jackdaw::print_call_graph;
using jackdaw::sync_future;
using jackdaw::task;
using jackdaw::task_handle;

/// The loop or pool that runs on this thread. Throws std::runtime_error("no running event loop").
[[nodiscard]] scheduler& running_scheduler();

/// The task that runs now; an empty handle in a callback.
/// Errors        std::runtime_error if neither a loop nor a pool runs on this thread.
/// Source        asyncio.current_task.
[[nodiscard]] task_handle current_task();

/// All tasks that are not done, in the order of their creation (in a pool: by worker).
/// Errors        As current_task().
/// Source        asyncio.all_tasks, which gives a set.
[[nodiscard]] std::vector<task_handle> all_tasks();
[[nodiscard]] inline std::vector<task_handle> all_tasks(scheduler& loop) {
  return all_tasks_of(loop);
}

/// spawn() under asyncio's name: `create_task(fetch(), {.name = "fetch"})`.
/// Errors        std::runtime_error if neither a loop nor a pool runs on this thread, or the loop is closed.
/// Source        asyncio.create_task.
template <class T>
join_handle<T> create_task(task<T> body, const task_options& options = {},
                           context_slot in = context_slot::copy_of_current()) {
  return spawn_on(running_scheduler(), std::move(body), options, std::move(in));
}

// --- Waiting --------------------------------------------------------------------------------------

using jackdaw::as_completed;
using jackdaw::finally;
using jackdaw::gather;
using jackdaw::return_exceptions;
using jackdaw::return_when;
using jackdaw::shield;
using jackdaw::task_group;
using jackdaw::timeout;
using jackdaw::timeout_at;
using jackdaw::timeout_scope;
using jackdaw::wait;
using jackdaw::wait_for;
using jackdaw::wait_result;
using jackdaw::with_task_group;

/// asyncio.sleep. See jackdaw::sleep.
[[nodiscard]] inline jackdaw::sleep sleep(duration wait) { return jackdaw::sleep(wait); }
/// The same; `co_await` gives `result`.
template <class T>
task<T> sleep(duration wait, T result) {
  co_await jackdaw::sleep(wait);
  co_return result;
}

// --- Synchronisation ------------------------------------------------------------------------------

using jackdaw::barrier;
using jackdaw::bounded_semaphore;
using jackdaw::condition;
using jackdaw::event;
using lock = jackdaw::mutex;
using jackdaw::lifo_queue;
using jackdaw::priority_queue;
using jackdaw::queue;
using jackdaw::semaphore;

// --- Threads --------------------------------------------------------------------------------------

using jackdaw::run_coroutine_threadsafe;
using jackdaw::run_in_executor;
using jackdaw::to_thread;

// --- Exceptions -----------------------------------------------------------------------------------

using jackdaw::base_exception;
using jackdaw::base_exception_group;
using jackdaw::broken_barrier_error;
using jackdaw::cancelled_error;
using jackdaw::except_star;
using jackdaw::exception_group;
using jackdaw::invalid_state_error;
using jackdaw::keyboard_interrupt;
using jackdaw::queue_empty;
using jackdaw::queue_full;
using jackdaw::queue_shut_down;
using jackdaw::system_exit;
using jackdaw::timeout_error;

// --- Loops ----------------------------------------------------------------------------------------

/// A loop of its own, which the caller closes. Source: asyncio.new_event_loop.
[[nodiscard]] inline event_loop new_event_loop(const loop_options& options = {}) {
  return event_loop(options);
}

}  // namespace jackdaw::asyncio
