// The entries of a directory, in batches.
//
// Nothing is lost to a cancellation
// ---------------------------------
// A call of the pool moves entries from the kernel into `listing`, from where the waiter takes them. If the
// waiter has left, they wait there for the next one.
#pragma once

#include <jackdaw/io/file_system.hpp>

#include <memory>
#include <string>
#include <vector>

namespace jackdaw::io {

struct directory_entry {
  std::string name;
  /// As the directory knows it: some file systems do not tell, then it is `unknown`, and status() knows.
  file_type type = file_type::unknown;
};

/// An open directory, read from begin to end:
///
///   auto entries = co_await io::directory::open(path);
///   while (true) {
///     const auto batch = co_await entries.next();
///     if (batch.empty()) break;
///     ...
///   }
///
/// Suspends      Every operation always does, until a thread of the blocking pool has done it.
/// Threads       One task at a time. Move-only.
/// Errors        io::error that names the path; the try_ forms return it as a result.
/// Cancellation  The waiter leaves at once; no entry is lost.
/// Source        opendir(3), readdir(3). os.scandir.
class directory {
 public:
  directory() noexcept = default;

  static task<directory> open(std::string path);
  static task<result<directory>> try_open(std::string path);

  /// Some more entries, at most batch_max, without "." and "..", in no particular order; none at the end.
  task<std::vector<directory_entry>> next();
  task<result<std::vector<directory_entry>>> try_next();
  static constexpr std::size_t batch_max = 256;

  [[nodiscard]] const std::string& path() const;
  explicit operator bool() const noexcept { return listing_ != nullptr; }

 private:
  struct listing;
  struct calls;
  explicit directory(std::shared_ptr<listing> listing) noexcept;

  std::shared_ptr<listing> listing_;
};

}  // namespace jackdaw::io
