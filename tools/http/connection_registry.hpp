// The connections that are open: how many there are, and which of them wait for nothing in particular.
//
// Waking an idle connection
// -------------------------
// When the server drains, connections that wait for a next request must go. They are not cancelled:
// a cancelled read may lose the bytes of a request that arrives in the same moment. shutdown(SHUT_RD)
// loses nothing: Linux delivers what has been received and only then reports the end of the stream,
// which the connection handles anyway.
//
//   drain                                        connection
//   D1  ends_idle = true         (seq_cst)       C1  idle = true              (seq_cst)
//   D2  for each: idle? -> SHUT_RD               C2  ends_idle? -> SHUT_RD    (seq_cst)
//                                                C3  read; on bytes: idle = false
//
// Of D2 and C2 at least one sees the other's write, so no connection stays idle; and a request that
// has arrived is read at C3, also by a connection that was accepted only now. A connection that
// leaves C3 while D2 looks at it may lose the rest of a request that has only begun to arrive: the
// client has not been promised anything yet, and sees the end of the connection as it would have a
// microsecond later.
#pragma once

#include <jackdaw/runtime/base/intrusive_list.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>

namespace jackdaw::http {

/// A connection's entry. Lives in the connection's coroutine; its descriptor stays open as long.
struct open_connection : list_links {
  explicit open_connection(int fd) noexcept : descriptor(fd) {}
  const int descriptor;
  std::atomic<bool> idle{false};
};

/// Threads: all members from any thread; nothing suspends under the lock.
class connection_registry {
 public:
  /// Counts a connection that is about to be served, unless there are `size_max` of them.
  [[nodiscard]] bool reserve(std::size_t size_max) noexcept;

  /// Takes back a reserve(): the connection will not be served. Not while somebody waits for the last one.
  void cancel() noexcept;

  /// Enters a connection that was counted.
  void add(open_connection& connection);

  /// Forgets it. Returns true if it was the last one.
  [[nodiscard]] bool remove(open_connection& connection);

  /// How many are counted. seq_cst, so that a drain that sees "none" after D1 misses nobody, and the
  /// last one to leave sees D1.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_seq_cst); }

  /// D2 of "Waking an idle connection".
  void end_idle_ones();

 private:
  std::mutex lock_;
  intrusive_list<open_connection> connections_;  // Under the lock.
  std::atomic<std::size_t> size_{0};
};

}  // namespace jackdaw::http
