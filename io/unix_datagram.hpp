// Datagrams between processes of one machine: whole, in order, never lost on the way, and with descriptors.
//
// A full receiver
// ---------------
// The kernel makes senders wait while a receiver's queue is full. A connected socket becomes writable when
// there is room again. Of one that is not connected no event tells that, so it is tried again 1 to 50 ms
// later.
#pragma once

#include <jackdaw/io/message_operation.hpp>
#include <jackdaw/io/passed_descriptors.hpp>
#include <jackdaw/io/unix_address.hpp>
#include <jackdaw/io/unix_listener.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace jackdaw::io {

/// What receive_from() got.
struct unix_message {
  std::size_t size = 0;    // Of what was kept.
  unix_address sender;     // Unnamed if it was not bound.
  bool truncated = false;  // It was longer than the memory, and the rest is lost.
  std::vector<file_descriptor> descriptors;
  /// There were more than asked for, or than this process may open: those are closed.
  bool descriptors_truncated = false;
};

/// The await of receive_from().
class [[nodiscard]] unix_receive_operation : public message_operation {
 public:
  unix_receive_operation(file_descriptor& from, std::span<std::byte> into, std::size_t count_max);
  unix_receive_operation(unix_receive_operation&& other) noexcept = default;
  unix_receive_operation& operator=(unix_receive_operation&&) = delete;
  ~unix_receive_operation();
  result<unix_message> await_resume();

 private:
  control_memory control_;
  std::vector<file_descriptor> taken_;
};

/// Threads       Any number of tasks may send and receive at a time, on any workers of the runtime.
/// Errors        io::error with the kernel's errno; the try_ forms return it as a result. ECONNREFUSED:
///               nobody has that address any more; ENOENT: there is no such file.
class unix_datagram {
 public:
  unix_datagram() noexcept = default;
  explicit unix_datagram(socket bound) noexcept : socket_(std::move(bound)) {}

  /// A socket with that address; `unnamed` is given an abstract one that is free (autobind). Throws io::error
  /// that names the address. Of files: see unix_listener.
  static unix_datagram bind(const unix_address& local, unix_bind_options options = {});
  static result<unix_datagram> try_bind(const unix_address& local, unix_bind_options options = {});
  /// One without an address, which can send.
  static unix_datagram open();
  static result<unix_datagram> try_open();
  /// Two that are connected to each other. Source: socketpair(2).
  static std::pair<unix_datagram, unix_datagram> make_pair();
  static result<std::pair<unix_datagram, unix_datagram>> try_make_pair();

  /// From now on datagrams go to `peer`, and only its own are received. Never waits. Throws io::error.
  void connect(const unix_address& peer);
  result<void> try_connect(const unix_address& peer);

  /// Sends one datagram, and with it duplicates of `descriptors`.
  ///
  /// Suspends      Until there is room for it: see "A full receiver".
  /// Lifetime      `descriptors` stay yours, and open until the await returns.
  /// Errors        EMSGSIZE: it is longer than the socket's buffer; EINVAL: more than passed_descriptors_max.
  /// Cancellation  Nothing was sent.
  /// Source        sendmsg(2).
  task<void> send_to(std::span<const std::byte> bytes, unix_address receiver,
                     std::span<const int> descriptors = {});
  task<result<void>> try_send_to(std::span<const std::byte> bytes, unix_address receiver,
                                 std::span<const int> descriptors = {});
  /// The same to the peer of connect().
  task<void> send(std::span<const std::byte> bytes, std::span<const int> descriptors = {});
  task<result<void>> try_send(std::span<const std::byte> bytes,
                              std::span<const int> descriptors = {});

  /// Waits for a datagram, and takes at most `count_max` descriptors with it, which are close-on-exec.
  ///
  /// Lifetime      `into` belongs to the kernel until the await returns, also when it is cancelled.
  /// Cancellation  Loses nothing. A frame that is destroyed closes the descriptors that came.
  /// Source        recvmsg(2).
  throwing<unix_receive_operation> receive_from(std::span<std::byte> into,
                                                std::size_t count_max = 0);
  unix_receive_operation try_receive_from(std::span<std::byte> into, std::size_t count_max = 0);

  [[nodiscard]] unix_address local_address() const;
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] jackdaw::io::socket& raw_socket() noexcept { return socket_; }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  /// Idempotent; aborts if an operation is pending on it.
  void close() noexcept;

 private:
  task<result<void>> try_send_message(std::span<const std::byte> bytes, unix_address receiver,
                                      bool named, std::span<const int> descriptors);

  jackdaw::io::socket socket_;
  socket_file file_;
};

}  // namespace jackdaw::io
