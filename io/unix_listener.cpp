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
bool is_dead(const unix_address& there, int type) {
  struct stat found{};
  const std::string path(there.name());
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) {
    return false;
  }
  const socket probe = socket::open(AF_UNIX, type);
  return ::connect(probe.native_handle(), there.raw(), there.length()) != 0 &&
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

socket_file::socket_file(std::string path) : path_(std::move(path)) {
  struct stat found{};
  if (::lstat(path_.c_str(), &found) != 0) {
    throw error(errno, "stat", path_);
  }
  device_ = found.st_dev;
  inode_ = found.st_ino;
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

socket_file bind_local(const socket& binding, const unix_address& local,
                       unix_bind_options options) {
  int failure = try_bind(binding, local);
  if (failure == EADDRINUSE && options.replace_dead && local.is_path() &&
      is_dead(local, binding.option(SOL_SOCKET, SO_TYPE))) {
    ::unlink(std::string(local.name()).c_str());
    failure = try_bind(binding, local);
  }
  if (failure != 0) {
    throw error(failure, "bind", local.to_string());
  }
  if (options.remove_on_close && local.is_path()) {
    return socket_file(std::string(local.name()));
  }
  return {};
}

unix_listener unix_listener::bind(const unix_address& local, unix_listen_options options) {
  unix_listener made;
  made.socket_ = socket::open(AF_UNIX, SOCK_STREAM);
  made.file_ = bind_local(made.socket_, local, options);
  if (::listen(made.native_handle(), options.backlog) != 0) {
    throw error(errno, "listen on", local.to_string());
  }
  return made;
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
