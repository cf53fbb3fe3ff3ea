// Bytes that arrived and have not been read: grows at the end, shrinks at the front, free when empty.
#pragma once

#include <jackdaw/runtime/frame_allocator.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace jackdaw::io {

/// An empty buffer holds no memory, so an idle connection costs none. Its memory is from the frame lists: a server
/// asks for some with each request, and what the last one gave back is at hand there.
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
  struct give_back {
    give_back() noexcept : capacity(0) {}
    explicit give_back(std::size_t bytes) noexcept : capacity(bytes) {}
    void operator()(std::byte* memory) const noexcept { free_frame(memory, capacity); }
    std::size_t capacity;
  };

  [[nodiscard]] std::size_t capacity() const noexcept { return bytes_.get_deleter().capacity; }

  std::unique_ptr<std::byte[], give_back> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace jackdaw::io
