// A list under a lock: it is touched twice in a connection's life, never per request.
// N1: the count of open connections, seq_cst: the last one to go must see that the server drains, or the
// drain must see that nobody is left.

#include <jackdaw/tools/http/connection_registry.hpp>

#include <sys/socket.h>

namespace jackdaw::http {

bool connection_registry::reserve(std::size_t size_max) noexcept {
  if (size_.fetch_add(1, std::memory_order_seq_cst) < size_max) {  // N1
    return true;
  }
  size_.fetch_sub(1, std::memory_order_seq_cst);  // N1
  return false;
}

void connection_registry::cancel() noexcept {
  size_.fetch_sub(1, std::memory_order_seq_cst);  // N1
}

void connection_registry::add(open_connection& connection) {
  const std::scoped_lock guard(lock_);
  connections_.push_back(connection);
}

bool connection_registry::remove(open_connection& connection) {
  {
    const std::scoped_lock guard(lock_);
    connections_.remove(connection);
  }
  return size_.fetch_sub(1, std::memory_order_seq_cst) == 1;  // N1
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
