// The thread-local behind current_context().
#include <jackdaw/runtime/current.hpp>

#include <stdexcept>

// Named in assembly. `used`: link-time optimisation does not see that.
extern "C" {
[[gnu::used]] constinit thread_local jackdaw::execution_context jackdaw_execution_context{};
}

namespace jackdaw {

[[gnu::noinline]] execution_context& call_for_current_context() noexcept {
  // Without it clang-19 deduces that the call has no effect, and keeps its result across a suspension
  // where it sees this body (link-time optimisation, one big translation unit): docs/compilers.md.
  asm volatile("");
  return jackdaw_execution_context;
}

scheduler& current_scheduler() {
  if (scheduler* const found = current_context().scheduler) {
    return *found;
  }
  throw std::logic_error(
      "no running event loop or pool on this thread; call this from a task inside run()");
}

}  // namespace jackdaw
