// add_reader() and add_writer(): callbacks that the loop runs while a descriptor is ready.
//
// Functions for the selector (selector.hpp), which says when they are called. A callback may remove or
// replace itself while it runs: what it holds is destroyed when it has returned.
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
/// Errors        io::error: EBADF, or EPERM for a file or directory, which is always ready.
/// Source        loop.add_reader, loop.add_writer, loop.remove_reader, loop.remove_writer.
void add_reader(jackdaw::asyncio::event_loop& loop, int descriptor, descriptor_callback callback);
void add_writer(jackdaw::asyncio::event_loop& loop, int descriptor, descriptor_callback callback);
/// False if there was none.
bool remove_reader(jackdaw::asyncio::event_loop& loop, int descriptor);
bool remove_writer(jackdaw::asyncio::event_loop& loop, int descriptor);

}  // namespace jackdaw::io::asyncio
