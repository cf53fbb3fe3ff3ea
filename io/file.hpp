// Regular files: reads of what the kernel has in memory on the spot, everything else by calls in the
// threads of the blocking pool.
//
// Who owns what while a call runs
// -------------------------------
// A cancelled waiter leaves at once, but the call that has begun runs on (see to_thread()). So a call never
// touches memory of its waiter: it reads into memory of its own, which is copied when the waiter is still
// there, and writes from a copy. And it holds a share of the descriptor: close() gives up ours, and the last
// share closes it, so that no call ever hits a number that means another file by then.
//
// Reads on the spot
// -----------------
// preadv2(RWF_NOWAIT) gives what is in the page cache, into the waiter's memory, and never waits for a disk.
// What it refuses is asked of the pool. Why so, and with what figures: docs/decisions/0016-files.md. After
// turn_bytes of such reads the reader lets others run first.
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

class opened_file;
class stream_socket;

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
/// Suspends      Until a thread of the blocking pool has done it. Reads of what the kernel has in memory do
///               not, but after turn_bytes of them let others run.
/// Threads       Any number of tasks at a time, on any workers.
/// Errors        io::error that names the path; the try_ forms return it as a result.
/// Cancellation  The waiter leaves at once; a call that has begun goes on. A file that was being opened is
///               closed; of a write a part, or all, may have been done, or be done later.
/// Cost          A thread switch each way, an allocation and a copy of the bytes; a read on the spot: a
///               system call.
class file {
 public:
  file() noexcept = default;

  /// Always close-on-exec. Source: open(2).
  static task<file> open(std::string path, file_options options = {});
  static task<result<file>> try_open(std::string path, file_options options = {});

  /// Reads at `offset`, up to `into.size()` bytes and piece_max; gives the number, 0 at or behind the end.
  /// Source: preadv2(2), pread(2).
  task<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into);
  task<result<std::size_t>> try_read_at(std::uint64_t offset, std::span<std::byte> into);
  /// Writes all of `from` at `offset`. Source: pwrite(2).
  task<void> write_at(std::uint64_t offset, std::span<const std::byte> from);
  task<result<void>> try_write_at(std::uint64_t offset, std::span<const std::byte> from);
  static constexpr std::size_t piece_max = std::size_t{1} << 20;
  static constexpr std::size_t turn_bytes = std::size_t{256} << 10;

  /// From the begin to the end, which may move meanwhile. EFBIG beyond `limit` bytes.
  task<std::string> read_all(std::size_t limit = std::size_t{1} << 30);
  task<result<std::string>> try_read_all(std::size_t limit = std::size_t{1} << 30);

  /// Sends up to `count` bytes from `offset` on, less only if the file ends; gives the number. They go from
  /// the page cache to the socket without coming through this process, where the file system can do that.
  ///
  /// Suspends      For each 256 KiB at least; in the pool for what is not in memory. If that is thrown out
  ///               again in between, the worker waits for the disk.
  /// Threads       As a write of the stream: one at a time.
  /// Errors        Of the file or of the stream: EPIPE and never SIGPIPE.
  /// Cancellation  A part may have been sent.
  /// Source        sendfile(2). asyncio: loop.sock_sendfile.
  task<std::uint64_t> send_to(stream_socket& to, std::uint64_t offset, std::uint64_t count);
  task<result<std::uint64_t>> try_send_to(stream_socket& to, std::uint64_t offset,
                                          std::uint64_t count);

  [[nodiscard]] task<std::uint64_t> size();
  [[nodiscard]] task<result<std::uint64_t>> try_size();
  /// Cuts off, or appends zeroes. Source: ftruncate(2).
  task<void> truncate(std::uint64_t size);
  task<result<void>> try_truncate(std::uint64_t size);
  /// Until everything is on the medium. Source: fsync(2).
  task<void> sync();
  task<result<void>> try_sync();
  /// The same for the bytes, and of the rest only what is needed to read them. Source: fdatasync(2).
  task<void> data_sync();
  task<result<void>> try_data_sync();

  /// Closes and reports what close(2) says: on some file systems the only word of a failed write. Closed
  /// also if it throws, and EBUSY if calls still run: the last one closes then.
  task<void> close();
  task<result<void>> try_close();

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] int native_handle() const noexcept;
  explicit operator bool() const noexcept { return opened_ != nullptr; }

 private:
  explicit file(std::shared_ptr<opened_file> opened) noexcept;
  task<result<std::uint64_t>> try_copy_to(stream_socket& to, std::uint64_t offset,
                                          std::uint64_t count);

  std::shared_ptr<opened_file> opened_;
};

}  // namespace jackdaw::io
