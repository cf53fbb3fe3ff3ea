// Reads on the spot, and the rest in the blocking pool by calls that hold a share of what is open.
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/opened_file.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace jackdaw::io {
namespace {

failure_cause failed(const char* call, ssize_t status) noexcept {
  return {static_cast<int>(-status), call};
}

template <class T>
T value_of(result<T> done, const std::string& path) {
  if (!done.ok()) {
    throw error(done.error_number(), done.cause().call, path.substr(0, path.find('\0')));
  }
  return done.value();
}

}  // namespace

file_options file_options::for_writing() noexcept {
  file_options options;
  options.read = false;
  options.write = true;
  options.create = true;
  options.truncate = true;
  return options;
}

file::file(std::shared_ptr<opened_file> opened) noexcept : opened_(std::move(opened)) {}

// -- Results --------------------------------------------------------------------------------------------

task<result<file>> file::try_open(std::string path, file_options options) {
  result<std::shared_ptr<opened_file>> made =
      co_await to_thread(&opened_file::open, std::move(path), options);
  if (!made.ok()) {
    co_return made.cause();
  }
  co_return file(std::move(*made));
}

task<result<std::size_t>> file::try_read_at(std::uint64_t offset, std::span<std::byte> into) {
  const std::shared_ptr<opened_file> from = opened_;
  if (from == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  into = into.first(std::min(into.size(), piece_max));
  std::size_t total = 0;
  while (total < into.size()) {
    if (from->must_give_way()) {
      co_await yield();
    }
    const auto piece = into.subspan(total, std::min(into.size() - total, turn_bytes));
    const ssize_t count = from->read_on_the_spot(offset + total, piece);
    if (count < 0) {
      break;
    }
    if (count == 0) {
      co_return total;
    }
    total += static_cast<std::size_t>(count);
  }
  if (total == into.size() && total > 0) {
    co_return total;
  }
  result<piece_of_file> rest =
      co_await to_thread(&opened_file::read, from, offset + total, into.size() - total);
  if (!rest.ok()) {
    co_return rest.cause();
  }
  std::copy_n(rest->bytes.get(), rest->size, into.begin() + static_cast<std::ptrdiff_t>(total));
  co_return total + rest->size;
}

task<result<void>> file::try_write_at(std::uint64_t offset, std::span<const std::byte> from) {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  const std::shared_ptr<opened_file> to = opened_;
  while (!from.empty()) {
    piece_of_file piece;
    piece.size = std::min(from.size(), piece_max);
    piece.bytes = std::make_unique_for_overwrite<std::byte[]>(piece.size);
    std::copy_n(from.begin(), piece.size, piece.bytes.get());
    offset += piece.size;
    from = from.subspan(piece.size);
    const std::uint64_t begin = offset - piece.size;
    const result<void> written =
        co_await to_thread(&opened_file::write, to, begin, std::move(piece));
    if (!written.ok()) {
      co_return written;
    }
  }
  co_return nothing{};
}

task<result<std::string>> file::try_read_all(std::size_t limit) {
  constexpr std::size_t first_piece = std::size_t{64} << 10;
  std::string text;
  std::size_t size = 0;
  while (true) {
    text.resize(size + std::clamp(size, first_piece, piece_max));
    const auto into = std::as_writable_bytes(std::span(text.data() + size, text.size() - size));
    const result<std::size_t> count = co_await try_read_at(size, into);
    if (!count.ok()) {
      co_return count.cause();
    }
    if (*count > limit - size) {
      co_return failure_cause{EFBIG, "read"};
    }
    size += *count;
    if (*count == 0) {
      text.resize(size);
      co_return std::move(text);
    }
  }
}

task<result<std::uint64_t>> file::try_send_to(stream_socket& to, std::uint64_t offset,
                                              std::uint64_t count) {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  const std::shared_ptr<opened_file> from = opened_;
  std::uint64_t total = 0;
  while (total < count) {
    const std::uint64_t begin = offset + total;
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count - total, turn_bytes));
    if (!from->is_in_memory(begin, piece)) {
      const result<bool> more = co_await to_thread(&opened_file::bring_in, from, begin, piece);
      if (!more.ok()) {
        co_return more.cause();
      }
      if (!*more) {
        break;
      }
    }
    // Readiness first: so every piece goes through the driver, and neighbours get their turn.
    const result<int> ready = co_await readiness_operation(to.raw_socket().descriptor(), POLLOUT);
    if (!ready.ok()) {
      co_return ready.cause();
    }
    const ssize_t sent =
        sendfile_without_signal(to.native_handle(), from->native_handle(), begin, piece);
    if (sent == 0) {
      break;
    }
    if (sent > 0) {
      total += static_cast<std::uint64_t>(sent);
    } else if (sent == -EINVAL || sent == -ENOSYS || sent == -EOPNOTSUPP) {
      const result<std::uint64_t> rest = co_await try_copy_to(to, begin, count - total);
      if (!rest.ok()) {
        co_return rest;
      }
      co_return total + *rest;
    } else if (sent != -EAGAIN) {
      co_return failed("sendfile", sent);
    }
  }
  co_return total;
}

