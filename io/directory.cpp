// readdir() in the threads of the blocking pool.
#include <jackdaw/io/directory.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string_view>
#include <utility>

namespace jackdaw::io {

struct directory::listing {
  listing(DIR* opened, std::string its_path) : stream(opened), path(std::move(its_path)) {}
  listing(const listing&) = delete;
  listing& operator=(const listing&) = delete;
  ~listing() { ::closedir(stream); }

  DIR* const stream;
  const std::string path;
  std::mutex lock;
  std::vector<directory_entry> waiting;  // Under the lock, as is reading the stream.
};

namespace {

file_type type_of(unsigned char found) noexcept {
  switch (found) {
    case DT_REG:
      return file_type::regular;
    case DT_DIR:
      return file_type::directory;
    case DT_LNK:
      return file_type::link;
    case DT_SOCK:
      return file_type::socket;
    case DT_FIFO:
      return file_type::pipe;
    case DT_BLK:
    case DT_CHR:
      return file_type::device;
    default:
      return file_type::unknown;
  }
}

}  // namespace

struct directory::calls {
  using shared = std::shared_ptr<listing>;

  static result<shared> open(std::string path) {
    if (path.find('\0') != std::string::npos) {
      return failure_cause{EINVAL, "open"};
    }
    const int number = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (number < 0) {
      return failure_cause{errno, "open"};
    }
    DIR* const stream = ::fdopendir(number);
    if (stream == nullptr) {
      const int failure = errno;
      ::close(number);
      return failure_cause{failure, "open"};
    }
    return std::make_shared<listing>(stream, std::move(path));
  }

  static result<void> fill(const shared& from) {
    const std::lock_guard guard(from->lock);
    if (!from->waiting.empty()) {
      return nothing{};
    }
    while (from->waiting.size() < batch_max) {
      errno = 0;
      const dirent* const entry = ::readdir(from->stream);
      if (entry == nullptr) {
        const int failure = errno;
        if (failure != 0 && from->waiting.empty()) {
          return failure_cause{failure, "readdir"};
        }
        return nothing{};
      }
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") {
        from->waiting.push_back({std::string(name), type_of(entry->d_type)});
      }
    }
    return nothing{};
  }
};

directory::directory(std::shared_ptr<listing> listing) noexcept : listing_(std::move(listing)) {}

task<result<directory>> directory::try_open(std::string path) {
  result<std::shared_ptr<listing>> opened = co_await to_thread(&calls::open, std::move(path));
  if (!opened.ok()) {
    co_return opened.cause();
  }
  co_return directory(std::move(*opened));
}

task<directory> directory::open(std::string path) {
  result<directory> opened = co_await try_open(path);
  if (!opened.ok()) {
    throw error(opened.error_number(), opened.cause().call, path);
  }
  co_return std::move(*opened);
}

task<result<std::vector<directory_entry>>> directory::try_next() {
  if (listing_ == nullptr) {
    co_return failure_cause{EBADF, "readdir"};
  }
  const std::shared_ptr<listing> from = listing_;
  const result<void> filled = co_await to_thread(&calls::fill, from);
  if (!filled.ok()) {
    co_return filled.cause();
  }
  const std::lock_guard guard(from->lock);
  co_return std::exchange(from->waiting, {});
}

task<std::vector<directory_entry>> directory::next() {
  result<std::vector<directory_entry>> batch = co_await try_next();
  if (!batch.ok()) {
    throw error(batch.error_number(), batch.cause().call, path());
  }
  co_return std::move(*batch);
}

const std::string& directory::path() const {
  static const std::string none;
  return listing_ == nullptr ? none : listing_->path;
}

}  // namespace jackdaw::io
