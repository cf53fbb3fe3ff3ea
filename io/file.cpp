// Opening, and calls that hold a share of what is open.
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace jackdaw::io {

struct file::opened {
  file_descriptor descriptor;
  std::string path;
};

namespace {

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

// Calls `call` again while signals interrupt it; throws io::error that names the path.
template <class Call>
auto checked(const char* name, const std::string& path, Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  if (result < 0) {
    throw error(errno, name, path);
  }
  return result;
}

int open_now(const std::string& path, const file_options& options) {
  if ((options.create || options.truncate) && !options.write) {
    throw error(EINVAL, "open", path);
  }
  if (path.find('\0') != std::string::npos) {
    throw error(EINVAL, "open", path.substr(0, path.find('\0')));
  }
  return checked("open", path,
                 [&] { return ::open(path.c_str(), flags_of(options), options.permissions); });
}

}  // namespace

// What the blocking pool calls. Each gets its share of the file by value, and gives memory of its own.
struct file::calls {
  using shared = std::shared_ptr<opened>;

  static shared open(std::string path, const file_options& options) {
    auto made = std::make_shared<opened>();
    made->descriptor = file_descriptor(open_now(path, options));
    made->path = std::move(path);
    return made;
  }

  static std::vector<std::byte> read(const shared& from, std::uint64_t offset, std::size_t size) {
    std::vector<std::byte> bytes(size);
    const auto count = checked("pread", from->path, [&] {
      return ::pread(from->descriptor.get(), bytes.data(), size, static_cast<off_t>(offset));
    });
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }

  static void write(const shared& to, std::uint64_t offset, const std::vector<std::byte>& bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
      const auto count = checked("pwrite", to->path, [&] {
        return ::pwrite(to->descriptor.get(), bytes.data() + written, bytes.size() - written,
                        static_cast<off_t>(offset + written));
      });
      written += static_cast<std::size_t>(count);
    }
  }

  static std::uint64_t size(const shared& of) {
    struct stat found{};
    checked("fstat", of->path, [&] { return ::fstat(of->descriptor.get(), &found); });
    return static_cast<std::uint64_t>(found.st_size);
  }

  static void truncate(const shared& cut, std::uint64_t size) {
    checked("ftruncate", cut->path,
            [&] { return ::ftruncate(cut->descriptor.get(), static_cast<off_t>(size)); });
  }

  static void sync(const shared& written) {
    checked("fsync", written->path, [&] { return ::fsync(written->descriptor.get()); });
  }

  // A close that was interrupted has closed: see close(2).
  static void close(shared last) {
    if (last.use_count() > 1) {
      throw error(EBUSY, "close", last->path);
    }
    if (::close(last->descriptor.release()) != 0 && errno != EINTR) {
      throw error(errno, "close", last->path);
    }
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

std::shared_ptr<file::opened> file::share() const {
  if (opened_ == nullptr) {
    throw error(EBADF, "file");
  }
  return opened_;
}

task<file> file::open(std::string path, file_options options) {
  std::shared_ptr<opened> made = co_await to_thread(&calls::open, std::move(path), options);
  co_return file(std::move(made));
}

task<std::size_t> file::read_at(std::uint64_t offset, std::span<std::byte> into) {
  const std::size_t size = std::min(into.size(), piece_max);
  const std::vector<std::byte> bytes = co_await to_thread(&calls::read, share(), offset, size);
  std::copy(bytes.begin(), bytes.end(), into.begin());
  co_return bytes.size();
}

task<void> file::write_at(std::uint64_t offset, std::span<const std::byte> from) {
  while (!from.empty()) {
    const auto piece = from.first(std::min(from.size(), piece_max));
    std::vector<std::byte> bytes(piece.begin(), piece.end());
    co_await to_thread(&calls::write, share(), offset, std::move(bytes));
    offset += piece.size();
    from = from.subspan(piece.size());
  }
}

task<std::string> file::read_all(std::size_t limit) {
  std::string text;
  while (true) {
    const std::vector<std::byte> bytes =
        co_await to_thread(&calls::read, share(), std::uint64_t{text.size()}, piece_max);
    if (bytes.empty()) {
      co_return text;
    }
    if (bytes.size() > limit - text.size()) {
      throw error(EFBIG, "read", path());
    }
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

task<std::uint64_t> file::size() {
  const std::uint64_t size = co_await to_thread(&calls::size, share());
  co_return size;
}

task<void> file::truncate(std::uint64_t size) {
  co_await to_thread(&calls::truncate, share(), size);
}

task<void> file::sync() { co_await to_thread(&calls::sync, share()); }

task<void> file::close() {
  std::shared_ptr<opened> last = share();
  opened_.reset();
  co_await to_thread(&calls::close, std::move(last));
}

const std::string& file::path() const {
  static const std::string none;
  return opened_ == nullptr ? none : opened_->path;
}

int file::native_handle() const noexcept {
  return opened_ == nullptr ? -1 : opened_->descriptor.get();
}

}  // namespace jackdaw::io
