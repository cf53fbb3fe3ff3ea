// Finding out what a standard descriptor is, and reading and writing it accordingly.
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/standard_streams.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <mutex>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

constexpr std::size_t piece_bytes = std::size_t{16} * 1024;

struct found_access {
  file_descriptor descriptor;
  standard_access access = standard_access::after_readiness;
};

// The other end of a terminal, which opened again would be a new one.
bool is_terminal_master(int number) noexcept {
  int index = 0;
  return ::ioctl(number, TIOCGPTN, &index) == 0;
}

found_access find_access(int number, int mode) {
  io_driver::prepare();
  struct stat found{};
  if (::fstat(number, &found) != 0) {
    throw error(errno, "fstat", "descriptor " + std::to_string(number));
  }
  found_access access;
  if (S_ISFIFO(found.st_mode) || (::isatty(number) == 1 && !is_terminal_master(number))) {
    const std::string name = "/proc/self/fd/" + std::to_string(number);
    access.descriptor =
        file_descriptor(::open(name.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    access.access = standard_access::opened_again;
  }
  if (!access.descriptor) {
    access.descriptor = file_descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 3));
    access.access = standard_access::after_readiness;
    if (S_ISSOCK(found.st_mode)) {
      access.access = standard_access::by_message;
    } else if (S_ISREG(found.st_mode) || S_ISBLK(found.st_mode)) {
      access.access = standard_access::in_pool;
    }
  }
  if (!access.descriptor) {
    throw error(errno, "dup", "descriptor " + std::to_string(number));
  }
  return access;
}

