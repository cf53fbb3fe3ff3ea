// A TCP connection.
#pragma once

#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <utility>

namespace jackdaw::io {

/// Reading, writing and ending: see stream_socket.
class tcp_stream : public stream_socket {
 public:
  tcp_stream() noexcept = default;
  explicit tcp_stream(socket connected) noexcept : stream_socket(std::move(connected)) {}

  /// Connects to `peer`. Suspends; throws io::error. A cancelled attempt leaves no socket behind.
  static task<tcp_stream> connect(address peer);
  static task<result<tcp_stream>> try_connect(address peer);

  /// Without it small writes wait for the peer's acknowledgement (Nagle). On by default.
  void set_no_delay(bool on);

  [[nodiscard]] address peer_address() const { return socket_.peer_address(); }
  [[nodiscard]] address local_address() const { return socket_.local_address(); }
};

}  // namespace jackdaw::io
