// tests/io/lent_buffers_test.cpp
//
// Goal (P12): what the kernel puts into lent memory comes out in order and once, across the ends of buffers,
// and every buffer is lent again; when all are used up, and at the end of a stream, nothing is lost. Method:
// receives on a bare ring from a local socket; messages whose size divides no buffer, many times as many
// bytes as are lent; both ways of filling.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/lent_buffers.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;

struct completion {
  int result = 0;
  unsigned flags = 0;
  [[nodiscard]] bool names_buffer() const noexcept { return (flags & IORING_CQE_F_BUFFER) != 0; }
  [[nodiscard]] unsigned buffer() const noexcept { return flags >> IORING_CQE_BUFFER_SHIFT; }
};

class lent_buffers_test : public ::testing::TestWithParam<filling> {
 protected:
  void SetUp() override {
    if (!testing::io_uring_refusal().empty()) {
      std::cout << "NOT TESTED: " << testing::io_uring_refusal() << std::endl;
      GTEST_SKIP() << testing::io_uring_refusal();
    }
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair_), 0);
    left_ = file_descriptor(pair_[0]);
    right_ = file_descriptor(pair_[1]);
  }

  static void queue_receive(ring& ring, int descriptor) {
    io_uring_sqe& sqe = ring.entry();
    io_uring_prep_recv(&sqe, descriptor, nullptr, 4096, 0);
    sqe.flags |= IOSQE_BUFFER_SELECT;
    sqe.buf_group = lent_buffers::group;
  }

  static std::vector<completion> collect(ring& ring, std::size_t count) {
    std::vector<completion> all;
    for (int attempts = 0; all.size() < count && attempts < 1000; ++attempts) {
      const auto now = std::chrono::steady_clock::now();
      ring.enter(now + 1s, now);
      while (const io_uring_cqe* const next = ring.completion()) {
        all.push_back({next->res, next->flags});
        ring.seen();
      }
    }
    return all;
  }

  [[nodiscard]] completion receive(ring& ring) const {
    queue_receive(ring, left_.get());
    const auto all = collect(ring, 1);
    return all.size() == 1 ? all.front() : completion{-ETIME, 0};
  }

  int pair_[2] = {-1, -1};
  file_descriptor left_;
  file_descriptor right_;
};

std::string name_of(const ::testing::TestParamInfo<filling>& kind) {
  return kind.param == filling::whole ? "whole" : "piecewise";
}
INSTANTIATE_TEST_SUITE_P(filled, lent_buffers_test,
                         ::testing::Values(filling::piecewise, filling::whole), name_of);

TEST_P(lent_buffers_test, many_times_as_many_bytes_as_are_lent_arrive_in_order) {
  ring ring;
  lent_buffers lent(ring, GetParam());
  ASSERT_TRUE(lent.usable());
  testing::byte_pattern leaving;
  testing::byte_pattern arriving;
  byte_buffer received;
  for (std::size_t message = 0; message < 3000; ++message) {
    std::vector<std::byte> bytes(1 + message * 37 % 1999);
    leaving.fill(bytes);
    testing::send_now(right_.get(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    while (received.size() < bytes.size()) {
      const completion got = receive(ring);
      ASSERT_GT(got.result, 0) << "in message " << message;
      ASSERT_TRUE(got.names_buffer());
      lent.take(got.buffer(), got.result, received);
    }
    ASSERT_EQ(received.size(), bytes.size());
    ASSERT_TRUE(arriving.matches(received.readable())) << "in message " << message;
    received.consume(bytes.size());
  }
}

// Completions of one call of the kernel, which lie side by side in one buffer, or in many.
TEST_P(lent_buffers_test, what_came_together_is_told_apart) {
  ring ring;
  lent_buffers lent(ring, GetParam());
  auto streams = testing::local_streams(200);
  for (int round = 0; round < 20; ++round) {
    for (std::size_t index = 0; index < streams.size(); ++index) {
      queue_receive(ring, streams[index].left.native_handle());
      testing::send_now(streams[index].right.native_handle(),
                        "number " + std::to_string(index) + "\n");
    }
    byte_buffer all;
    for (const completion& each : collect(ring, streams.size())) {
      ASSERT_GT(each.result, 0);
      lent.take(each.buffer(), each.result, all);
      // The end of a buffer has cut this one in two: its rest stays in the socket.
      if (all.readable().back() != std::byte{'\n'}) {
        all.consume(all.size());
      }
    }
    for (const auto& each : streams) {
      static_cast<void>(testing::receive_now(each.left.native_handle()));
    }
    std::size_t lines = 0;
    for (const std::byte each : all.readable()) {
      lines += each == std::byte{'\n'} ? 1 : 0;
    }
    EXPECT_LE(lines, streams.size());
    EXPECT_EQ(testing::text_of(all.readable()).find("number number"), std::string::npos);
  }
}

TEST_P(lent_buffers_test,
       when_all_are_used_up_nothing_is_lost_and_what_is_given_back_serves_again) {
  ring ring;
  lent_buffers lent(ring, GetParam());
  const std::string piece(4096, 'p');
  std::vector<completion> held;
  completion last;
  while (held.size() < 1000) {
    testing::send_now(right_.get(), piece);
    last = receive(ring);
    if (last.result < 0) {
      break;
    }
    held.push_back(last);
  }
  EXPECT_EQ(last.result, -ENOBUFS);
  byte_buffer all;
  for (const completion& each : held) {
    lent.take(each.buffer(), each.result, all);
  }
  EXPECT_EQ(all.size(), held.size() * piece.size());
  const completion again = receive(ring);
  ASSERT_EQ(again.result, 4096) << "the piece that met no buffer is still there";
  lent.take(again.buffer(), again.result, all);
  EXPECT_EQ(testing::text_of(all.readable()).find_first_not_of('p'), std::string::npos);
}

// Kernels differ in what they say of a buffer that a stream's end was told with.
TEST_P(lent_buffers_test, ends_of_streams_use_nothing_up) {
  ring ring;
  lent_buffers lent(ring, GetParam());
  byte_buffer received;
  for (int round = 0; round < 600; ++round) {
    auto stream = testing::local_streams();
    testing::send_now(stream.right.native_handle(), "last words");
    stream.right.close();
    for (const int expected : {10, 0}) {
      queue_receive(ring, stream.left.native_handle());
      const auto all = collect(ring, 1);
      ASSERT_EQ(all.size(), 1U);
      int result = all.front().result;
      if (all.front().names_buffer()) {
        lent.take(all.front().buffer(), result, received);
      }
      if (result > 0 && result < expected) {  // Cut by a buffer's end.
        result += static_cast<int>(testing::receive_now(stream.left.native_handle()).size());
        received.consume(received.size());
        received.append(testing::bytes_of("last words"));
      }
      ASSERT_EQ(result, expected) << "in round " << round;
    }
    ASSERT_EQ(testing::text_of(received.readable()), "last words");
    received.consume(received.size());
  }
}

}  // namespace
}  // namespace jackdaw::io
