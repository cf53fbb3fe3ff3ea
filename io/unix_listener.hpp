// A listening Unix domain socket, and the file it leaves in the file system.
//
// The file
// --------
// Binding to a path makes a file, which outlives the socket, and which the next bind() trips over. So the
// listener removes the file when it closes, but only if it is still its own: the same device and inode.
// A file that a killed process left is removed by bind() if nobody listens there any more.
#pragma once

#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/io/unix_address.hpp>
#include <jackdaw/io/unix_stream.hpp>
#include <jackdaw/runtime/task.hpp>

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <utility>

namespace jackdaw::io {

struct unix_bind_options {
  /// Remove a socket's file at the path if connecting to it is refused: its process is gone.
  bool replace_dead = true;
  /// Remove the file on close().
  bool remove_on_close = true;
};

struct unix_listen_options : unix_bind_options {
  int backlog = 1024;
};

/// Waits for one connection.
class [[nodiscard]] unix_accept_operation final : public operation {
 public:
  explicit unix_accept_operation(file_descriptor& listening) noexcept;
  result<unix_stream> await_resume();
};

/// The file of a bound socket: removed with this object, if it is still the same.
class socket_file {
 public:
  socket_file() noexcept = default;
  /// The file that is there now.
  static result<socket_file> try_find(std::string path);
  socket_file(socket_file&& other) noexcept
      : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  socket_file& operator=(socket_file&& other) noexcept;
  ~socket_file() { remove(); }

  /// Idempotent.
  void remove() noexcept;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Binds a socket of any type; gives the file that is to go with it, if any.
result<socket_file> try_bind_local(const socket& binding, const unix_address& local,
                                   unix_bind_options options);

/// Threads       Any number of tasks may accept at a time: each connection goes to one of them.
class unix_listener {
 public:
  unix_listener() noexcept = default;

  /// Binds and listens. Throws io::error that names the address. Who may connect is a matter of the
  /// rights of the file (umask) or its directory; an abstract address has none: look at the credentials.
  static unix_listener bind(const unix_address& local, unix_listen_options options = {});
  static result<unix_listener> try_bind(const unix_address& local,
                                        unix_listen_options options = {});

  /// The next connection.
  ///
  /// Suspends      Until there is one. Errors that concern one connection only are skipped; when
  ///               descriptors or memory are used up it waits and tries again, 10 to 100 ms later.
  /// Errors        io::error if the listener itself is broken.
  /// Cancellation  No connection is lost: see stream_socket.
  /// Source        accept4(2). asyncio: start_unix_server.
  task<unix_stream> accept();
  /// One attempt, with all errors as results.
  unix_accept_operation try_accept() noexcept {
    return unix_accept_operation(socket_.descriptor());
  }

  [[nodiscard]] unix_address local_address() const;
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] jackdaw::io::socket& raw_socket() noexcept { return socket_; }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  /// Idempotent; aborts if an operation is pending on it.
  void close() noexcept;

 private:
  jackdaw::io::socket socket_;
  socket_file file_;
};

}  // namespace jackdaw::io
