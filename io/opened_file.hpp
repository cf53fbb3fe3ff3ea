// An open file as the blocking pool sees it: calls that may wait for a disk.
//
// The calls are static and get their share of the file by value, and what they read is in memory of their own: a
// task that is cancelled leaves while its call goes on.
//
// Orders: F1 relaxed, both are hints: whether reading on the spot is worth a try, and how much was read so.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace jackdaw::io {

struct file_options;

/// What a call of the pool has read, or is to write.
struct piece_of_file {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};

/// Threads       Any number of calls at a time, but for close().
class opened_file {
 public:
  using shared = std::shared_ptr<opened_file>;

  /// EINVAL if the options contradict each other, or there is a NUL in the name.
  static result<shared> open(std::string path, const file_options& options);

  static result<piece_of_file> read(const shared& from, std::uint64_t offset, std::size_t size);
  static result<void> write(const shared& to, std::uint64_t offset, const piece_of_file& piece);
  /// Brings bytes into the page cache; false at the end of the file.
  static result<bool> bring_in(const shared& from, std::uint64_t offset, std::size_t size);
  static result<std::uint64_t> size(const shared& of);
  static result<void> truncate(const shared& cut, std::uint64_t size);
  static result<void> sync(const shared& written);
  static result<void> data_sync(const shared& written);
  /// EBUSY if others still have a share: the last of them closes then.
  static result<void> close(shared last);

  // These never wait.

  /// Reads what is in the page cache; a negative errno says nothing but that the pool has to be asked.
  [[nodiscard]] ssize_t read_on_the_spot(std::uint64_t offset, std::span<std::byte> into) noexcept;
  [[nodiscard]] bool is_in_memory(std::uint64_t offset, std::size_t size) noexcept;
  /// Whether others have waited long enough for whoever reads on the spot.
  [[nodiscard]] bool must_give_way() noexcept;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }

 private:
  file_descriptor descriptor_;
  std::string path_;
  std::atomic<bool> reads_on_the_spot_{true};
  std::atomic<std::size_t> read_this_turn_{0};
};

}  // namespace jackdaw::io
