// The files below a directory, by the paths of URLs.
//
// Who may block
// -------------
// Looking up a file takes calls that may wait for a disk, so it is done in the threads of the blocking pool.
// What was found is remembered, within bounds, and believed for a second: a file that is asked for often is
// looked at once a second, by one request, while the others get what was there.
//
//   find()     on a worker: never blocks
//   look_up()  in a thread of the blocking pool
//
// The directory is opened once; whatever it is called later, files are those below it. The kernel resolves
// their names (openat2, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS): neither dots nor links lead out of it.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/tools/http/served_file.hpp>
#include <jackdaw/tools/http/status.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace jackdaw::http {

struct looked_up {
  looked_up() noexcept = default;
  explicit looked_up(status verdict) noexcept : code(verdict) {}
  explicit looked_up(std::shared_ptr<const served_file> found) noexcept
      : code(status::ok), file(std::move(found)) {}

  status code = status::not_found;  // ok: there is a file. moved_permanently: a slash is missing.
  std::shared_ptr<const served_file> file;
};

/// Threads: any.
class file_tree {
 public:
  static constexpr duration believed_for = std::chrono::seconds(1);
  static constexpr std::size_t shard_count = 16;
  static constexpr std::size_t files_max = 1024;
  static constexpr std::uint64_t bytes_max = std::uint64_t{32} * 1024 * 1024;

  /// Throws io::error with the directory's name; ENOSYS where the kernel, or a sandbox, has no openat2().
  explicit file_tree(const std::string& directory);

  /// What is known and still believed; null: look_up() has to be asked.
  [[nodiscard]] std::shared_ptr<const served_file> find(std::string_view path, time_point now);

  /// Looks at the disk. `path` is that of a URL, as it was sent. `now` is when the request arrived.
  [[nodiscard]] looked_up look_up(const std::string& path, time_point now);

  /// Files that are remembered.
  [[nodiscard]] std::size_t size() const;

 private:
  struct entry {
    std::string path;
    std::shared_ptr<const served_file> file;
    time_point checked;
  };
  struct shard {
    mutable std::mutex lock;
    std::list<entry> entries;  // The last used one first.
    std::unordered_map<std::string_view, std::list<entry>::iterator> by_path;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] shard& shard_of(std::string_view path) noexcept;
  [[nodiscard]] looked_up open(const std::string& path,
                               const std::shared_ptr<const served_file>& known) const;
  [[nodiscard]] looked_up open_name(const std::string& name,
                                    const std::shared_ptr<const served_file>& known) const;
  void remember(const std::string& path, const std::shared_ptr<const served_file>& file,
                time_point now);
  static void forget(shard& from, std::list<entry>::iterator which);

  io::file_descriptor root_;
  std::array<shard, shard_count> shards_;
};

}  // namespace jackdaw::http
