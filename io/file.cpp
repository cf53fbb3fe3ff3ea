// Opening, reads on the spot, and calls that hold a share of what is open.
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace jackdaw::io {

struct file::opened {
  file_descriptor descriptor;
  std::string path;
  std::atomic<bool> reads_on_the_spot{true};
  std::atomic<std::size_t> read_this_turn{0};

  // Whether others have waited long enough for whoever reads on the spot.
  [[nodiscard]] bool must_give_way() noexcept {
    if (read_this_turn.load(std::memory_order_relaxed) < turn_bytes) {  // F1
      return false;
    }
    read_this_turn.store(0, std::memory_order_relaxed);  // F1
    return true;
  }
};

namespace {

// What a read costs beside its bytes, in bytes that are copied in the same time.
constexpr std::size_t read_cost = 4096;

int flags_of(const file_options& options) noexcept {
  int flags = O_CLOEXEC;
  if (options.write) {
    flags |= options.read ? O_RDWR : O_WRONLY;
  }
  flags |= options.create ? O_CREAT : 0;
  flags |= options.exclusive ? O_EXCL : 0;
  flags |= options.truncate ? O_TRUNC : 0;
  return flags;
}

// Calls `call` again while signals interrupt it; gives what it gives, or the negative errno.
template <class Call>
ssize_t repeated(Call call) noexcept {
  ssize_t returned = call();
  while (returned < 0 && errno == EINTR) {
    returned = call();
  }
  return returned < 0 ? -errno : returned;
}

failure_cause failed(const char* call, ssize_t status) noexcept {
  return {static_cast<int>(-status), call};
}

result<void> done(const char* call, ssize_t status) noexcept {
  if (status < 0) {
    return failed(call, status);
  }
  return nothing{};
}

template <class T>
T value_of(result<T> done, const std::string& path) {
  if (!done.ok()) {
    throw error(done.error_number(), done.cause().call, path.substr(0, path.find('\0')));
  }
  return done.value();
}

// What a call of the pool has read, in memory of its own.
struct piece_read {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};

}  // namespace

// What the blocking pool calls. Each gets its share of the file by value, and gives memory of its own.
struct file::calls {
  using shared = std::shared_ptr<opened>;

  static result<shared> open(std::string path, const file_options& options) {
    const bool contradicts = (options.create || options.truncate) && !options.write;
    // A name with a NUL in it would be cut off there, and mean another file.
    if (contradicts || path.find('\0') != std::string::npos) {
      return failure_cause{EINVAL, "open"};
    }
    const ssize_t number =
        repeated([&] { return ::open(path.c_str(), flags_of(options), options.permissions); });
    if (number < 0) {
      return failed("open", number);
    }
    auto made = std::make_shared<opened>();
    made->descriptor = file_descriptor(static_cast<int>(number));
    made->path = std::move(path);
    return made;
  }

  // Of what is in the page cache; a negative errno says nothing but that the pool has to be asked.
  static ssize_t read_on_the_spot(opened& from, std::uint64_t offset,
                                  std::span<std::byte> into) noexcept {
    if (!from.reads_on_the_spot.load(std::memory_order_relaxed)) {  // F1
      return -EOPNOTSUPP;
    }
    const iovec memory{into.data(), into.size()};
    const ssize_t count =
        ::preadv2(from.descriptor.get(), &memory, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    if (count < 0) {
      const int failure = errno;
      if (failure == EOPNOTSUPP || failure == ENOSYS) {
        from.reads_on_the_spot.store(false, std::memory_order_relaxed);  // F1
      }
      return -failure;
    }
    const std::size_t cost = static_cast<std::size_t>(count) + read_cost;
    from.read_this_turn.fetch_add(cost, std::memory_order_relaxed);  // F1
    return count;
  }

  static result<piece_read> read(const shared& from, std::uint64_t offset, std::size_t size) {
    piece_read piece;
    piece.bytes = std::make_unique_for_overwrite<std::byte[]>(size);
    const ssize_t count = repeated([&] {
      return ::pread(from->descriptor.get(), piece.bytes.get(), size, static_cast<off_t>(offset));
    });
    if (count < 0) {
      return failed("pread", count);
    }
    piece.size = static_cast<std::size_t>(count);
    return piece;
  }

  // Brings bytes into the page cache; false at the end of the file.
  static result<bool> bring_in(const shared& from, std::uint64_t offset, std::size_t size) {
    std::array<std::byte, 16384> unused;
    std::size_t total = 0;
    while (total < size) {
      const ssize_t count = repeated([&] {
        return ::pread(from->descriptor.get(), unused.data(), std::min(unused.size(), size - total),
                       static_cast<off_t>(offset + total));
      });
      if (count < 0) {
        return failed("pread", count);
      }
      if (count == 0) {
        break;
      }
      total += static_cast<std::size_t>(count);
    }
    return total > 0;
  }

  // The ends stand for what is between them: the cache is filled in runs.
  static bool is_in_memory(opened& of, std::uint64_t offset, std::size_t size) noexcept {
    std::array<std::byte, 1> unused;
    return read_on_the_spot(of, offset, unused) >= 0 &&
           read_on_the_spot(of, offset + size - 1, unused) >= 0;
  }

  static result<void> write(const shared& to, std::uint64_t offset, const piece_read& bytes) {
    std::size_t written = 0;
    while (written < bytes.size) {
      const ssize_t count = repeated([&] {
        return ::pwrite(to->descriptor.get(), bytes.bytes.get() + written, bytes.size - written,
                        static_cast<off_t>(offset + written));
      });
      if (count < 0) {
        return failed("pwrite", count);
      }
      written += static_cast<std::size_t>(count);
    }
    return nothing{};
  }

  static result<std::uint64_t> size(const shared& of) {
    struct stat found{};
    const ssize_t status = repeated([&] { return ::fstat(of->descriptor.get(), &found); });
    if (status < 0) {
      return failed("fstat", status);
    }
    return static_cast<std::uint64_t>(found.st_size);
  }

  static result<void> truncate(const shared& cut, std::uint64_t size) {
    return done("ftruncate", repeated([&] {
                  return ::ftruncate(cut->descriptor.get(), static_cast<off_t>(size));
                }));
  }

  static result<void> sync(const shared& written) {
    return done("fsync", repeated([&] { return ::fsync(written->descriptor.get()); }));
  }

  static result<void> data_sync(const shared& written) {
    return done("fdatasync", repeated([&] { return ::fdatasync(written->descriptor.get()); }));
  }

  // A close that was interrupted has closed: see close(2).
  static result<void> close(shared last) {
    if (last.use_count() > 1) {
      return failure_cause{EBUSY, "close"};
    }
    if (::close(last->descriptor.release()) != 0 && errno != EINTR) {
      return failure_cause{errno, "close"};
    }
    return nothing{};
  }
};

file_options file_options::for_writing() noexcept {
  file_options options;
  options.read = false;
  options.write = true;
  options.create = true;
  options.truncate = true;
  return options;
}

file::file(std::shared_ptr<opened> opened) noexcept : opened_(std::move(opened)) {}

// -- Results --------------------------------------------------------------------------------------------

task<result<file>> file::try_open(std::string path, file_options options) {
  result<std::shared_ptr<opened>> made = co_await to_thread(&calls::open, std::move(path), options);
  if (!made.ok()) {
    co_return made.cause();
  }
  co_return file(std::move(*made));
}

task<result<std::size_t>> file::try_read_at(std::uint64_t offset, std::span<std::byte> into) {
  const std::shared_ptr<opened> from = opened_;
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
    const ssize_t count = calls::read_on_the_spot(*from, offset + total, piece);
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
  result<piece_read> rest =
      co_await to_thread(&calls::read, from, offset + total, into.size() - total);
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
  const std::shared_ptr<opened> to = opened_;
  while (!from.empty()) {
    piece_read piece;
    piece.size = std::min(from.size(), piece_max);
    piece.bytes = std::make_unique_for_overwrite<std::byte[]>(piece.size);
    std::copy_n(from.begin(), piece.size, piece.bytes.get());
    offset += piece.size;
    from = from.subspan(piece.size);
    const std::uint64_t begin = offset - piece.size;
    const result<void> written = co_await to_thread(&calls::write, to, begin, std::move(piece));
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
  const std::shared_ptr<opened> from = opened_;
  std::uint64_t total = 0;
  while (total < count) {
    const std::uint64_t begin = offset + total;
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count - total, turn_bytes));
    if (!calls::is_in_memory(*from, begin, piece)) {
      const result<bool> more = co_await to_thread(&calls::bring_in, from, begin, piece);
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
        sendfile_without_signal(to.native_handle(), from->descriptor.get(), begin, piece);
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
  co_return co_await to_thread(&calls::size, opened_);
}

task<result<void>> file::try_truncate(std::uint64_t size) {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&calls::truncate, opened_, size);
}

task<result<void>> file::try_sync() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&calls::sync, opened_);
}

task<result<void>> file::try_data_sync() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  co_return co_await to_thread(&calls::data_sync, opened_);
}

task<result<void>> file::try_close() {
  if (opened_ == nullptr) {
    co_return failure_cause{EBADF, "file"};
  }
  std::shared_ptr<opened> last = std::move(opened_);
  opened_.reset();
  co_return co_await to_thread(&calls::close, std::move(last));
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
  result<std::uint64_t> sent = co_await try_send_to(to, offset, count);
  co_return value_of(sent, path());
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
  return opened_ == nullptr ? none : opened_->path;
}

int file::native_handle() const noexcept {
  return opened_ == nullptr ? -1 : opened_->descriptor.get();
}

}  // namespace jackdaw::io
