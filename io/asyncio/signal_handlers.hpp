// add_signal_handler(): callbacks that the loop runs when the process gets a signal.
#pragma once

#include <jackdaw/io/asyncio/descriptor_callbacks.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>

namespace jackdaw::io::asyncio {

/// Calls `callback` on the loop after each arrival of signal `number`, in the turn after the one that
/// noticed it; arrivals that nobody noticed yet count as one. Replaces the loop's handler of that signal.
///
/// Threads       The loop's; also before it runs. Unlike asyncio's it need not be the main thread's.
/// Lifetime      Until it is removed, or the loop is closed: then the signal does what it did before.
/// Errors        std::runtime_error for a signal that cannot be caught; io::error with EBUSY if another
///               loop or an io::signal_set has the signal.
/// Source        loop.add_signal_handler, loop.remove_signal_handler.
void add_signal_handler(jackdaw::asyncio::event_loop& loop, int number,
                        descriptor_callback callback);
/// False if there was none. What has been noticed already is still called, as by asyncio.
bool remove_signal_handler(jackdaw::asyncio::event_loop& loop, int number);

}  // namespace jackdaw::io::asyncio
