// Growing and shrinking.
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/runtime/base/assert.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace jackdaw::io {
namespace {

constexpr std::size_t capacity_min = 512;

}  // namespace

byte_buffer::byte_buffer(byte_buffer&& other) noexcept
    : bytes_(std::move(other.bytes_)),
      capacity_(std::exchange(other.capacity_, 0)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

byte_buffer& byte_buffer::operator=(byte_buffer&& other) noexcept {
  bytes_ = std::move(other.bytes_);
  capacity_ = std::exchange(other.capacity_, 0);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  return *this;
}

void byte_buffer::append(std::span<const std::byte> more) {
  if (more.empty()) {
    return;
  }
  const std::span<std::byte> room = prepare(more.size());
  std::memcpy(room.data(), more.data(), more.size());
  commit(more.size());
}

std::span<std::byte> byte_buffer::prepare(std::size_t count) {
  if (capacity_ - end_ < count) {
    const std::size_t used = size();
    if (capacity_ >= used + count && begin_ >= capacity_ / 2) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      const std::size_t capacity = std::max({capacity_min, used + count, 2 * capacity_});
      auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
      if (used > 0) {
        std::memcpy(larger.get(), bytes_.get() + begin_, used);
      }
      bytes_ = std::move(larger);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }
  return {bytes_.get() + end_, capacity_ - end_};
}

void byte_buffer::consume(std::size_t count) noexcept {
  JACKDAW_ASSERT(count <= size());
  begin_ += count;
  release_if_empty();
}

void byte_buffer::release_if_empty() noexcept {
  if (empty()) {
    bytes_.reset();
    capacity_ = 0;
    begin_ = 0;
    end_ = 0;
  }
}

}  // namespace jackdaw::io
