// tests/io/uring_driver_test.cpp
//
// Goal: the ring's driver loses nothing when its queues or its lent buffers run out, and asks the kernel
// seldom. Method: more connections than buffers, rings of two entries, and counters. What both drivers
// promise is tested over both, in the tests of what stands on them and in driver_cost_test.cpp.
#include "../support/echo.hpp"
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::io_test;
using testing::send_now;
using testing::stream_pair;

class uring_driver_test : public io_test {};
JACKDAW_OVER_IO(uring_driver_test, testing::io_kinds_on(backend::io_uring));

// -- Lent buffers (P12) ---------------------------------------------------------------------------

task<std::string> fill_once(tcp_stream& stream) {
  buffered_reader reader(stream);
  std::string text = co_await reader.read_some();
  co_return text;
}

task<std::string> fill_to_the_end(tcp_stream& stream) {
  buffered_reader reader(stream);
  std::string all;
  while (true) {
    const result<std::size_t> count = co_await reader.fill();
    if (!count.ok() || *count == 0) {
      break;
    }
    all += testing::text_of(reader.buffered());
    reader.consume(reader.buffered().size());
  }
  co_return all;
}

std::string text_number(std::size_t index) { return "text of number " + std::to_string(index); }

// All wait, then all have something at once: 600 connections, and 256 buffers per worker.
task<void> receive_all_at_once() {
  auto streams = testing::local_streams(600);
  std::vector<join_handle<std::string>> readers;
  for (stream_pair& each : streams) {
    readers.push_back(spawn(fill_once(each.left)));
  }
  co_await testing::settled();
  for (std::size_t index = 0; index < streams.size(); ++index) {
    send_now(streams[index].right.native_handle(), text_number(index));
  }
  for (std::size_t index = 0; index < readers.size(); ++index) {
    const std::string text = co_await readers[index];
    EXPECT_EQ(text, text_number(index));
  }
}

TEST_P(uring_driver_test, more_connections_than_lent_buffers_receive_at_once) {
  run(receive_all_at_once());
}

task<void> end_all_at_once() {
  auto streams = testing::local_streams(600);
  std::vector<join_handle<std::string>> readers;
  for (stream_pair& each : streams) {
    readers.push_back(spawn(fill_to_the_end(each.left)));
  }
  co_await testing::settled();
  for (std::size_t index = 0; index < streams.size(); ++index) {
    // Some with the last bytes before it, some alone: without a buffer the kernel tells no end.
    if (index % 2 == 0) {
      send_now(streams[index].right.native_handle(), text_number(index));
    }
    streams[index].right.close();
  }
  for (std::size_t index = 0; index < readers.size(); ++index) {
    const std::string text = co_await readers[index];
    EXPECT_EQ(text, index % 2 == 0 ? text_number(index) : "");
  }
}

// ENOBUFS is not the end of a stream, and hides one (B44).
TEST_P(uring_driver_test, more_connections_than_lent_buffers_end_at_once) {
  run(end_all_at_once());
}

