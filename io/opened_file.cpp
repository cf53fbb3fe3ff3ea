// System calls of files, again while signals interrupt them.
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/opened_file.hpp>
#include <jackdaw/io/repeated.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace jackdaw::io {
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

failure_cause failed(const char* call, ssize_t status) noexcept {
  return {static_cast<int>(-status), call};
}

result<void> done(const char* call, ssize_t status) noexcept {
  if (status < 0) {
    return failed(call, status);
  }
  return nothing{};
}

}  // namespace

result<opened_file::shared> opened_file::open(std::string path, const file_options& options) {
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
  auto made = std::make_shared<opened_file>();
  made->descriptor_ = file_descriptor(static_cast<int>(number));
  made->path_ = std::move(path);
  return made;
}

ssize_t opened_file::read_on_the_spot(std::uint64_t offset, std::span<std::byte> into) noexcept {
  if (!reads_on_the_spot_.load(std::memory_order_relaxed)) {  // F1
    return -EOPNOTSUPP;
  }
  const iovec memory{into.data(), into.size()};
  const ssize_t count =
      ::preadv2(descriptor_.get(), &memory, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (count < 0) {
    const int failure = errno;
    if (failure == EOPNOTSUPP || failure == ENOSYS) {
      reads_on_the_spot_.store(false, std::memory_order_relaxed);  // F1
    }
    return -failure;
  }
  const std::size_t cost = static_cast<std::size_t>(count) + read_cost;
  read_this_turn_.fetch_add(cost, std::memory_order_relaxed);  // F1
  return count;
}

result<piece_of_file> opened_file::read(const shared& from, std::uint64_t offset,
                                        std::size_t size) {
  piece_of_file piece;
  piece.bytes = std::make_unique_for_overwrite<std::byte[]>(size);
  const ssize_t count = repeated([&] {
    return ::pread(from->descriptor_.get(), piece.bytes.get(), size, static_cast<off_t>(offset));
  });
  if (count < 0) {
    return failed("pread", count);
  }
  piece.size = static_cast<std::size_t>(count);
  return piece;
}

result<bool> opened_file::bring_in(const shared& from, std::uint64_t offset, std::size_t size) {
  std::array<std::byte, 16384> unused;
  std::size_t total = 0;
  while (total < size) {
    const ssize_t count = repeated([&] {
      return ::pread(from->descriptor_.get(), unused.data(), std::min(unused.size(), size - total),
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
bool opened_file::is_in_memory(std::uint64_t offset, std::size_t size) noexcept {
  std::array<std::byte, 1> unused;
  return read_on_the_spot(offset, unused) >= 0 && read_on_the_spot(offset + size - 1, unused) >= 0;
}

bool opened_file::must_give_way() noexcept {
  if (read_this_turn_.load(std::memory_order_relaxed) < file::turn_bytes) {  // F1
    return false;
  }
  read_this_turn_.store(0, std::memory_order_relaxed);  // F1
  return true;
}

result<void> opened_file::write(const shared& to, std::uint64_t offset,
                                const piece_of_file& piece) {
  std::size_t written = 0;
  while (written < piece.size) {
    const ssize_t count = repeated([&] {
      return ::pwrite(to->descriptor_.get(), piece.bytes.get() + written, piece.size - written,
                      static_cast<off_t>(offset + written));
    });
    if (count < 0) {
      return failed("pwrite", count);
    }
    written += static_cast<std::size_t>(count);
  }
  return nothing{};
}

result<std::uint64_t> opened_file::size(const shared& of) {
  struct stat found{};
  const ssize_t status = repeated([&] { return ::fstat(of->descriptor_.get(), &found); });
  if (status < 0) {
    return failed("fstat", status);
  }
  return static_cast<std::uint64_t>(found.st_size);
}

result<void> opened_file::truncate(const shared& cut, std::uint64_t size) {
  return done("ftruncate", repeated([&] {
                return ::ftruncate(cut->descriptor_.get(), static_cast<off_t>(size));
              }));
}

result<void> opened_file::sync(const shared& written) {
  return done("fsync", repeated([&] { return ::fsync(written->descriptor_.get()); }));
}

result<void> opened_file::data_sync(const shared& written) {
  return done("fdatasync", repeated([&] { return ::fdatasync(written->descriptor_.get()); }));
}

// A close that was interrupted has closed: see close(2).
result<void> opened_file::close(shared last) {
  if (last.use_count() > 1) {
    return failure_cause{EBUSY, "close"};
  }
  if (::close(last->descriptor_.release()) != 0 && errno != EINTR) {
    return failure_cause{errno, "close"};
  }
  return nothing{};
}

}  // namespace jackdaw::io
