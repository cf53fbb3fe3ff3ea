// The runtime's umbrella: tasks, cancellation, time, primitives. No scheduler and no I/O; see io/run.hpp.
#pragma once

#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/finally.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/shield.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/barrier.hpp>
#include <jackdaw/runtime/sync/condition.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/sync/latch.hpp>
#include <jackdaw/runtime/sync/mutex.hpp>
#include <jackdaw/runtime/sync/queue.hpp>
#include <jackdaw/runtime/sync/semaphore.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/this_task.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/runtime/wait.hpp>
