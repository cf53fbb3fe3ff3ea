// A listening TCP socket.
#pragma once

#include <jackdaw/io/accept.hpp>
#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/task.hpp>

namespace jackdaw::io {

struct listen_options {
  int backlog = 1024;
  /// Several sockets may listen on the address; the kernel spreads connections over them.
  bool reuse_port = false;
  /// Connections take slots of the accepting worker's rings, and no descriptors of the process: more of them
  /// than RLIMIT_NOFILE. On epoll, and before Linux 6.1, they are plain descriptors all the same.
  bool direct_descriptors = false;
};

/// Waits for one connection: gives its descriptor.
class [[nodiscard]] accept_operation final : public operation {
 public:
  explicit accept_operation(file_descriptor& listening,
                            accepted_as wanted = accepted_as::plain) noexcept;
  result<tcp_stream> await_resume();
};

/// Threads       Any number of tasks may accept at a time: each connection goes to one of them. One-shot
///               on purpose: a ring with a multishot accept hoards connections while
///               its worker computes.
class tcp_listener {
 public:
  tcp_listener() noexcept = default;
  explicit tcp_listener(socket listening, accepted_as kind = accepted_as::plain) noexcept
      : socket_(std::move(listening)), kind_(kind) {}

  /// Binds and listens. Throws io::error that names the address.
  static tcp_listener bind(const address& local, listen_options options = {});
  static result<tcp_listener> try_bind(const address& local, listen_options options = {});

  /// The next connection.
  ///
  /// Suspends      Until there is one. Errors that concern one connection only are skipped; when
  ///               descriptors or memory are used up it waits and tries again, 10 to 100 ms later.
  /// Errors        io::error if the listener itself is broken.
  /// Cancellation  No connection is lost: see tcp_stream.
  /// Source        accept4(2). asyncio: loop.sock_accept.
  task<tcp_stream> accept();
  /// One attempt, with all errors as results.
  accept_operation try_accept() noexcept { return accept_operation(socket_.descriptor(), kind_); }

  [[nodiscard]] address local_address() const { return socket_.local_address(); }
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] jackdaw::io::socket& raw_socket() noexcept { return socket_; }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  void close() noexcept { socket_.close(); }

 private:
  jackdaw::io::socket socket_;
  accepted_as kind_ = accepted_as::plain;
};

}  // namespace jackdaw::io
