// A connection between processes of one machine, which carries descriptors beside bytes.
//
// Descriptors in flight
// ---------------------
// Descriptors that arrive are open from the instant in which the kernel completes the operation. From then
// until the await returns the operation owns them: if the frame dies in between, it closes them. Memory for
// all that may come is set aside before the kernel is asked, so nothing can fail once they are there.
#pragma once

#include <jackdaw/io/message_operation.hpp>
#include <jackdaw/io/passed_descriptors.hpp>
#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/io/unix_address.hpp>

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace jackdaw::io {

/// Who is at the other end, as the kernel saw it when the connection was made.
struct peer_credentials {
  pid_t process = 0;
  uid_t user = 0;
  gid_t group = 0;
};

/// What receive_descriptors() got.
struct received_descriptors {
  std::size_t size = 0;  // Of the bytes; 0 is the end of the stream.
  std::vector<file_descriptor> descriptors;
  /// There were more than asked for, or than this process may open: those are closed.
  bool truncated = false;
};

/// The await of send_descriptors().
class [[nodiscard]] send_descriptors_operation : public message_operation {
 public:
  send_descriptors_operation(file_descriptor& through, std::span<const std::byte> bytes,
                             std::span<const int> descriptors);
  result<std::size_t> await_resume();

 private:
  control_memory control_;
};

/// The await of receive_descriptors().
class [[nodiscard]] receive_descriptors_operation : public message_operation {
 public:
  receive_descriptors_operation(file_descriptor& from, std::span<std::byte> into,
                                std::size_t count_max);
  receive_descriptors_operation(receive_descriptors_operation&& other) noexcept = default;
  receive_descriptors_operation& operator=(receive_descriptors_operation&&) = delete;
  ~receive_descriptors_operation();
  result<received_descriptors> await_resume();

 private:
  control_memory control_;
  std::vector<file_descriptor> taken_;
};

/// Reading and writing: see stream_socket. A buffered_reader reads it too, but drops descriptors.
class unix_stream : public stream_socket {
 public:
  unix_stream() noexcept = default;
  explicit unix_stream(socket connected) noexcept : stream_socket(std::move(connected)) {}

  /// Connects to `peer`. Throws io::error that names it; a cancelled attempt leaves no socket behind.
  ///
  /// Suspends      Only while the listener's queue is full: the kernel has nothing to wait for then, so it
  ///               is tried again 1 to 50 ms later.
  /// Source        connect(2). asyncio: create_unix_connection.
  static task<unix_stream> connect(unix_address peer);
  static task<result<unix_stream>> try_connect(unix_address peer);
  /// Two ends of one connection. Throws io::error. Source: socketpair(2).
  static std::pair<unix_stream, unix_stream> make_pair();
  static result<std::pair<unix_stream, unix_stream>> try_make_pair();

  static constexpr std::size_t descriptors_max = passed_descriptors_max;  // Per message.

  /// Sends at least one of `bytes`, and with it `descriptors`, of which the peer gets duplicates; gives the
  /// number of bytes. Send the rest, if any, by write_all().
  ///
  /// Lifetime      `descriptors` stay yours, and open until the await returns.
  /// Errors        EINVAL: `bytes` is empty, or there are more than descriptors_max.
  /// Cancellation  Either all of `descriptors` were sent, or none and no byte.
  /// Cost          An allocation, if there are descriptors.
  /// Source        sendmsg(2) with SCM_RIGHTS. asyncio has none: socket.send_fds.
  throwing<send_descriptors_operation> send_descriptors(std::span<const std::byte> bytes,
                                                        std::span<const int> descriptors);
  send_descriptors_operation try_send_descriptors(std::span<const std::byte> bytes,
                                                  std::span<const int> descriptors);

  /// Reads as read_some() does, and the descriptors sent with these bytes, at most `count_max`. They are
  /// close-on-exec.
  ///
  /// Cancellation  Loses nothing: see stream_socket. A frame that is destroyed closes what came.
  /// Cost          Two allocations.
  /// Source        recvmsg(2) with SCM_RIGHTS. asyncio has none: socket.recv_fds.
  throwing<receive_descriptors_operation> receive_descriptors(
      std::span<std::byte> into, std::size_t count_max = descriptors_max);
  receive_descriptors_operation try_receive_descriptors(std::span<std::byte> into,
                                                        std::size_t count_max = descriptors_max);

  /// Throws io::error. Source: SO_PEERCRED.
  [[nodiscard]] io::peer_credentials peer_credentials() const;
  [[nodiscard]] unix_address local_address() const;
  [[nodiscard]] unix_address peer_address() const;
};

}  // namespace jackdaw::io
