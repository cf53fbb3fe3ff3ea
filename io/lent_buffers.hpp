// Memory that a ring's kernel side picks from when data is there: see receive_lent (operation.hpp).
//
// Filled from one end
// -------------------
// Since 6.12 the kernel fills a buffer piece by piece (IOU_PBUF_RING_INC): a receive takes as many bytes as
// there are, the next one goes on behind them, and the buffer is used up when its last byte is. Small
// messages then lie side by side, and few pages are ever touched. Completions come in the order in which the
// memory was used, so `used_` says where the next piece begins. Whether a buffer is used up is told by this
// count alone: at the end of a stream kernels differ in the flag that says so (IORING_CQE_F_BUF_MORE).
// Before 6.12 each receive takes a whole buffer, so there are more of them, and smaller ones.
#pragma once

#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/ring.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace jackdaw::io {

/// How the kernel uses a buffer; see the essay.
enum class filling { piecewise, whole };

/// Threads       The ring's.
/// Lifetime      Outlives every operation that was started with it.
class lent_buffers {
 public:
  static constexpr int group = 0;

  /// Lends memory to the ring, to be filled piecewise if it is wanted so and the kernel can. Not usable()
  /// if the kernel cannot (before 5.19) or will not.
  explicit lent_buffers(ring& borrower, filling wanted = filling::piecewise);

  [[nodiscard]] bool usable() const noexcept { return memory_ != nullptr; }

  /// A completion names `buffer`: appends its `result` bytes, or none for an error, and lends the buffer
  /// again when it is used up.
  void take(unsigned buffer, int result, byte_buffer& into);

 private:
  struct unmap {
    unmap() noexcept : bytes(0) {}
    explicit unmap(std::size_t mapped) noexcept : bytes(mapped) {}
    void operator()(void* memory) const noexcept;
    std::size_t bytes;
  };
  template <class T>
  using mapped = std::unique_ptr<T, unmap>;

  [[nodiscard]] bool lend(ring& borrower, unsigned count, std::size_t bytes);
  void give_back(unsigned buffer) noexcept;

  filling filling_;
  unsigned count_ = 0;
  std::size_t bytes_ = 0;  // Of each.
  mapped<io_uring_buf_ring> queue_;
  mapped<std::byte> memory_;
  std::vector<std::uint32_t> used_;
};

}  // namespace jackdaw::io
