// spawn_detached(): a task that nobody will ask for.
//
// It is what spawn() makes, less the handle. On workers it is also less of everything else until its turn comes: no
// record, but its frame in the queue, in which the room of the result that is not there yet serves as the queue's
// link (result_or_work of task.hpp). The record is made by the worker that runs the first step, from memory that the
// task before it has just left. So a million of them that wait for their turn take a million frames, and no more.
//
//     frame ──spawn_detached()──► work in a queue, counted ──its turn──► record, linked; a task like any other
//
// Before its turn such a task is counted (tasks_alive), and not listed: nobody has a handle by which to cancel it. A
// pool that closes runs what is queued, which is born cancelled then.
//
// On a loop, and where context variables are in use, it is spawn(): a loop lists its tasks in the order in which
// they were made.
#pragma once

#include <jackdaw/runtime/task.hpp>

namespace jackdaw {

class scheduler;

/// spawn(), for a task that is never awaited and never cancelled but by the end of the runtime.
///
/// Suspends      No. The task begins later, as with spawn().
/// Threads       That of a worker or a loop; spawn_detached_on(): any; in asyncio mode the loop's own.
/// Lifetime      The task lives until it is done. What it refers to has to live as long.
/// Errors        std::logic_error outside of a runtime; std::runtime_error if the scheduler has ended: `body` is
///               destroyed then. What the task throws is reported to the failure handler.
/// Cancellation  By the end of the runtime.
/// Cost          On workers no allocation before its turn; 80 bytes per waiting task where spawn() takes 210.
/// Source        tokio's and Go's habit of dropping the handle; std::execution's start_detached.
void spawn_detached(task<void> body);
void spawn_detached_on(scheduler& scheduler, task<void> body);

}  // namespace jackdaw
