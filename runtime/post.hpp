// post(): a plain function that runs on a thread of a runtime, called for from anywhere.
//
// A callback and no task: it cannot wait, has no handle and no name, and is not counted. So a message from a foreign
// thread costs one block and one place in a queue; what has to wait begins with spawn_detached_on().
#pragma once

#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// A call of `F` without arguments.
template <class F>
class posted_call final : public outside_call {
 public:
  template <class Given>
  explicit posted_call(Given&& function) : function_(std::forward<Given>(function)) {}
  void make() override { function_(); }

 private:
  F function_;
};

/// Calls `function()` on a thread of `scheduler`, soon, and never inside of this call.
///
/// Suspends      No; nor may the function, which is called between tasks. It may spawn, set events, send.
/// Threads       Any. On one thread the calls are made in the order of their posts; in a pool that is not promised,
///               and two may be made at once. In asyncio mode it is call_soon_threadsafe().
/// Lifetime      `function` is copied or moved, and destroyed after its call. What a pool has accepted is called before
///               its run() returns; a loop that is closed destroys what it has not called (asyncio).
/// Errors        std::runtime_error if the scheduler has ended: nothing was accepted. What the function throws is
///               reported to the failure handler.
/// Cancellation  None.
/// Cost          One block from the thread's free list, and a short lock; wakes a worker only if one sleeps.
/// Source        boost::asio::post; loop.call_soon_threadsafe.
template <class F>
  requires(std::invocable<std::decay_t<F>&> &&
           !is_coroutine<std::invoke_result_t<std::decay_t<F>&>>)
void post(scheduler& scheduler, F&& function) {
  scheduler.post(std::make_unique<posted_call<std::decay_t<F>>>(std::forward<F>(function)));
}

}  // namespace jackdaw
