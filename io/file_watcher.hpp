// Changes of files as something to await: inotify.
//
// What it is not: a picture of the file system. Events say that something happened, in order; by the time
// they are read more may have happened, and if nobody reads for long the kernel drops some and says so
// (overflow): then look at the files themselves.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::io {

/// What may happen to a file that is watched, or to the entries of a directory that is. The values are
/// the kernel's.
enum class file_change : std::uint32_t {
  modified = 0x0002,      // Written to, or truncated.
  attributes = 0x0004,    // Rights, owner, times, number of links.
  written = 0x0008,       // Closed by somebody who might have written: the change is complete.
  moved_from = 0x0040,    // Renamed away; moved_to has the same cookie.
  moved_to = 0x0080,      // Renamed to here.
  created = 0x0100,       // In a directory.
  deleted = 0x0200,       // From a directory.
  self_deleted = 0x0400,  // What is watched itself.
  self_moved = 0x0800,
  any = 0x0FCE,  // All of the above: the default of what to look for.

  // Reported whether asked for or not.
  unmounted = 0x2000,
  overflow = 0x4000,   // Events were lost; no path.
  unwatched = 0x8000,  // The end of this watch: the file is gone.
};

[[nodiscard]] constexpr file_change operator|(file_change left, file_change right) noexcept {
  return static_cast<file_change>(static_cast<std::uint32_t>(left) |
                                  static_cast<std::uint32_t>(right));
}
/// True if `kinds` has one of `wanted`.
[[nodiscard]] constexpr bool has(file_change kinds, file_change wanted) noexcept {
  return (static_cast<std::uint32_t>(kinds) & static_cast<std::uint32_t>(wanted)) != 0;
}

struct file_event {
  file_event(std::string where, file_change what, std::uint32_t pair, bool directory)
      : path(std::move(where)), kinds(what), cookie(pair), is_directory(directory) {}

  /// As it was given to watch(); of an entry of a directory with "/" and its name.
  std::string path;
  file_change kinds;
  /// The same for the two halves of a rename, else 0.
  std::uint32_t cookie;
  /// What the event is about is a directory.
  bool is_directory;
};

/// Watches files and directories, the latter with their entries but not with what is below those.
///
/// Threads       One task awaits next(); watch() and unwatch() from any thread meanwhile.
/// Errors        io::error; the try_ forms return it as a result. The constructor: EMFILE, at fs.inotify.max_user_instances.
/// Source        inotify(7).
class file_watcher {
 public:
  file_watcher();

  /// From now on. A file has one watch, however many names it is given by: the last name is the one in events,
  /// and the last kinds are those looked for.
  ///
  /// Errors        ENOENT, EACCES; ENOSPC at fs.inotify.max_user_watches.
  void watch(const std::string& path, file_change kinds = file_change::any);
  result<void> try_watch(const std::string& path, file_change kinds = file_change::any);
  /// No event of this path comes any more, not even one that has happened. False if it was not watched.
  bool unwatch(const std::string& path);

  /// The next event, in the order in which they happened. Equal ones in a row come once.
  ///
  /// Cancellation  Loses none.
  task<file_event> next();
  task<result<file_event>> try_next();

 private:
  void take(std::span<const std::byte> records);
  void take_one(int watch, std::uint32_t mask, std::uint32_t cookie, const char* name);

  struct pending {
    int watch;
    file_event event;
  };

  file_descriptor inotify_;
  std::mutex lock_;
  std::map<int, std::string> paths_;  // Under the lock, by watch.
  std::deque<pending> events_;        // Under the lock.
};

}  // namespace jackdaw::io
