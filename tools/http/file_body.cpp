// sendfile(2), and pread(2).

#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/tools/http/file_body.hpp>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::http {

namespace {

using shared_file = std::shared_ptr<const served_file>;
using shared_socket = std::shared_ptr<const io::file_descriptor>;

constexpr std::uint64_t sendfile_bytes_max = std::uint64_t{1} << 20;
constexpr std::uint64_t read_bytes_max = std::uint64_t{128} * 1024;

// Bytes, or a negative errno. Does not wait for the client: the socket is non-blocking.
std::int64_t move_piece(const shared_socket& to, const shared_file& file, std::uint64_t offset,
                        std::uint64_t count) noexcept {
  auto at = static_cast<off_t>(offset);
  const ssize_t moved =
      sendfile(to->get(), file->descriptor(), &at, std::min(count, sendfile_bytes_max));
  return moved < 0 ? -errno : moved;
}

// Empty if there is nothing there, or no reading it.
std::string read_piece(const shared_file& file, std::uint64_t offset, std::uint64_t count) {
  std::string piece(std::min(count, read_bytes_max), '\0');
  const ssize_t held =
      pread(file->descriptor(), piece.data(), piece.size(), static_cast<off_t>(offset));
  piece.resize(static_cast<std::size_t>(std::max<ssize_t>(held, 0)));
  return piece;
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
  const auto socket =
      std::make_shared<const io::file_descriptor>(fcntl(wire.native_handle(), F_DUPFD_CLOEXEC, 0));
  bool can_go_on = static_cast<bool>(*socket);
  while (can_go_on && body.length > 0) {
    const std::int64_t moved =
        co_await to_thread(move_piece, socket, body.file, body.offset, body.length);
    if (moved > 0) {
      const auto count = static_cast<std::uint64_t>(moved);
      metrics.count_sent(count);
      body.offset += count;
      body.length -= count;
    } else {
      can_go_on = moved == -EAGAIN || moved == -EINTR;
    }
    if (can_go_on && moved == -EAGAIN) {
      can_go_on = co_await await_room(wire.native_handle(), limit);
    }
  }
  co_return can_go_on;
}

task<bool> send_body(tls_wire& wire, burst::body body, duration limit, server_metrics& metrics) {
  bool can_go_on = true;
  while (can_go_on && body.length > 0) {
    const std::string piece = co_await to_thread(read_piece, body.file, body.offset, body.length);
    can_go_on = !piece.empty();
    if (can_go_on) {
      try {
        const auto bytes = std::as_bytes(std::span(piece));
        const io::result<std::size_t> count = co_await timeout(limit, wire.write_all(bytes));
        can_go_on = count.ok();
      } catch (const timeout_error&) {
        can_go_on = false;
      }
      metrics.count_sent(can_go_on ? piece.size() : 0);
      body.offset += piece.size();
      body.length -= piece.size();
    }
  }
  co_return can_go_on;
}

}  // namespace jackdaw::http
