// The floor of HTTP on io_uring: what uring_echo.cpp does, and an answer that is always the same.
//
// It looks for blank lines, and says so often what it has to say: no parser, no date, no limits, no time-outs.
// Replies to what came in one piece leave in one. "/m" is one MiB, in pieces of 256 KiB: a reply that is
// being sent holds up its connection, since one that is asked for it asks for nothing else meanwhile.
#include "listen.hpp"

#include <liburing.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned buffer_count = 1024;
constexpr std::size_t buffer_bytes = 4096;
constexpr std::size_t piece_bytes = std::size_t{256} * 1024;
constexpr std::size_t replies_max = 128;
constexpr std::string_view small_body = "Hello, World!\n";

enum class kind : std::uint8_t { accept, receive, send };

constexpr std::uint64_t pack(kind what, int descriptor) noexcept {
  return static_cast<std::uint64_t>(what) << 56 | static_cast<std::uint32_t>(descriptor);
}

std::string reply_of(std::string_view body) {
  std::string text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";
  text += std::to_string(body.size());
  text += "\r\n\r\n";
  text += body;
  return text;
}

class server {
 public:
  explicit server(int listening)
      : listening_(listening), large_(reply_of(std::string(std::size_t{1} << 20, 'x'))) {
    const std::string one = reply_of(small_body);
    one_bytes_ = one.size();
    for (std::size_t count = 0; count < replies_max; ++count) {
      small_ += one;
    }
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
    memory_ = std::make_unique_for_overwrite<char[]>(buffer_count * buffer_bytes);
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
    io_uring_sqe_set_data64(&sqe, pack(kind::accept, listening_));
  }

  void arm_receive(int descriptor) {
    io_uring_sqe& sqe = entry();
    io_uring_prep_recv_multishot(&sqe, descriptor, nullptr, 0, 0);
    sqe.flags |= IOSQE_BUFFER_SELECT;
    sqe.buf_group = 0;
    io_uring_sqe_set_data64(&sqe, pack(kind::receive, descriptor));
  }

  void send(int descriptor, std::string_view bytes) {
    io_uring_sqe& sqe = entry();
    io_uring_prep_send(&sqe, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    io_uring_sqe_set_data64(&sqe, pack(kind::send, descriptor));
  }

  void send_large(int descriptor, std::size_t offset) {
    send(descriptor, std::string_view(large_).substr(offset, piece_bytes));
  }

  void handle(const io_uring_cqe& completion) {
    const auto what = static_cast<kind>(completion.user_data >> 56);
    const auto descriptor = static_cast<int>(completion.user_data & 0xFFFF'FFFFU);
    switch (what) {
      case kind::accept:
        if (completion.res >= 0) {
          set_no_delay(completion.res);
          peers_.resize(std::max(peers_.size(), static_cast<std::size_t>(completion.res) + 1));
          peers_[static_cast<std::size_t>(completion.res)] = peer{};
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
        sent(completion, descriptor);
        break;
    }
  }

  void sent(const io_uring_cqe& completion, int descriptor) {
    peer& who = peers_[static_cast<std::size_t>(descriptor)];
    if (who.large_sent == none || completion.res <= 0) {
      return;
    }
    who.large_sent += static_cast<std::size_t>(completion.res);
    if (who.large_sent < large_.size()) {
      send_large(descriptor, who.large_sent);
    } else {
      who.large_sent = none;
    }
  }

  void received(const io_uring_cqe& completion, int descriptor) {
    if (completion.res <= 0 && completion.res != -ENOBUFS) {
      close(descriptor);
      return;
    }
    if (completion.res > 0) {
      const unsigned buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
      answer(descriptor,
             {memory_.get() + buffer * buffer_bytes, static_cast<std::size_t>(completion.res)});
      give_back(buffer);
    }
    if ((completion.flags & IORING_CQE_F_MORE) == 0) {
      arm_receive(descriptor);
    }
  }

  void answer(int descriptor, std::string_view text) {
    peer& who = peers_[static_cast<std::size_t>(descriptor)];
    if (text.starts_with("GET /m ")) {
      who.large_sent = 0;
      send_large(descriptor, 0);
      return;
    }
    constexpr std::string_view end = "\r\n\r\n";
    std::size_t replies = 0;
    std::string_view rest = text;
    if (who.ended > 0) {  // The end of a request that came in two pieces.
      const std::string_view missing = end.substr(who.ended);
      if (rest.starts_with(missing)) {
        ++replies;
        rest.remove_prefix(missing.size());
      }
      who.ended = 0;
    }
    for (std::size_t at = rest.find(end); at != std::string_view::npos; at = rest.find(end)) {
      ++replies;
      rest.remove_prefix(at + end.size());
    }
    while (who.ended + 1 < end.size() && rest.ends_with(end.substr(0, who.ended + 1))) {
      ++who.ended;
    }
    if (replies > 0) {
      send(descriptor, std::string_view(small_).substr(0, replies * one_bytes_));
    }
  }

  static constexpr auto none = static_cast<std::size_t>(-1);
  struct peer {
    std::size_t large_sent = none;
    std::size_t ended = 0;  // So much of a blank line was at the end of what came last.
  };

  int listening_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::unique_ptr<char[]> memory_;
  std::vector<peer> peers_;  // By descriptor.
  std::string small_;        // The reply, many times.
  std::string large_;
  std::size_t one_bytes_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  return serve_in_threads(count, arguments, [](int listening) { server(listening).run(); });
}
