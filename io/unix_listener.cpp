// Binding, accepting, and cleaning up.
#include <jackdaw/io/accept.hpp>
#include <jackdaw/io/unix_listener.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <unistd.h>

#include <cerrno>

namespace jackdaw::io {
namespace {

// A path can be of any type of socket: what refuses one of our own type is dead, or of another one
// (EPROTOTYPE), which is left alone.
result<bool> is_dead(const unix_address& there, int type) {
  struct stat found{};
  const std::string path(there.name());
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) {
    return false;
  }
  const result<socket> probe = socket::try_open(AF_UNIX, type);
  if (!probe.ok()) {
    return probe.cause();
  }
  return ::connect((*probe).native_handle(), there.raw(), there.length()) != 0 &&
         errno == ECONNREFUSED;
}

int try_bind(const socket& binding, const unix_address& local) noexcept {
  return ::bind(binding.native_handle(), local.raw(), local.length()) == 0 ? 0 : errno;
}

}  // namespace

unix_accept_operation::unix_accept_operation(file_descriptor& listening) noexcept
    : operation(accept_request(listening)) {}

result<unix_stream> unix_accept_operation::await_resume() {
  const int number = finish();
  if (number < 0) {
    return failure_cause{-number, "accept"};
  }
  return unix_stream{socket(file_descriptor(number))};
}

result<socket_file> socket_file::try_find(std::string path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    return failure_cause{errno, "stat"};
  }
  socket_file made;
  made.path_ = std::move(path);
  made.device_ = found.st_dev;
  made.inode_ = found.st_ino;
  return made;
}

socket_file& socket_file::operator=(socket_file&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void socket_file::remove() noexcept {
  struct stat found{};
  if (!path_.empty() && ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ &&
      found.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

result<socket_file> try_bind_local(const socket& binding, const unix_address& local,
                                   unix_bind_options options) {
  int failure = try_bind(binding, local);
  if (failure == EADDRINUSE && options.replace_dead && local.is_path()) {
    const result<bool> dead = is_dead(local, binding.option(SOL_SOCKET, SO_TYPE));
    if (!dead.ok()) {
      return dead.cause();
    }
    if (*dead) {
      ::unlink(std::string(local.name()).c_str());
      failure = try_bind(binding, local);
    }
  }
  if (failure != 0) {
    return failure_cause{failure, "bind"};
  }
  if (options.remove_on_close && local.is_path()) {
    return socket_file::try_find(std::string(local.name()));
  }
  return socket_file();
}

result<unix_listener> unix_listener::try_bind(const unix_address& local,
                                              unix_listen_options options) {
  result<jackdaw::io::socket> opened = jackdaw::io::socket::try_open(AF_UNIX, SOCK_STREAM);
  if (!opened.ok()) {
    return opened.cause();
  }
  result<socket_file> file = try_bind_local(*opened, local, options);
  if (!file.ok()) {
    return file.cause();
  }
  unix_listener made;
  made.socket_ = std::move(*opened);
  made.file_ = std::move(*file);
  if (::listen(made.native_handle(), options.backlog) != 0) {
    return failure_cause{errno, "listen on"};
  }
  return made;
}

unix_listener unix_listener::bind(const unix_address& local, unix_listen_options options) {
  return try_bind(local, options).value_about(local);
}

task<unix_stream> unix_listener::accept() {
  accept_back_off back_off;
  while (true) {
    result<unix_stream> accepted = co_await try_accept();
    if (accepted.ok()) {
      co_return std::move(*accepted);
    }
    const duration pause = back_off.after(accepted.error_number());
    if (pause > duration::zero()) {
      co_await jackdaw::sleep(pause);
    }
  }
}

unix_address unix_listener::local_address() const {
  const raw_address found = socket_.raw_local_address();
  return {found.raw(), found.length};
}

// The file goes first: whoever finds it can still connect, and is not refused.
void unix_listener::close() noexcept {
  file_.remove();
  socket_.close();
}

}  // namespace jackdaw::io
