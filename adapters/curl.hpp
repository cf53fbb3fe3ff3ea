// Transfers by libcurl, awaited: its multi interface over jackdaw's I/O (CURLMOPT_SOCKETFUNCTION and TIMERFUNCTION).
//
// What a transfer is stays libcurl's business: make an easy handle, set its options, and await perform().
#pragma once

#include <jackdaw/adapters/foreign_loop.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace jackdaw::adapters {

/// A transfer that failed.
class curl_error : public std::runtime_error {
 public:
  curl_error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  /// A CURLcode; for what concerns no transfer 0.
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

/// A multi handle: transfers that share connections and a cache of names.
///
/// Threads       perform() from any number of tasks on any worker. libcurl runs under a lock.
/// Lifetime      Outlives its transfers.
/// Source        libcurl-multi(3), curl_multi_socket_action(3).
class curl_client final : private foreign_loop {
 public:
  /// Throws curl_error, or io::error if there are no descriptors left.
  curl_client();
  ~curl_client() override;

  /// Performs the transfer of an easy handle (a CURL*), which is the client's until this returns.
  ///
  /// Suspends      Until the transfer has ended.
  /// Threads       The handle's own callbacks run in the task of any transfer of this client, one at a time;
  ///               none after this has returned. They must not block, throw, or call the client.
  /// Errors        curl_error. That a server answers with an HTTP error is none, unless CURLOPT_FAILONERROR.
  /// Cancellation  Ends the transfer at once; what it has written so far stays written. The handle can be used
  ///               again.
  /// Cost          An epoll_ctl() per change of interest, a wait per turn for all transfers together.
  task<void> perform(void* easy);

 private:
  class transfer;

  static int socket_changed(void* easy, int socket, int what, void* self, void* socket_note);
  static int timer_changed(void* multi, long timeout_ms, void* self);
  void on_ready(int descriptor, std::uint32_t events) override;
  void on_timer() override;
  void act(int socket, int events);

  void* multi_;
};

}  // namespace jackdaw::adapters
