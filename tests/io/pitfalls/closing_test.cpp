// tests/io/pitfalls/closing_test.cpp
//
// Goal: a descriptor is closed only when nobody waits for it, neither the kernel nor a queue that the kernel has not
// seen; and then for good. Method: closing in each of these states; peers that see the end, and numbers that come back.
#include "../../support/forked.hpp"
#include "../../support/io_runtimes.hpp"
#include "../../support/stress.hpp"
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::connected_streams;
using testing::receive_now;
using testing::stream_pair;

class closing_test : public testing::io_test {};
JACKDAW_OVER_IO(closing_test, testing::all_io_kinds());

task<std::string> read_some_text(tcp_stream& stream) {
  std::array<std::byte, 64> into{};
  const std::size_t count = co_await stream.read_some(into);
  co_return testing::text_of(std::span(into).first(count));
}

task<void> cancel_and_await(join_handle<std::string> reading) {
  reading.cancel();
  try {
    static_cast<void>(co_await reading);
  } catch (const cancelled_error&) {
  }
}

// P6: an operation is queued before the kernel knows of it, by the number of its descriptor. In the turn in which
// it was begun that number must not become another file's.
TEST_P(closing_test, closing_what_is_only_queued_for_the_kernel_aborts) {
  struct body {
    static task<std::string> run() {
      stream_pair streams = connected_streams();
      auto reading = spawn(read_some_text(streams.left), task_options{.eager_start = true});
      streams.left.close();  // Nothing was submitted since it began.
      co_return co_await reading;
    }
  };
  const auto result = testing::in_child([this] {
    static_cast<void>(jackdaw::io::run(body::run(), options()));
    return std::string("it was closed");
  });
  EXPECT_EQ(result.signal, SIGABRT) << testing::complaint_of(result);
}

// P5: with an operation in flight the file would stay open behind its number, and the peer see no end.
TEST_P(closing_test, a_peer_sees_the_end_at_once_when_the_read_was_cancelled_before) {
  struct body {
    static task<void> run() {
      for (int round = 0; round < 20; ++round) {
        stream_pair streams = connected_streams();
        auto reading = spawn(read_some_text(streams.left));
        for (int turn = 0; turn < round % 4; ++turn) {
          co_await jackdaw::sleep(std::chrono::microseconds(100));
        }
        co_await cancel_and_await(reading);
        streams.left.close();
        pollfd peer{streams.right.native_handle(), POLLIN, 0};
        EXPECT_EQ(poll(&peer, 1, 10'000), 1) << "the peer waits for the end";
        EXPECT_EQ(receive_now(peer.fd), "");
      }
    }
  };
  run(body::run());
}

// B45: each connection has a text of its own, and numbers come back all the time.
task<void> talk(std::string text, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    stream_pair streams = testing::local_streams();
    auto never = spawn(read_some_text(streams.right));
    auto reading = spawn(read_some_text(streams.left));
    if (round % 2 == 0) {
      co_await yield();
    }
    co_await streams.right.write_all(testing::bytes_of(text));
    const std::string received = co_await reading;
    EXPECT_EQ(received, text);
    co_await cancel_and_await(never);
  }
}

TEST_P(closing_test, connections_that_come_and_go_get_their_own_bytes) {
  struct body {
    static task<void> run() {
      std::vector<task<void>> talking;
      for (int each = 0; each < 8; ++each) {
        talking.push_back(talk("connection " + std::to_string(each), testing::scaled(200)));
      }
      co_await gather(std::move(talking));
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::io
