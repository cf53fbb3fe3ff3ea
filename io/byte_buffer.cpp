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

// Exchanged, not moved: a unique_ptr that was moved from keeps its deleter, and with it the capacity.
byte_buffer::byte_buffer(byte_buffer&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

byte_buffer& byte_buffer::operator=(byte_buffer&& other) noexcept {
  bytes_ = std::exchange(other.bytes_, {});
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
  if (capacity() - end_ < count) {
    const std::size_t used = size();
    if (capacity() >= used + count && begin_ >= capacity() / 2) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      const std::size_t wanted = std::max({capacity_min, used + count, 2 * capacity()});
      decltype(bytes_) larger(static_cast<std::byte*>(allocate_frame(wanted)), give_back(wanted));
      if (used > 0) {
        std::memcpy(larger.get(), bytes_.get() + begin_, used);
      }
      bytes_ = std::move(larger);
    }
    begin_ = 0;
    end_ = used;
  }
  return {bytes_.get() + end_, capacity() - end_};
}

void byte_buffer::consume(std::size_t count) noexcept {
  JACKDAW_ASSERT(count <= size());
  begin_ += count;
  release_if_empty();
}

void byte_buffer::release_if_empty() noexcept {
  if (empty()) {
    bytes_ = decltype(bytes_)();  // And not by reset(), which keeps the deleter.
    begin_ = 0;
    end_ = 0;
  }
}

}  // namespace jackdaw::io