// The number of bytes or the negative errno.
ssize_t read_now(int descriptor, standard_access access, std::span<std::byte> into) noexcept {
  ssize_t count = -1;
  do {
    count = access == standard_access::by_message
                ? ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT)
                : ::read(descriptor, into.data(), into.size());
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

ssize_t write_now(int descriptor, standard_access access,
                  std::span<const std::byte> from) noexcept {
  if (access == standard_access::by_message) {
    ssize_t count = -1;
    do {
      count = ::send(descriptor, from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
  }
  if (access == standard_access::after_readiness) {
    from = from.first(std::min<std::size_t>(from.size(), PIPE_BUF));
  }
  return write_without_signal(descriptor, from);
}

result<void> write_to_file(const std::shared_ptr<file_descriptor>& to,
                           const std::vector<std::byte>& bytes) {
  std::span<const std::byte> rest(bytes);
  while (!rest.empty()) {
    const ssize_t count = write_without_signal(to->get(), rest);
    if (count < 0) {
      return failure_cause{static_cast<int>(-count), "write"};
    }
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  return nothing{};
}

}  // namespace

// Shared with a call of the pool that its waiter has left. `come` is under the lock: the bytes that were read
// from a file and not yet fetched.
struct standard_input::source {
  file_descriptor descriptor;
  std::mutex lock;
  std::string come;

  // Reads once more only if nobody has since `known` bytes were there: a call that was left may have.
  static result<std::size_t> read_file(const std::shared_ptr<source>& from, std::size_t known) {
    const std::lock_guard guard(from->lock);
    if (from->come.size() > known) {
      return from->come.size() - known;
    }
    std::array<std::byte, piece_bytes> piece;
    const ssize_t count = read_now(from->descriptor.get(), standard_access::in_pool, piece);
    if (count < 0) {
      return failure_cause{static_cast<int>(-count), "read"};
    }
    from->come.append(reinterpret_cast<const char*>(piece.data()), static_cast<std::size_t>(count));
    return static_cast<std::size_t>(count);
  }

  [[nodiscard]] std::size_t size() {
    const std::lock_guard guard(lock);
    return come.size();
  }

  std::string take(std::size_t count) {
    const std::lock_guard guard(lock);
    std::string taken = come.substr(0, count);
    come.erase(0, count);
    return taken;
  }

  void add(std::span<const std::byte> bytes) {
    const std::lock_guard guard(lock);
    come.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  // Where the line ends that begins `come`: behind its newline; npos if there is none.
  [[nodiscard]] std::size_t line_end(std::size_t looked_at) {
    const std::lock_guard guard(lock);
    const std::size_t found = come.find('\n', looked_at);
    return found == std::string::npos ? found : found + 1;
  }
};

standard_input::standard_input(int descriptor) : source_(std::make_shared<source>()) {
  found_access found = find_access(descriptor, O_RDONLY);
  source_->descriptor = std::move(found.descriptor);
  access_ = found.access;
}

// Appends to `come` what is there next; 0 is the end.
task<result<std::size_t>> standard_input::fill() {
  const std::shared_ptr<source> from = source_;
  while (access_ != standard_access::in_pool) {
    const result<int> ready = co_await readiness_operation(from->descriptor, POLLIN);
    if (!ready.ok()) {
      co_return ready.cause();
    }
    std::array<std::byte, piece_bytes> piece;
    const ssize_t count = read_now(from->descriptor.get(), access_, piece);
    if (count >= 0) {
      from->add(std::span(piece).first(static_cast<std::size_t>(count)));
      co_return static_cast<std::size_t>(count);
    }
    if (count != -EAGAIN) {
      co_return failure_cause{static_cast<int>(-count), "read"};
    }
  }
  const std::size_t known = from->size();
  co_return co_await to_thread(&source::read_file, from, known);
}

task<result<std::size_t>> standard_input::try_read_some(std::span<std::byte> into) {
  if (source_->size() == 0 && !into.empty()) {
    const result<std::size_t> come = co_await fill();
    if (!come.ok()) {
      co_return come;
    }
  }
  const std::string taken = source_->take(into.size());
  const auto bytes = std::as_bytes(std::span(taken.data(), taken.size()));
  std::copy(bytes.begin(), bytes.end(), into.begin());
  co_return taken.size();
}

task<std::size_t> standard_input::read_some(std::span<std::byte> into) {
  result<std::size_t> count = co_await try_read_some(into);
  co_return count.value();
}

task<result<std::string>> standard_input::try_read_line(std::size_t limit) {
  std::size_t looked_at = 0;
  while (true) {
    const std::size_t size = source_->size();
    const std::size_t end = source_->line_end(looked_at);
    if (std::min(end, size) > limit) {
      co_return failure_cause{EFBIG, "read"};
    }
    if (end != std::string::npos) {
      co_return source_->take(end);
    }
    looked_at = size;
    const result<std::size_t> come = co_await fill();
    if (!come.ok()) {
      co_return come.cause();
    }
    if (*come == 0) {
      co_return source_->take(size);
    }
  }
}

task<std::string> standard_input::read_line(std::size_t limit) {
  result<std::string> line = co_await try_read_line(limit);
  co_return line.value();
}

task<result<std::string>> standard_input::try_read_to_end() {
  while (true) {
    const result<std::size_t> come = co_await fill();
    if (!come.ok()) {
      co_return come.cause();
    }
    if (*come == 0) {
      co_return source_->take(std::string::npos);
    }
  }
}

task<std::string> standard_input::read_to_end() {
  result<std::string> text = co_await try_read_to_end();
  co_return text.value();
}

standard_output::standard_output(int descriptor) {
  found_access found = find_access(descriptor, O_WRONLY);
  descriptor_ = std::make_shared<file_descriptor>(std::move(found.descriptor));
  access_ = found.access;
}

task<result<void>> standard_output::try_write_all(std::span<const std::byte> from) {
  const std::shared_ptr<file_descriptor> to = descriptor_;
  if (access_ == standard_access::in_pool) {
    std::vector<std::byte> bytes(from.begin(), from.end());
    co_return co_await to_thread(&write_to_file, to, std::move(bytes));
  }
  while (!from.empty()) {
    const result<int> ready = co_await readiness_operation(*to, POLLOUT);
    if (!ready.ok()) {
      co_return ready.cause();
    }
    const ssize_t count = write_now(to->get(), access_, from);
    if (count >= 0) {
      from = from.subspan(static_cast<std::size_t>(count));
    } else if (count != -EAGAIN) {
      co_return failure_cause{static_cast<int>(-count), "write"};
    }
  }
  co_return nothing{};
}

task<void> standard_output::write_all(std::span<const std::byte> from) {
  result<void> written = co_await try_write_all(from);
  written.value();
}

}  // namespace jackdaw::io
