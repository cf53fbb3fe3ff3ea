// Bytes that arrived and have not been read: grows at the end, shrinks at the front, free when empty.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace jackdaw::io {

/// An empty buffer holds no memory, so an idle connection costs none.
class byte_buffer {
 public:
  byte_buffer() noexcept = default;
  byte_buffer(byte_buffer&& other) noexcept;
  byte_buffer& operator=(byte_buffer&& other) noexcept;
  ~byte_buffer() = default;

  [[nodiscard]] std::span<const std::byte> readable() const noexcept {
    return {bytes_.get() + begin_, end_ - begin_};
  }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

  void append(std::span<const std::byte> more);
  /// Room for at least `count` more bytes; write there, then commit().
  [[nodiscard]] std::span<std::byte> prepare(std::size_t count);
  void commit(std::size_t count) noexcept { end_ += count; }

  /// Drops bytes at the front. Frees the memory if none are left.
  void consume(std::size_t count) noexcept;
  /// Frees the memory if nothing is in it.
  void release_if_empty() noexcept;

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace jackdaw::io
