// Lending, and taking what was filled.
#include <jackdaw/io/lent_buffers.hpp>

#include <sys/mman.h>

#include <span>
#include <utility>

namespace jackdaw::io {
namespace {

// Kernel ABI as it is since 6.4: liburing 2.3 has padding where the flags are.
struct buffer_registration {
  std::uint64_t address = 0;
  std::uint32_t entries = 0;
  std::uint16_t group = 0;
  std::uint16_t flags = 0;
  std::uint64_t reserved[3] = {};
};
static_assert(sizeof(buffer_registration) == sizeof(io_uring_buf_reg));
constexpr std::uint16_t filled_piecewise = 2;  // IOU_PBUF_RING_INC

void* map(std::size_t bytes) noexcept {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

void lent_buffers::unmap::operator()(void* memory) const noexcept { munmap(memory, bytes); }

lent_buffers::lent_buffers(ring& borrower, filling wanted) : filling_(wanted) {
  constexpr std::size_t kibibyte = 1024;
  if (filling_ == filling::whole || !lend(borrower, 32, 16 * kibibyte)) {
    filling_ = filling::whole;
    static_cast<void>(lend(borrower, 256, 4 * kibibyte));
  }
}

bool lent_buffers::lend(ring& borrower, unsigned count, std::size_t bytes) {
  const std::size_t queue_bytes = count * sizeof(io_uring_buf);
  mapped<io_uring_buf_ring> queue(static_cast<io_uring_buf_ring*>(map(queue_bytes)),
                                  unmap(queue_bytes));
  // Pages, and not the heap: only those that are used cost memory.
  mapped<std::byte> memory(static_cast<std::byte*>(map(count * bytes)), unmap(count * bytes));
  if (queue == nullptr || memory == nullptr) {
    return false;
  }
  buffer_registration registration;
  registration.address = reinterpret_cast<std::uint64_t>(queue.get());
  registration.entries = count;
  registration.group = group;
  if (filling_ == filling::piecewise) {
    registration.flags = filled_piecewise;
  }
  const auto descriptor = static_cast<unsigned>(borrower.raw().ring_fd);
  if (io_uring_register(descriptor, IORING_REGISTER_PBUF_RING, &registration, 1) != 0) {
    return false;
  }
  used_.assign(count, 0);
  count_ = count;
  bytes_ = bytes;
  queue_ = std::move(queue);
  memory_ = std::move(memory);
  io_uring_buf_ring_init(queue_.get());
  for (unsigned buffer = 0; buffer < count; ++buffer) {
    give_back(buffer);
  }
  return true;
}

void lent_buffers::take(unsigned buffer, int result, byte_buffer& into) {
  const std::size_t received = result > 0 ? static_cast<std::size_t>(result) : 0;
  const std::byte* const begin = memory_.get() + buffer * bytes_ + used_[buffer];
  into.append(std::span(begin, received));
  if (filling_ == filling::piecewise) {
    used_[buffer] += static_cast<std::uint32_t>(received);
    if (used_[buffer] < bytes_) {
      return;
    }
    used_[buffer] = 0;
  }
  give_back(buffer);
}

void lent_buffers::give_back(unsigned buffer) noexcept {
  io_uring_buf_ring_add(queue_.get(), memory_.get() + buffer * bytes_,
                        static_cast<unsigned>(bytes_), static_cast<unsigned short>(buffer),
                        static_cast<int>(count_) - 1, 0);
  io_uring_buf_ring_advance(queue_.get(), 1);
}

}  // namespace jackdaw::io