// Larger than a lent buffer each, all at once, and cancelled while buffers are short.
task<void> receive_much_and_cancel_some() {
  auto streams = testing::local_streams(400);
  std::vector<join_handle<std::string>> readers;
  for (stream_pair& each : streams) {
    readers.push_back(spawn(fill_to_the_end(each.left)));
  }
  co_await testing::settled();
  const std::string text(20'000, 'm');
  for (std::size_t index = 0; index < streams.size(); ++index) {
    send_now(streams[index].right.native_handle(), text);
    if (index % 3 == 0) {
      readers[index].cancel();
    } else {
      streams[index].right.close();
    }
  }
  for (std::size_t index = 0; index < readers.size(); ++index) {
    bool cancelled = false;
    try {
      const std::string received = co_await readers[index];
      EXPECT_EQ(received.size(), text.size());
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_EQ(cancelled, index % 3 == 0);
  }
}

// A buffer lent to a cancelled operation comes back (B38).
TEST_P(uring_driver_test, bursts_of_many_buffers_and_cancellations_leave_no_buffer_behind) {
  run(receive_much_and_cancel_some());
  run(receive_all_at_once());
}

// Without the call that lends buffers (before 5.19) the driver waits for readiness and receives by itself.
TEST_P(uring_driver_test, without_lent_buffers_it_receives_by_itself) {
  constexpr unsigned register_buffer_ring = 22;
  const auto result = testing::in_child([this] {
    testing::refuse_system_call(testing::call_io_uring_register, 1, register_buffer_ring, EINVAL);
    const std::size_t answered = jackdaw::io::run(testing::echo_among(20, 20), options());
    jackdaw::io::run(end_all_at_once(), options());
    return answered == 400 ? std::string() : std::to_string(answered) + " answers";
  });
  EXPECT_EQ(testing::complaint_of(result), "");
}

// -- Memory of the busy ---------------------------------------------------------------------------

class busy_reader_test : public io_test {
 protected:
  void SetUp() override {
    io_test::SetUp();
    options().workers = 1;  // A waiting reader's buffer is looked at.
  }
};
JACKDAW_OVER_IO(busy_reader_test, testing::io_kinds_on(backend::io_uring));

struct listener {
  explicit listener(stream_pair& pair) : sender(&pair.right), reader(pair.left) {}

  bool holds_memory() const { return reader.buffered().data() != nullptr; }

  tcp_stream* sender;
  buffered_reader reader;
  std::string heard = {};
};

task<void> listen(listener& one) {
  while (true) {
    const result<std::size_t> count = co_await one.reader.fill();
    if (!count.ok() || *count == 0) {
      break;
    }
    one.heard += testing::text_of(one.reader.buffered());
    one.reader.consume(one.reader.buffered().size());
  }
}

task<void> tell(listener& one, std::string text) {
  const std::size_t expected = one.heard.size() + text.size();
  send_now(one.sender->native_handle(), text);
  while (one.heard.size() < expected) {
    co_await testing::settled();
  }
  EXPECT_EQ(one.heard.substr(expected - text.size()), text);
  co_await testing::settled();  // It waits again.
}

task<void> tell_often(listener& one, int times) {
  for (int round = 0; round < times; ++round) {
    co_await tell(one, "message " + std::to_string(round));
  }
}

task<void> who_holds_memory() {
  auto streams = testing::local_streams(2);
  listener first(streams[0]);
  listener second(streams[1]);
  auto listening = spawn(listen(first));
  auto other_one = spawn(listen(second));
  co_await tell(first, "hello");
  EXPECT_FALSE(first.holds_memory()) << "one message makes nobody busy";
  co_await tell_often(first, 4);
  EXPECT_TRUE(first.holds_memory());
  const std::string much(5000, 'm');
  co_await tell(first, much);
  EXPECT_FALSE(first.holds_memory()) << "long messages are received in one piece";

  co_await tell_often(first, 4);
  co_await tell_often(second, 200);
  EXPECT_TRUE(first.holds_memory()) << "the kernel has it";
  co_await tell(first, "after a long time");
  EXPECT_FALSE(first.holds_memory()) << "not busy any more";

  co_await tell_often(first, 4);
  EXPECT_TRUE(first.holds_memory());
  streams[0].right.close();
  co_await listening;
  EXPECT_FALSE(first.holds_memory());
  EXPECT_TRUE(second.holds_memory());
  other_one.cancel();
  EXPECT_THROW(co_await other_one, cancelled_error);
  EXPECT_FALSE(second.holds_memory());
}

TEST_P(busy_reader_test, only_who_hears_little_and_often_holds_memory_while_it_waits) {
  run(who_holds_memory());
}

task<void> fill_of(buffered_reader& reader) {
  const result<std::size_t> count = co_await reader.fill();
  EXPECT_TRUE(count.ok());
}

// Some are cancelled, some of them in the instant in which a message arrives.
task<void> listen_and_be_cancelled() {
  auto streams = testing::local_streams(1);
  buffered_reader reader(streams[0].left);
  std::string sent;
  std::string heard;
  int cancelled = 0;
  const int rounds = testing::scaled(2000);
  for (int round = 0; round < rounds; ++round) {
    auto waiting = spawn(fill_of(reader));
    co_await testing::settled();
    const std::string text = "message " + std::to_string(round);
    sent += text;
    if (round % 8 > 5) {
      waiting.cancel();
    }
    if (round % 8 == 6) {
      co_await testing::settled();
    }
    send_now(streams[0].right.native_handle(), text);
    bool was_cancelled = false;
    try {
      co_await waiting;
    } catch (const cancelled_error&) {
      was_cancelled = true;
    }
    cancelled += was_cancelled ? 1 : 0;
    if (reader.buffered().empty()) {  // Else it was received all the same.
      co_await fill_of(reader);
    }
    heard += testing::text_of(reader.buffered());
    reader.consume(reader.buffered().size());
  }
  EXPECT_EQ(heard, sent);
  EXPECT_GT(cancelled, 0);
}

TEST_P(busy_reader_test, a_cancellation_loses_nothing_of_what_is_received_into_its_own_memory) {
  run(listen_and_be_cancelled());
}

// -- Queues that are too small (P7, P8) -----------------------------------------------------------

class tiny_ring_test : public io_test {
 protected:
  void SetUp() override {
    io_test::SetUp();
    options().ring_submissions = 2;
    options().ring_completions = 4;
  }
};
JACKDAW_OVER_IO(tiny_ring_test, testing::io_kinds_on(backend::io_uring));

// The completion queue overflows all the time (B43).
TEST_P(tiny_ring_test, a_ring_of_two_submissions_and_four_completions_serves_many_connections) {
  const std::size_t messages = sanitized ? 10 : 50;
  EXPECT_EQ(run(testing::echo_among(64, messages, 5000)), 64 * messages);
}

TEST_P(tiny_ring_test, it_receives_on_more_connections_than_it_has_anything) {
  run(receive_all_at_once());
  run(end_all_at_once());
  run(receive_much_and_cancel_some());
}

task<void> wait_for(int descriptor) { static_cast<void>(co_await readable(descriptor)); }

// Hundreds of submissions and as many cancellations in one tick.
task<void> cancel_all_at_once() {
  auto pipe = testing::make_pipe();
  for (int round = 0; round < 5; ++round) {
    std::vector<join_handle<void>> waiting;
    for (int index = 0; index < 300; ++index) {
      waiting.push_back(spawn(wait_for(pipe.reads.get())));
    }
    co_await testing::settled();
    for (auto& each : waiting) {
      each.cancel();
    }
    int cancelled = 0;
    for (auto& each : waiting) {
      try {
        co_await each;
      } catch (const cancelled_error&) {
        ++cancelled;
      }
    }
    EXPECT_EQ(cancelled, 300);
  }
}

TEST_P(tiny_ring_test, hundreds_of_cancellations_at_once_are_all_delivered) {
  run(cancel_all_at_once());
}

}  // namespace
}  // namespace jackdaw::io