// For what cannot be sent without being read: files of /proc, for instance.
task<result<std::uint64_t>> file::try_copy_to(stream_socket& to, std::uint64_t offset,
                                              std::uint64_t count) {
  const std::size_t piece_bytes = turn_bytes / 4;
  const auto memory = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
  std::uint64_t total = 0;
  while (total < count) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(count - total, piece_bytes));
    const std::span<std::byte> piece(memory.get(), wanted);
    const result<std::size_t> got = co_await try_read_at(offset + total, piece);
    if (!got.ok()) {
      co_return got.cause();
    }
    if (*got == 0) {
      break;
    }
    const result<std::size_t> sent = co_await to.try_write_all(piece.first(*got));
    if (!sent.ok()) {
      co_return sent.cause();
    }
    total += *got;
  }
  co_return total;
}

task<result<std::uint64_t>> file::try_size() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&opened_file::size, opened_);
}

task<result<void>> file::try_truncate(std::uint64_t size) {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&opened_file::truncate, opened_, size);
}

task<result<void>> file::try_sync() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&opened_file::sync, opened_);
}

task<result<void>> file::try_data_sync() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&opened_file::data_sync, opened_);
}

task<result<void>> file::try_close() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  std::shared_ptr<opened_file> last = std::move(opened_);
  opened_.reset();
  co_return co_await to_thread(&opened_file::close, std::move(last));
}

// -- The same with exceptions -----------------------------------------------------------------------

task<file> file::open(std::string path, file_options options) {
  result<file> made = co_await try_open(path, options);
  co_return value_of(std::move(made), path);
}

task<std::size_t> file::read_at(std::uint64_t offset, std::span<std::byte> into) {
  result<std::size_t> count = co_await try_read_at(offset, into);
  co_return value_of(count, path());
}

task<void> file::write_at(std::uint64_t offset, std::span<const std::byte> from) {
  result<void> written = co_await try_write_at(offset, from);
  value_of(written, path());
}

task<std::string> file::read_all(std::size_t limit) {
  result<std::string> text = co_await try_read_all(limit);
  co_return value_of(std::move(text), path());
}

task<std::uint64_t> file::send_to(stream_socket& to, std::uint64_t offset, std::uint64_t count) {
  const result<std::uint64_t> sent = co_await try_send_to(to, offset, count);
  if (!sent.ok()) {
    throw error(sent.error_number(), sent.cause().call, path() + ' ' + to_peer(to.native_handle()));
  }
  co_return *sent;
}

task<std::uint64_t> file::size() {
  result<std::uint64_t> size = co_await try_size();
  co_return value_of(size, path());
}

task<void> file::truncate(std::uint64_t size) {
  result<void> cut = co_await try_truncate(size);
  value_of(cut, path());
}

task<void> file::sync() {
  result<void> synced = co_await try_sync();
  value_of(synced, path());
}

task<void> file::data_sync() {
  result<void> synced = co_await try_data_sync();
  value_of(synced, path());
}

task<void> file::close() {
  const std::string name = path();
  result<void> closed = co_await try_close();
  value_of(closed, name);
}

const std::string& file::path() const {
  static const std::string none;
  return opened_ == nullptr ? none : opened_->path();
}

int file::native_handle() const noexcept {
  return opened_ == nullptr ? -1 : opened_->native_handle();
}

}  // namespace jackdaw::io
