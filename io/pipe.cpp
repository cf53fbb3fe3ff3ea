// Reading through the driver, and writing without being killed for it.
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/io/readiness.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace jackdaw::io {
namespace {

constexpr std::size_t piece_bytes = std::size_t{16} * 1024;

request read_request(file_descriptor& descriptor, std::span<std::byte> into) noexcept {
  request wanted;
  wanted.code = opcode::read;
  wanted.descriptor = descriptor.get();
  wanted.memory = into.data();
  wanted.length = into.size();
  wanted.owner = &descriptor;
  return wanted;
}

}  // namespace

pipe_ends make_pipe() { return try_make_pipe().value(); }

result<pipe_ends> try_make_pipe() {
  io_driver::prepare();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return failure_cause{errno, "pipe2"};
  }
  return pipe_ends{pipe_reader(file_descriptor(ends[0])), pipe_writer(file_descriptor(ends[1]))};
}

task<result<std::size_t>> pipe_reader::try_read_some(std::span<std::byte> into) {
  while (true) {
    const result<std::size_t> count =
        co_await transfer_operation(read_request(descriptor_, into), "read");
    // The ring does not wait for a non-blocking pipe; epoll's driver does.
    if (count.error_number() != EAGAIN) {
      co_return count;
    }
    const result<int> ready = co_await readiness_operation(descriptor_, POLLIN);
    if (!ready.ok()) {
      co_return ready.cause();
    }
  }
}

task<std::size_t> pipe_reader::read_some(std::span<std::byte> into) {
  result<std::size_t> count = co_await try_read_some(into);
  co_return count.value();
}

task<result<std::size_t>> pipe_reader::try_read_to_end(std::string& into) {
  std::array<std::byte, piece_bytes> piece;
  std::size_t total = 0;
  while (true) {
    const result<std::size_t> count = co_await try_read_some(piece);
    if (!count.ok()) {
      co_return count;
    }
    if (*count == 0) {
      co_return total;
    }
    into.append(reinterpret_cast<const char*>(piece.data()), *count);
    total += *count;
  }
}

task<std::string> pipe_reader::read_to_end() {
  std::string text;
  result<std::size_t> count = co_await try_read_to_end(text);
  static_cast<void>(count.value());
  co_return text;
}

task<result<std::size_t>> pipe_writer::try_write_some(std::span<const std::byte> from) {
  while (!from.empty()) {
    // Readiness first: so every piece goes through the driver, and neighbours get their turn.
    const result<int> ready = co_await readiness_operation(descriptor_, POLLOUT);
    if (!ready.ok()) {
      co_return ready.cause();
    }
    const ssize_t count = write_without_signal(descriptor_.get(), from);
    if (count >= 0) {
      co_return static_cast<std::size_t>(count);
    }
    if (count != -EAGAIN) {
      co_return failure_cause{static_cast<int>(-count), "write"};
    }
  }
  co_return std::size_t{0};
}

task<std::size_t> pipe_writer::write_some(std::span<const std::byte> from) {
  result<std::size_t> written = co_await try_write_some(from);
  co_return written.value();
}

task<result<std::size_t>> pipe_writer::try_write_all(std::span<const std::byte> from) {
  std::size_t written = 0;
  while (written < from.size()) {
    const result<std::size_t> count = co_await try_write_some(from.subspan(written));
    if (!count.ok()) {
      co_return count;
    }
    written += *count;
  }
  co_return written;
}

task<void> pipe_writer::write_all(std::span<const std::byte> from) {
  result<std::size_t> written = co_await try_write_all(from);
  static_cast<void>(written.value());
}

}  // namespace jackdaw::io
