// Tasks that nothing can wake any more.
//
// asyncio holds tasks weakly (S55): one that waits for a future which only it refers to is garbage, and its
// destruction is reported, whenever the collector comes by. Here the same is found at a definite time.
//
//     handle ─────► task A ──awaits──► task B ──awaits──► future
//
// A future that is set through its handles alone cannot end when all references to it are those of awaits; the
// tasks that await it, and those that await these, can only be cancelled, through a handle of theirs. So
// if every reference to each of them is that of an await, or that of a task which is itself waiting in
// this way, nothing can wake them: they are lost, all together. Each future and task counts the references of
// this kind (future_base::references_of_waits_); the loop is told when they are all that is left, and
// looks in its next turn.
//
// What is not found, and so waits for the loop's end, which reports it too: a task that holds a handle of what
// it awaits in a variable (in C++ anybody may have the address of that), and one that awaits an event or
// a lock of its own (as before), a gather() or a shield().
#pragma once

namespace jackdaw {
class future_base;
class task_record;
}  // namespace jackdaw

namespace jackdaw::asyncio {

class event_loop;

/// Looks, in the loop's next turn, whether tasks that wait for `suspect` are lost, or `suspect` itself: such
/// ones are destroyed, outermost first, and reported. Threads: the loop's own.
void look_for_lost_tasks(event_loop& loop, future_base& suspect);

/// Ends a task that is pending, frames and all, and reports that. Threads: the loop's own.
void destroy_lost_task(event_loop& loop, task_record& task);

}  // namespace jackdaw::asyncio
