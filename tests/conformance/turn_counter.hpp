// Counts the turns of the running loop, with a callback that calls itself again.
#pragma once

#include <jackdaw/runtime/asyncio/event_loop.hpp>

namespace jackdaw::conformance {

struct turn_counter {
  asyncio::event_loop& loop = asyncio::get_running_loop();
  int turns = 0;
  bool stop = false;

  void tick() {
    ++turns;
    if (!stop) {
      loop.call_soon([this] { tick(); });
    }
  }
};

}  // namespace jackdaw::conformance
