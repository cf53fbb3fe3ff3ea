// add_reader() and add_writer(): callbacks that the loop runs while a descriptor is ready.
//
// A watch per descriptor
// ----------------------
// A watch is a coroutine that waits for the events of both callbacks and, in the turn in which they
// arrive, calls the reader and then the writer (S4): I/O comes after what was ready and before due timers
// (S3). It asks anew after each call, so a callback that leaves data unread is called again in the next
// turn: level-triggered (S23). Whether a callback is still wanted is looked up when it is called, not when
// the event was collected (S24). A change of the set of events restarts the wait.
#pragma once

#include <jackdaw/runtime/asyncio/event_loop.hpp>

#include <functional>

namespace jackdaw::io::asyncio {

using descriptor_callback = std::function<void()>;

/// Calls `callback` in each turn in which `descriptor` can be read (or has an error, or a hang-up).
/// Replaces a reader that is there. What it throws goes to the loop's failure handler.
///
/// Threads       The loop's; also before it runs.
/// Lifetime      Remove it before the descriptor is closed.
/// Source        loop.add_reader, loop.add_writer, loop.remove_reader, loop.remove_writer.
void add_reader(jackdaw::asyncio::event_loop& loop, int descriptor, descriptor_callback callback);
void add_writer(jackdaw::asyncio::event_loop& loop, int descriptor, descriptor_callback callback);
/// False if there was none.
bool remove_reader(jackdaw::asyncio::event_loop& loop, int descriptor);
bool remove_writer(jackdaw::asyncio::event_loop& loop, int descriptor);

}  // namespace jackdaw::io::asyncio
