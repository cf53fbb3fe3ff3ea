// S19, S164: close() drops what is queued without running it.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

auto never(std::string_view name) {
  return [held = logs_its_end(name)] { log("NEVER", held.name()); };
}

}  // namespace

CONFORMANCE_CASE(close_drops_callbacks) {
  {
    virtual_loop loop;
    loop->call_soon(never("soon"));
    loop->close();
    log("closed", loop->is_closed());
  }
  virtual_loop loop;
  loop->call_later(1s, never("timer"));
  loop->close();
  log("closed", loop->is_closed());
}

}  // namespace jackdaw::conformance
