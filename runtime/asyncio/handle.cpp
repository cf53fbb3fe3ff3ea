// Callbacks: cancelling them, and running them.
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/asyncio/handle.hpp>
#include <jackdaw/runtime/exceptions.hpp>

namespace jackdaw::asyncio {

void callback::cancel() noexcept {
  if (cancelled_) {
    return;
  }
  cancelled_ = true;
  if (scheduled_) {
    loop_->timer_cancelled();
  }
  if (!runs_) {
    function_.reset();
  }
}

void callback::run_work(work& self) {
  auto& item = static_cast<callback&>(self);
  const handle keep(item);
  item.drop_reference();  // The queue's.
  if (item.cancelled_) {
    return;
  }
  item.runs_ = true;  // It may cancel its own handle, and goes on then.
  try {
    item.function_();
  } catch (const keyboard_interrupt&) {
    throw;
  } catch (const system_exit&) {
    throw;
  } catch (...) {
    item.loop_->report({"Exception in callback", {}, std::current_exception()});
  }
}

}  // namespace jackdaw::asyncio
