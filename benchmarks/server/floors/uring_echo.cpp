// The floor on io_uring: the least that a server can do, as plain C would have it.
//
// Multishot accept and receive, 1024 lent buffers of 2 KiB, one io_uring_submit_and_wait() per turn of
// the loop, a registered ring descriptor. A buffer is given back when its reply has been sent. No
// cancellation, no errors worth the name, no second thread: what a runtime adds to this is its price.
#include "listen.hpp"

#include <liburing.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace {

constexpr unsigned buffer_count = 1024;
constexpr std::size_t buffer_bytes = 2048;

enum class kind : std::uint8_t { accept, receive, send };

// What a completion is about, in its user data: kind, buffer, descriptor.
constexpr std::uint64_t pack(kind what, unsigned buffer, int descriptor) noexcept {
  return static_cast<std::uint64_t>(what) << 56 | static_cast<std::uint64_t>(buffer) << 32 |
         static_cast<std::uint32_t>(descriptor);
}

class server {
 public:
  server(int listening, const replies& to_send) : listening_(listening), replies_(&to_send) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                       IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
    parameters.cq_entries = 8192;
    if (io_uring_queue_init_params(1024, &ring_, &parameters) != 0) {
      fail("io_uring_setup");
    }
    io_uring_register_ring_fd(&ring_);
    lend();
    arm_accept();
  }

  [[noreturn]] void run() {
    while (true) {
      io_uring_submit_and_wait(&ring_, 1);
      unsigned head = 0;
      unsigned count = 0;
      io_uring_cqe* completion = nullptr;
      io_uring_for_each_cqe(&ring_, head, completion) {
        handle(*completion);
        ++count;
      }
      io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  io_uring_sqe& entry() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    while (sqe == nullptr) {
      io_uring_submit(&ring_);
      sqe = io_uring_get_sqe(&ring_);
    }
    return *sqe;
  }

  void lend() {
    constexpr std::size_t ring_bytes = buffer_count * sizeof(io_uring_buf);
    void* const memory =
        mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    buffers_ = static_cast<io_uring_buf_ring*>(memory);
    memory_ = std::make_unique_for_overwrite<std::byte[]>(buffer_count * buffer_bytes);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
    registration.ring_entries = buffer_count;
    if (memory == MAP_FAILED || io_uring_register_buf_ring(&ring_, &registration, 0) != 0) {
      fail("io_uring_register_buf_ring");
    }
    io_uring_buf_ring_init(buffers_);
    for (unsigned buffer = 0; buffer < buffer_count; ++buffer) {
      give_back(buffer);
    }
  }

  void give_back(unsigned buffer) noexcept {
    io_uring_buf_ring_add(buffers_, memory_.get() + buffer * buffer_bytes, buffer_bytes,
                          static_cast<unsigned short>(buffer), buffer_count - 1, 0);
    io_uring_buf_ring_advance(buffers_, 1);
  }

  void arm_accept() {
    io_uring_sqe& sqe = entry();
    io_uring_prep_multishot_accept(&sqe, listening_, nullptr, nullptr, 0);
    io_uring_sqe_set_data64(&sqe, pack(kind::accept, 0, listening_));
  }

  void arm_receive(int descriptor) {
    io_uring_sqe& sqe = entry();
    io_uring_prep_recv_multishot(&sqe, descriptor, nullptr, 0, 0);
    sqe.flags |= IOSQE_BUFFER_SELECT;
    sqe.buf_group = 0;
    io_uring_sqe_set_data64(&sqe, pack(kind::receive, 0, descriptor));
  }

  void handle(const io_uring_cqe& completion) {
    const auto what = static_cast<kind>(completion.user_data >> 56);
    const auto descriptor = static_cast<int>(completion.user_data & 0xFFFF'FFFFU);
    switch (what) {
      case kind::accept:
        if (completion.res >= 0) {
          set_no_delay(completion.res);
          arm_receive(completion.res);
        }
        if ((completion.flags & IORING_CQE_F_MORE) == 0) {
          arm_accept();
        }
        break;
      case kind::receive:
        received(completion, descriptor);
        break;
      case kind::send:
        give_back(static_cast<unsigned>(completion.user_data >> 32) & 0xFFFFU);
        break;
    }
  }

  void received(const io_uring_cqe& completion, int descriptor) {
    if (completion.res <= 0 && completion.res != -ENOBUFS) {
      close(descriptor);
      return;
    }
    if (completion.res > 0) {
      const unsigned buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
      const auto reply = replies_->to(std::span<const std::byte>(
          memory_.get() + buffer * buffer_bytes, static_cast<std::size_t>(completion.res)));
      io_uring_sqe& sqe = entry();
      io_uring_prep_send(&sqe, descriptor, reply.data(), reply.size(), MSG_NOSIGNAL);
      io_uring_sqe_set_data64(&sqe, pack(kind::send, buffer, descriptor));
    }
    if ((completion.flags & IORING_CQE_F_MORE) == 0) {
      arm_receive(descriptor);
    }
  }

  int listening_;
  const replies* replies_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace

int main(int count, char** arguments) {
  const replies to_send(count, arguments);
  return serve_in_threads(count, arguments,
                          [&to_send](int listening) { server(listening, to_send).run(); });
}
