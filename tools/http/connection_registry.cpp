// A list under a lock: it is touched twice in a connection's life, never per request.

#include <jackdaw/tools/http/connection_registry.hpp>

#include <sys/socket.h>

namespace jackdaw::http {

void connection_registry::add(open_connection& connection) {
  const std::scoped_lock guard(lock_);
  connections_.push_back(connection);
  size_.fetch_add(1, std::memory_order_relaxed);  // A count, read for statistics and the cap.
}

bool connection_registry::remove(open_connection& connection) {
  const std::scoped_lock guard(lock_);
  connections_.remove(connection);
  return size_.fetch_sub(1, std::memory_order_relaxed) == 1;  // As above.
}

void connection_registry::end_idle_ones() {
  const std::scoped_lock guard(lock_);
  for (open_connection* each = connections_.front(); each != nullptr;
       each = connections_.next_of(*each)) {
    if (each->idle.load(std::memory_order_seq_cst)) {  // D2
      static_cast<void>(shutdown(each->descriptor, SHUT_RD));
    }
  }
}

}  // namespace jackdaw::http
