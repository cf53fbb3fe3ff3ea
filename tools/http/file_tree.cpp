// Names to files, and what is remembered of them.

#include <jackdaw/io/error.hpp>
#include <jackdaw/tools/http/file_tree.hpp>
#include <jackdaw/tools/http/url_path.hpp>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <utility>

namespace jackdaw::http {

namespace {

// glibc has no openat2().
int open_beneath(int root, const char* name, int flags) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int descriptor = -1;
  // EAGAIN: something on the way was renamed, so the kernel could not be sure.
  constexpr int attempts_max = 16;
  for (int attempt = 0; attempt < attempts_max && descriptor < 0; ++attempt) {
    descriptor = static_cast<int>(syscall(SYS_openat2, root, name, &how, sizeof how));
    if (errno != EAGAIN && errno != EINTR) {
      break;
    }
  }
  return descriptor;
}

status verdict_on(int error_number) noexcept {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case EINVAL:
      return status::not_found;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EXDEV:  // It leads out of the directory.
    case ENXIO:  // A socket.
      return status::forbidden;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return status::service_unavailable;
    default:
      return status::internal_error;
  }
}

}  // namespace

file_tree::file_tree(const std::string& directory)
    : root_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!root_) {
    throw io::error(errno, "open", directory);
  }
  const io::file_descriptor probe(open_beneath(root_.get(), ".", O_PATH | O_DIRECTORY));
  if (!probe) {
    throw io::error(errno, "openat2", directory);
  }
}

file_tree::shard& file_tree::shard_of(std::string_view path) noexcept {
  return shards_[std::hash<std::string_view>()(path) % shard_count];
}

std::shared_ptr<const served_file> file_tree::find(std::string_view path, time_point now) {
  shard& own = shard_of(path);
  const std::scoped_lock guard(own.lock);
  const auto found = own.by_path.find(path);
  if (found == own.by_path.end()) {
    return nullptr;
  }
  entry& known = *found->second;
  own.entries.splice(own.entries.begin(), own.entries, found->second);
  if (now - known.checked >= believed_for) {
    known.checked = now;  // Who asks now will look; others need not.
    return nullptr;
  }
  return known.file;
}

looked_up file_tree::look_up(const std::string& path, time_point now) {
  shard& own = shard_of(path);
  std::shared_ptr<const served_file> known;
  {
    const std::scoped_lock guard(own.lock);
    const auto found = own.by_path.find(path);
    known = found == own.by_path.end() ? nullptr : found->second->file;
  }
  looked_up result = open(path, known);
  if (result.code == status::ok) {
    remember(path, result.file, now);
  } else if (known != nullptr) {
    const std::scoped_lock guard(own.lock);
    if (const auto found = own.by_path.find(path); found != own.by_path.end()) {
      forget(own, found->second);
    }
  }
  return result;
}

looked_up file_tree::open(const std::string& path,
                          const std::shared_ptr<const served_file>& known) const {
  std::string name;
  const status verdict = decode_path(path, name);
  if (verdict != status::none) {
    return looked_up(verdict);
  }
  name.erase(0, name.find_first_not_of('/'));
  if (!name.empty() && name.back() != '/') {
    return open_name(name, known);
  }
  const looked_up index = open_name(name + "index.html", known);
  if (index.code == status::moved_permanently) {
    return looked_up(status::forbidden);  // "index.html" is a directory.
  }
  if (index.code != status::not_found) {
    return index;
  }
  // There is a directory, but we do not say what is in it.
  name += '.';
  const io::file_descriptor directory(
      open_beneath(root_.get(), name.c_str(), O_PATH | O_DIRECTORY));
  return looked_up(directory ? status::forbidden : verdict_on(errno));
}

looked_up file_tree::open_name(const std::string& name,
                               const std::shared_ptr<const served_file>& known) const {
  // Non-blocking, or opening a pipe would wait for a writer.
  io::file_descriptor opened(
      open_beneath(root_.get(), name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat facts{};
  if (!opened || fstat(opened.get(), &facts) != 0) {
    return looked_up(verdict_on(errno));
  }
  if (S_ISDIR(facts.st_mode)) {
    return looked_up(status::moved_permanently);
  }
  if (!S_ISREG(facts.st_mode)) {
    return looked_up(status::forbidden);
  }
  if (known != nullptr && known->is_still(facts)) {
    return looked_up(known);
  }
  return looked_up(std::make_shared<const served_file>(std::move(opened), facts, name));
}

void file_tree::remember(const std::string& path, const std::shared_ptr<const served_file>& file,
                         time_point now) {
  shard& own = shard_of(path);
  const std::scoped_lock guard(own.lock);
  if (const auto found = own.by_path.find(path); found != own.by_path.end()) {
    forget(own, found->second);
  }
  own.entries.push_front(entry{path, file, now});
  own.by_path.emplace(own.entries.front().path, own.entries.begin());
  own.bytes += file->content().size();
  while (own.entries.size() > files_max / shard_count || own.bytes > bytes_max / shard_count) {
    forget(own, std::prev(own.entries.end()));
  }
}

void file_tree::forget(shard& from, std::list<entry>::iterator which) {
  from.bytes -= which->file->content().size();
  from.by_path.erase(which->path);
  from.entries.erase(which);
}

std::size_t file_tree::size() const {
  std::size_t count = 0;
  for (const shard& each : shards_) {
    const std::scoped_lock guard(each.lock);
    count += each.entries.size();
  }
  return count;
}

}  // namespace jackdaw::http
