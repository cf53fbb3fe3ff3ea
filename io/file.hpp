// Regular files, by calls in the threads of the blocking pool.
//
// Who owns what while a call runs
// -------------------------------
// A cancelled waiter leaves at once, but the call that has begun runs on (see to_thread()). So a call never
// touches memory of its waiter: it reads into memory of its own, which is copied when the waiter is still
// there, and writes from a copy. And it holds a share of the descriptor: close() gives up ours, and the last
// share closes it, so that no call ever hits a number that means another file by then.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/task.hpp>

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace jackdaw::io {

struct file_options {
  bool read = true;
  bool write = false;
  bool create = false;     // If there is none; needs `write`.
  bool exclusive = false;  // With `create`: an error if there is one.
  bool truncate = false;   // Needs `write`.
  mode_t permissions = 0666;

  /// To read what is there.
  static file_options for_reading() noexcept { return {}; }
  /// To begin anew, whether or not there was one.
  static file_options for_writing() noexcept;
};

/// An open regular file. Move-only. It has no position: each call says where.
///
/// Suspends      Every operation always does, until a thread of the blocking pool has done it.
/// Threads       Any number of tasks at a time, on any workers.
/// Errors        io::error that names the path.
/// Cancellation  The waiter leaves at once; a call that has begun goes on. A file that was being opened is
///               closed; of a write a part, or all, may have been done, or be done later.
/// Cost          A thread switch each way, an allocation and a copy of the bytes.
class file {
 public:
  file() noexcept = default;

  /// Always close-on-exec. Source: open(2).
  static task<file> open(std::string path, file_options options = {});

  /// Reads at `offset`, up to `into.size()` bytes and piece_max; gives the number, 0 at or behind the end.
  /// Source: pread(2).
  task<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into);
  /// Writes all of `from` at `offset`. Source: pwrite(2).
  task<void> write_at(std::uint64_t offset, std::span<const std::byte> from);
  static constexpr std::size_t piece_max = std::size_t{1} << 20;

  /// From the begin to the end, which may move meanwhile. Throws io::error: EFBIG beyond `limit` bytes.
  task<std::string> read_all(std::size_t limit = std::size_t{1} << 30);

  [[nodiscard]] task<std::uint64_t> size();
  /// Cuts off, or appends zeroes. Source: ftruncate(2).
  task<void> truncate(std::uint64_t size);
  /// Until everything is on the medium. Source: fsync(2).
  task<void> sync();

  /// Closes and reports what close(2) says: on some file systems the only word of a failed write. Closed
  /// also if it throws, and EBUSY if calls still run: the last one closes then.
  task<void> close();

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] int native_handle() const noexcept;
  explicit operator bool() const noexcept { return opened_ != nullptr; }

 private:
  struct opened;
  struct calls;
  explicit file(std::shared_ptr<opened> opened) noexcept;
  [[nodiscard]] std::shared_ptr<opened> share() const;

  std::shared_ptr<opened> opened_;
};

}  // namespace jackdaw::io
