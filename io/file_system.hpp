// Files by their names: what they are, moving and removing them, and reading or writing one in one go.
//
// Each function is one call of the blocking pool that does all of its work, however many system calls that
// takes: so it costs one switch to a thread and back.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/task.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace jackdaw::io {

enum class file_type : std::uint8_t { regular, directory, link, socket, pipe, device, unknown };

/// What status() tells.
struct file_status {
  file_type type = file_type::unknown;
  mode_t permissions = 0;
  uid_t user = 0;
  gid_t group = 0;
  std::uint64_t size = 0;
  std::uint64_t links = 0;
  /// Equal ones are the same file.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::chrono::system_clock::time_point modified{};
  std::chrono::system_clock::time_point accessed{};
};

// For all functions below:
//
// Suspends      Always, until a thread of the blocking pool has done it.
// Errors        io::error that names the call and the path; the try_ forms return it as a result.
// Cancellation  The waiter leaves at once; a call that has begun goes on, and may have its effect.
// Cost          A thread switch each way, and an allocation.

/// Of what the name leads to, through links. Source: stat(2), os.stat.
task<file_status> status(std::string path);
task<result<file_status>> try_status(std::string path);
/// Of the name itself, which may be a link. Source: lstat(2), os.lstat.
task<file_status> link_status(std::string path);
task<result<file_status>> try_link_status(std::string path);

/// Gives a file or directory another name; a file of that name is replaced, with no instant without one.
/// Source: rename(2), os.replace.
task<void> rename(std::string from, std::string to);
task<result<void>> try_rename(std::string from, std::string to);
/// Removes a name; the file goes with its last name and its last user. Source: unlink(2), os.unlink.
task<void> unlink(std::string path);
task<result<void>> try_unlink(std::string path);
/// Source: mkdir(2), os.mkdir.
task<void> make_directory(std::string path, mode_t permissions = 0777);
task<result<void>> try_make_directory(std::string path, mode_t permissions = 0777);
/// It must be empty. Source: rmdir(2), os.rmdir.
task<void> remove_directory(std::string path);
task<result<void>> try_remove_directory(std::string path);

/// The whole file. Throws io::error: EFBIG if it has more than `limit` bytes.
task<std::string> read_file(std::string path, std::size_t limit = std::size_t{1} << 30);
task<result<std::string>> try_read_file(std::string path, std::size_t limit = std::size_t{1} << 30);

struct write_file_options {
  /// Of a new file; one that is replaced passes its own on.
  mode_t permissions = 0666;
  /// Until it is on the medium: after a crash there is the old or the new file, whole.
  bool sync = true;
};

/// Makes `path` a file of these bytes: a new one is written beside it, and takes its name when it is complete.
/// So readers see the old or the new file, never half of one. A link at `path` is replaced, not followed.
///
/// Cancellation  As above: the file may be replaced later. What was written beside it never stays.
task<void> write_file(std::string path, std::string bytes, write_file_options options = {});
task<result<void>> try_write_file(std::string path, std::string bytes,
                                  write_file_options options = {});

/// Copies bytes and permissions of the file `from`; a file `to` is overwritten. Gives the number of bytes.
///
/// Suspends      Again for each piece of 64 MiB.
/// Errors        As above; EINVAL: the two are the same file, or `from` is a directory.
/// Cancellation  After the piece that is being copied. What was copied stays.
/// Cost          Within one file system no byte comes through this process; some only share the blocks.
/// Source        copy_file_range(2), and read(2) and write(2) where it is refused. shutil.copy.
task<std::uint64_t> copy_file(std::string from, std::string to);
task<result<std::uint64_t>> try_copy_file(std::string from, std::string to);

}  // namespace jackdaw::io
