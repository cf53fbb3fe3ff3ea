// sendfile(2), and preadv2(2).
//
// What is not in memory is left to other threads, since the disk may take its time. What is, is moved here, as
// moving it costs less than telling another thread to: in pieces after which others have their turn.

#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/tools/http/file_body.hpp>
#include <jackdaw/tools/http/page_cache.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace jackdaw::http {

namespace {

using shared_file = std::shared_ptr<const served_file>;
using shared_socket = std::shared_ptr<const io::file_descriptor>;
using shared_memory = std::shared_ptr<std::byte[]>;

// About 100 us of a worker's time if it is all in memory and the client takes it all. Smaller pieces cost more: a
// tenth with 256 KiB.
constexpr std::uint64_t sendfile_bytes_max = std::uint64_t{1} << 20;
// What TLS takes at a time. It is read, encrypted and sent in some 50 us.
constexpr std::uint64_t read_bytes_max = io::tls_engine::write_bytes_max;

// Bytes, or a negative errno. Does not wait for the client: the socket is non-blocking.
std::int64_t move_piece(const shared_socket& to, const shared_file& file, std::uint64_t offset,
                        std::uint64_t count) noexcept {
  return io::sendfile_without_signal(to->get(), file->descriptor(), offset,
                                     std::min(count, sendfile_bytes_max));
}

// The same in another thread, which shares the file and has a descriptor of its own for the socket: it may
// be at it still when this task is not.
[[gnu::noinline]] task<std::int64_t> move_elsewhere(int to, const burst::body& body) {
  const auto socket = std::make_shared<const io::file_descriptor>(fcntl(to, F_DUPFD_CLOEXEC, 0));
  if (!*socket) {
    co_return -EMFILE;
  }
  const std::int64_t moved =
      co_await to_thread(move_piece, socket, body.file, body.offset, body.length);
  co_return moved;
}

// Bytes, 0 at the end, or a negative errno. With RWF_NOWAIT only what is in memory, and -EAGAIN if nothing is.
std::int64_t read_piece(const shared_file& file, std::uint64_t offset, const shared_memory& into,
                        std::uint64_t count, int flags) noexcept {
  const iovec memory{.iov_base = into.get(), .iov_len = std::min(count, read_bytes_max)};
  const ssize_t held = preadv2(file->descriptor(), &memory, 1, static_cast<off_t>(offset), flags);
  return held < 0 ? -errno : held;
}

[[gnu::noinline]] task<bool> await_room(int descriptor, duration limit) {
  try {
    co_await timeout(limit, io::writable(descriptor));
  } catch (const timeout_error&) {
    co_return false;
  }
  co_return true;  // Or an error, which the next piece will meet.
}

}  // namespace

task<bool> send_body(plain_wire& wire, burst::body body, duration limit, server_metrics& metrics) {
  const int socket = wire.native_handle();
  bool can_go_on = true;
  while (can_go_on && body.length > 0) {
    const int file = body.file->descriptor();
    const std::uint64_t piece = std::min(body.length, sendfile_bytes_max);
    const bool is_here = is_cached(file, body.offset, piece);
    std::int64_t moved = 0;
    if (is_here) {
      moved = io::sendfile_without_signal(socket, file, body.offset, piece);
    } else {
      moved = co_await move_elsewhere(socket, body);
    }
    if (moved > 0) {
      const auto count = static_cast<std::uint64_t>(moved);
      metrics.count_sent(count);
      body.offset += count;
      body.length -= count;
    } else {
      can_go_on = moved == -EAGAIN || moved == -EINTR;
    }
    if (can_go_on && moved == -EAGAIN) {
      can_go_on = co_await await_room(socket, limit);
    } else if (is_here && body.length > 0) {
      co_await yield();
    }
  }
  co_return can_go_on;
}

task<bool> send_body(tls_wire& wire, burst::body body, duration limit, server_metrics& metrics) {
  const shared_memory memory = std::make_shared_for_overwrite<std::byte[]>(read_bytes_max);
  bool can_go_on = true;
  while (can_go_on && body.length > 0) {
    std::int64_t held = read_piece(body.file, body.offset, memory, body.length, RWF_NOWAIT);
    const bool is_here = held >= 0;
    if (!is_here) {
      held = co_await to_thread(read_piece, body.file, body.offset, memory, body.length, 0);
    }
    can_go_on = held > 0;
    if (can_go_on) {
      const auto bytes = std::span<const std::byte>(memory.get(), static_cast<std::size_t>(held));
      try {
        const io::result<std::size_t> count = co_await timeout(limit, wire.write_all(bytes));
        can_go_on = count.ok();
      } catch (const timeout_error&) {
        can_go_on = false;
      }
      metrics.count_sent(can_go_on ? bytes.size() : 0);
      body.offset += bytes.size();
      body.length -= bytes.size();
    }
    if (is_here && body.length > 0) {
      co_await yield();
    }
  }
  co_return can_go_on;
}

}  // namespace jackdaw::http
