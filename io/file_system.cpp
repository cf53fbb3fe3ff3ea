// Each function as one call of the blocking pool, which gives a result; the throwing form adds the path.
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/file_system.hpp>
#include <jackdaw/io/repeated.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

namespace jackdaw::io {
namespace {

constexpr std::size_t copy_piece = std::size_t{64} << 20;
constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

// A name with a NUL in it would be cut off there, and mean another file.
bool is_name(const std::string& path) noexcept { return path.find('\0') == std::string::npos; }

// A call of these names that gives 0 or an errno.
template <class Call>
result<void> done(const char* name, std::initializer_list<const std::string*> paths, Call call) {
  for (const std::string* const path : paths) {
    if (!is_name(*path)) {
      return failure_cause{EINVAL, name};
    }
  }
  const int status = repeated(call);
  if (status < 0) {
    return failure_cause{-status, name};
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

file_type type_of(mode_t mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return file_type::regular;
    case S_IFDIR:
      return file_type::directory;
    case S_IFLNK:
      return file_type::link;
    case S_IFSOCK:
      return file_type::socket;
    case S_IFIFO:
      return file_type::pipe;
    case S_IFBLK:
    case S_IFCHR:
      return file_type::device;
    default:
      return file_type::unknown;
  }
}

std::chrono::system_clock::time_point time_of(const timespec& found) {
  const auto since_epoch =
      std::chrono::seconds(found.tv_sec) + std::chrono::nanoseconds(found.tv_nsec);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

result<file_status> look_at(const std::string& path, bool through_links) {
  struct stat found{};
  const result<void> looked = done(through_links ? "stat" : "lstat", {&path}, [&] {
    return through_links ? ::stat(path.c_str(), &found) : ::lstat(path.c_str(), &found);
  });
  if (!looked.ok()) {
    return looked.cause();
  }
  file_status told;
  told.type = type_of(found.st_mode);
  told.permissions = found.st_mode & static_cast<mode_t>(07777);
  told.user = found.st_uid;
  told.group = found.st_gid;
  told.size = static_cast<std::uint64_t>(found.st_size);
  told.links = found.st_nlink;
  told.device = found.st_dev;
  told.inode = found.st_ino;
  told.modified = time_of(found.st_mtim);
  told.accessed = time_of(found.st_atim);
  return told;
}

result<void> rename_now(const std::string& from, const std::string& to) {
  return done("rename", {&from, &to}, [&] { return ::rename(from.c_str(), to.c_str()); });
}

result<void> unlink_now(const std::string& path) {
  return done("unlink", {&path}, [&] { return ::unlink(path.c_str()); });
}

result<void> make_directory_now(const std::string& path, mode_t permissions) {
  return done("mkdir", {&path}, [&] { return ::mkdir(path.c_str(), permissions); });
}

result<void> remove_directory_now(const std::string& path) {
  return done("rmdir", {&path}, [&] { return ::rmdir(path.c_str()); });
}

result<file_descriptor> open_now(const std::string& path, int flags, mode_t permissions = 0) {
  if (!is_name(path)) {
    return failure_cause{EINVAL, "open"};
  }
  const int number = repeated([&] { return ::open(path.c_str(), flags | O_CLOEXEC, permissions); });
  if (number < 0) {
    return failure_cause{-number, "open"};
  }
  return file_descriptor(number);
}

// Its size is where to begin with: files grow, and those of /proc say that they are empty.
result<std::string> read_now(const std::string& path, std::size_t limit) {
  result<file_descriptor> opened = open_now(path, O_RDONLY);
  if (!opened.ok()) {
    return opened.cause();
  }
  struct stat found{};
  const int status = ::fstat(opened->get(), &found);
  if (status == 0 && S_ISREG(found.st_mode) && static_cast<std::size_t>(found.st_size) > limit) {
    return failure_cause{EFBIG, "read"};
  }
  std::string text;
  std::size_t size = 0;
  text.resize(status == 0 ? static_cast<std::size_t>(found.st_size) + 1 : buffer_bytes);
  while (true) {
    if (size == text.size()) {
      text.resize(size + std::max(size, buffer_bytes));
    }
    const ssize_t count =
        repeated([&] { return ::read(opened->get(), text.data() + size, text.size() - size); });
    if (count < 0) {
      return failure_cause{static_cast<int>(-count), "read"};
    }
    size += static_cast<std::size_t>(count);
    if (size > limit) {
      return failure_cause{EFBIG, "read"};
    }
    if (count == 0) {
      text.resize(size);
      return text;
    }
  }
}

// Negative errno, or 0.
int write_whole(int descriptor, const char* bytes, std::size_t size) noexcept {
  while (size > 0) {
    const ssize_t count = repeated([&] { return ::write(descriptor, bytes, size); });
    if (count < 0) {
      return static_cast<int>(count);
    }
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return 0;
}

// A name beside `path` that nobody else has: O_EXCL decides, the number only makes it likely.
std::string name_beside(const std::string& path) {
  static std::atomic<unsigned> count{0};
  const unsigned number = count.fetch_add(1);
  return path + ".new-" + std::to_string(::getpid()) + "-" + std::to_string(number);
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

result<void> fill_and_sync(int descriptor, const std::string& path, const std::string& bytes,
                           const write_file_options& options) {
  struct stat old{};
  if (::lstat(path.c_str(), &old) == 0 && S_ISREG(old.st_mode)) {
    // Not to be allowed to is no reason to fail: the file is ours then, with our rights.
    static_cast<void>(::fchmod(descriptor, old.st_mode & static_cast<mode_t>(07777)));
  }
  const int status = write_whole(descriptor, bytes.data(), bytes.size());
  if (status < 0) {
    return failure_cause{-status, "write"};
  }
  if (options.sync && ::fsync(descriptor) != 0) {
    return failure_cause{errno, "fsync"};
  }
  return nothing{};
}

result<void> write_now(const std::string& path, const std::string& bytes,
                       const write_file_options& options) {
  std::string beside = name_beside(path);
  result<file_descriptor> made = open_now(beside, O_WRONLY | O_CREAT | O_EXCL, options.permissions);
  while (made.error_number() == EEXIST) {
    beside = name_beside(path);
    made = open_now(beside, O_WRONLY | O_CREAT | O_EXCL, options.permissions);
  }
  if (!made.ok()) {
    return made.cause();
  }
  result<void> written = fill_and_sync(made->get(), path, bytes, options);
  // Some file systems tell here only that there was no room.
  if (::close(made->release()) != 0 && errno != EINTR && written.ok()) {
    written = failure_cause{errno, "close"};
  }
  if (written.ok()) {
    written = rename_now(beside, path);
  }
  if (!written.ok()) {
    ::unlink(beside.c_str());
    return written;
  }
  if (options.sync) {
    result<file_descriptor> directory = open_now(directory_of(path), O_RDONLY | O_DIRECTORY);
    // A directory that may be written but not read is as good as it gets.
    if (directory.ok() && ::fsync(directory->get()) != 0 && errno != EINVAL) {
      return failure_cause{errno, "fsync"};
    }
  }
  return written;
}

// -- Copying ------------------------------------------------------------------------------------------

// Shared by the pool's calls: one that is abandoned still has its descriptors.
struct copying {
  file_descriptor from;
  file_descriptor to;
  bool by_kernel = true;
};

// The file `to` is cut off only when it is sure to be another one.
result<std::shared_ptr<copying>> begin_copy(const std::string& from, const std::string& to) {
  auto made = std::make_shared<copying>();
  result<file_descriptor> source = open_now(from, O_RDONLY);
  if (!source.ok()) {
    return source.cause();
  }
  made->from = std::move(*source);
  struct stat found{};
  if (::fstat(made->from.get(), &found) != 0) {
    return failure_cause{errno, "stat"};
  }
  if (S_ISDIR(found.st_mode)) {
    return failure_cause{EINVAL, "copy"};
  }
  const auto permissions = static_cast<mode_t>(found.st_mode & static_cast<mode_t>(0777));
  result<file_descriptor> target = open_now(to, O_WRONLY | O_CREAT, permissions);
  if (!target.ok()) {
    return target.cause();
  }
  made->to = std::move(*target);
  struct stat there{};
  if (::fstat(made->to.get(), &there) != 0) {
    return failure_cause{errno, "stat"};
  }
  if (there.st_dev == found.st_dev && there.st_ino == found.st_ino) {
    return failure_cause{EINVAL, "copy"};
  }
  // Not of an empty one: ext4 starts writing at close() what was cut to nothing before, as if it were a
  // replacement that must survive a crash (auto_da_alloc). A copy to a new file took twice the time by it.
  if (S_ISREG(there.st_mode) && there.st_size > 0 && ::ftruncate(made->to.get(), 0) != 0) {
    return failure_cause{errno, "ftruncate"};
  }
  static_cast<void>(::fchmod(made->to.get(), permissions));
  return made;
}

// Refused: across file systems, for files of /proc and the like, under seccomp.
bool is_refusal(ssize_t status) noexcept {
  return status == -EXDEV || status == -EINVAL || status == -ENOSYS || status == -EOPNOTSUPP ||
         status == -EPERM || status == -EBADF;
}

ssize_t copy_through_memory(const copying& files, std::byte* buffer) noexcept {
  const ssize_t count = repeated([&] { return ::read(files.from.get(), buffer, buffer_bytes); });
  if (count <= 0) {
    return count;
  }
  const int status = write_whole(files.to.get(), reinterpret_cast<const char*>(buffer),
                                 static_cast<std::size_t>(count));
  return status < 0 ? status : count;
}

// Up to a piece; 0 at the end. The kernel's way gives 0 too for files that only look empty: so an end that
// it tells is asked for again by read(2).
result<std::uint64_t> copy_some(const std::shared_ptr<copying>& files) {
  std::uint64_t total = 0;
  while (files->by_kernel && total < copy_piece) {
    const ssize_t count = repeated([&] {
      return ::copy_file_range(files->from.get(), nullptr, files->to.get(), nullptr,
                               copy_piece - total, 0);
    });
    if (count <= 0 && (count == 0 || is_refusal(count))) {
      files->by_kernel = false;
    } else if (count < 0) {
      return failure_cause{static_cast<int>(-count), "copy"};
    } else {
      total += static_cast<std::uint64_t>(count);
    }
  }
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes);
  while (!files->by_kernel && total < copy_piece) {
    const ssize_t count = copy_through_memory(*files, buffer.get());
    if (count < 0) {
      return failure_cause{static_cast<int>(-count), "copy"};
    }
    if (count == 0) {
      break;
    }
    total += static_cast<std::uint64_t>(count);
  }
  return total;
}

}  // namespace

task<result<file_status>> try_status(std::string path) {
  co_return co_await to_thread(&look_at, std::move(path), true);
}

task<file_status> status(std::string path) {
  result<file_status> found = co_await try_status(path);
  co_return value_of(std::move(found), path);
}

task<result<file_status>> try_link_status(std::string path) {
  co_return co_await to_thread(&look_at, std::move(path), false);
}

task<file_status> link_status(std::string path) {
  result<file_status> found = co_await try_link_status(path);
  co_return value_of(std::move(found), path);
}

task<result<void>> try_rename(std::string from, std::string to) {
  co_return co_await to_thread(&rename_now, std::move(from), std::move(to));
}

task<void> rename(std::string from, std::string to) {
  result<void> renamed = co_await try_rename(from, to);
  value_of(std::move(renamed), from + " to " + to);
}

task<result<void>> try_unlink(std::string path) {
  co_return co_await to_thread(&unlink_now, std::move(path));
}

task<void> unlink(std::string path) {
  result<void> removed = co_await try_unlink(path);
  value_of(std::move(removed), path);
}

task<result<void>> try_make_directory(std::string path, mode_t permissions) {
  co_return co_await to_thread(&make_directory_now, std::move(path), permissions);
}

task<void> make_directory(std::string path, mode_t permissions) {
  result<void> made = co_await try_make_directory(path, permissions);
  value_of(std::move(made), path);
}

task<result<void>> try_remove_directory(std::string path) {
  co_return co_await to_thread(&remove_directory_now, std::move(path));
}

task<void> remove_directory(std::string path) {
  result<void> removed = co_await try_remove_directory(path);
  value_of(std::move(removed), path);
}

task<result<std::string>> try_read_file(std::string path, std::size_t limit) {
  co_return co_await to_thread(&read_now, std::move(path), limit);
}

task<std::string> read_file(std::string path, std::size_t limit) {
  result<std::string> text = co_await try_read_file(path, limit);
  co_return value_of(std::move(text), path);
}

task<result<void>> try_write_file(std::string path, std::string bytes, write_file_options options) {
  co_return co_await to_thread(&write_now, std::move(path), std::move(bytes), options);
}

task<void> write_file(std::string path, std::string bytes, write_file_options options) {
  result<void> written = co_await try_write_file(path, std::move(bytes), options);
  value_of(std::move(written), path);
}

task<result<std::uint64_t>> try_copy_file(std::string from, std::string to) {
  const result<std::shared_ptr<copying>> files =
      co_await to_thread(&begin_copy, std::move(from), std::move(to));
  if (!files.ok()) {
    co_return files.cause();
  }
  std::uint64_t total = 0;
  while (true) {
    const result<std::uint64_t> piece = co_await to_thread(&copy_some, *files);
    if (!piece.ok()) {
      co_return piece;
    }
    total += *piece;
    // Less than a piece is what is left at the end.
    if (*piece < copy_piece) {
      co_return total;
    }
  }
}

task<std::uint64_t> copy_file(std::string from, std::string to) {
  result<std::uint64_t> total = co_await try_copy_file(from, to);
  co_return value_of(std::move(total), from + " to " + to);
}

}  // namespace jackdaw::io
