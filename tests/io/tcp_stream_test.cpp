// tests/io/tcp_stream_test.cpp
//
// Goal: a connection moves every byte once and in order, says how it ended, and every wait on it can
// have a deadline. Method: over all runtimes, a stream against a stream or against plain system calls;
// what may end the process happens in a forked child.
#include "../support/echo.hpp"
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::connected_streams;
using testing::io_test;
using testing::receive_now;
using testing::send_now;
using testing::stream_pair;
using testing::text_of;

class tcp_stream_test : public io_test {};
JACKDAW_OVER_IO(tcp_stream_test, testing::all_io_kinds());

// -- Connecting -----------------------------------------------------------------------------------

task<void> connect_to(address local) {
  auto listener = tcp_listener::bind(local);
  auto connecting = spawn(tcp_stream::connect(listener.local_address()));
  const auto accepted = co_await listener.accept();
  const auto connected = co_await std::move(connecting);
  EXPECT_TRUE(connected);
  EXPECT_EQ(connected.peer_address(), listener.local_address());
  EXPECT_EQ(accepted.local_address(), listener.local_address());
  EXPECT_EQ(accepted.peer_address(), connected.local_address());
  EXPECT_NE(fcntl(connected.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(accepted.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_P(tcp_stream_test, both_ends_of_a_connection_know_each_other) {
  run(connect_to(address::loopback(0)));
}

TEST_P(tcp_stream_test, connections_over_ipv6_work_alike) {
  try {
    static_cast<void>(tcp_listener::bind(address::parse("[::1]:0")));
  } catch (const error& none) {
    std::cout << "NOT TESTED: " << none.what() << std::endl;
    GTEST_SKIP() << none.what();
  }
  run(connect_to(address::parse("[::1]:0")));
}

address address_of_nobody() {
  auto listener = tcp_listener::bind(address::loopback(0));
  return listener.local_address();
}

task<std::string> connect_to_nobody(address nobody) {
  std::string said;
  try {
    static_cast<void>(co_await tcp_stream::connect(nobody));
  } catch (const error& refused) {
    EXPECT_EQ(refused.number(), ECONNREFUSED);
    said = refused.what();
  }
  co_return said;
}

TEST_P(tcp_stream_test, a_refused_connection_is_an_error_that_names_the_address) {
  const address nobody = address_of_nobody();
  EXPECT_EQ(run(connect_to_nobody(nobody)),
            "connect to " + nobody.to_string() + ": Connection refused");
}

// -- Reading and writing --------------------------------------------------------------------------

task<void> read_in_pieces() {
  auto streams = connected_streams();
  send_now(streams.right.native_handle(), "0123456789");
  std::array<std::byte, 4> into{};
  std::string text;
  for (const std::size_t expected : {4U, 4U, 2U}) {
    const std::size_t count = co_await streams.left.read_some(into);
    EXPECT_EQ(count, expected);
    text += text_of(std::span(into).first(count));
  }
  EXPECT_EQ(text, "0123456789");
}

TEST_P(tcp_stream_test, a_read_gives_what_is_there_up_to_the_size_asked_for) {
  run(read_in_pieces());
}

task<void> write_pattern(tcp_stream& stream, std::uint64_t seed, std::size_t count) {
  std::vector<std::byte> bytes(count);
  testing::byte_pattern pattern(seed);
  pattern.fill(bytes);
  const result<std::size_t> written = co_await stream.try_write_all(bytes);
  EXPECT_EQ(written.error_number(), 0);
  EXPECT_EQ(*written, count);
  stream.shutdown_write();
}

task<std::size_t> read_pattern(tcp_stream& stream, std::uint64_t seed) {
  testing::byte_pattern pattern(seed);
  std::vector<std::byte> into(70'001);
  std::size_t total = 0;
  bool in_order = true;
  while (true) {
    // Of changing sizes, some of them tiny.
    const auto room = std::span(into).first(1 + total % into.size());
    const std::size_t count = co_await stream.read_some(room);
    if (count == 0) {
      break;
    }
    in_order = pattern.matches(room.first(count)) && in_order;
    total += count;
  }
  EXPECT_TRUE(in_order);
  co_return total;
}

task<void> move_both_ways(std::size_t count) {
  auto streams = connected_streams();
  auto all = gather(write_pattern(streams.left, 1, count), write_pattern(streams.right, 2, count),
                    read_pattern(streams.right, 1), read_pattern(streams.left, 2));
  const auto moved = co_await std::move(all);
  EXPECT_EQ(std::get<2>(moved), count);
  EXPECT_EQ(std::get<3>(moved), count);
}

// Reads and writes move less than was asked for (P10).
TEST_P(tcp_stream_test, eight_mebibytes_go_both_ways_at_once_and_arrive_as_they_were) {
  run(move_both_ways(sanitized ? 1U << 20U : 8U << 20U));
}

task<void> write_nothing() {
  auto streams = connected_streams();
  const std::span<const std::byte> nothing;
  co_await streams.left.write_all(nothing);
  const result<std::size_t> none = co_await streams.left.try_write_all(nothing);
  EXPECT_EQ(*none, 0U);
  co_await streams.left.write_all(bytes_of("x"));
  const std::string text = co_await testing::read_count(streams.right, 1);
  EXPECT_EQ(text, "x");
}

TEST_P(tcp_stream_test, writing_nothing_is_done_at_once) { run(write_nothing()); }

// An operation's length has 32 bits in the kernel: 4 GiB must not become 0, which means "the end".
class address_space {
 public:
  static constexpr std::size_t bytes = std::size_t{1} << 32U;
  address_space()
      : memory_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  address_space(const address_space&) = delete;
  address_space& operator=(const address_space&) = delete;
  ~address_space() { munmap(memory_, bytes); }
  [[nodiscard]] bool exists() const { return memory_ != MAP_FAILED; }
  [[nodiscard]] std::span<std::byte> all() const {
    return {static_cast<std::byte*>(memory_), bytes};
  }

 private:
  void* memory_;
};

task<void> move_with_four_gibibytes(std::span<std::byte> huge) {
  auto streams = connected_streams();
  send_now(streams.right.native_handle(), "hello");
  const std::size_t received = co_await streams.left.read_some(huge);
  EXPECT_EQ(received, 5U);
  // The peer does not read: what the socket takes is what is sent when time is up.
  const std::size_t sent = co_await timeout(50ms, streams.left.write_some(huge));
  EXPECT_GT(sent, 0U);
}

TEST_P(tcp_stream_test, four_gibibytes_are_neither_nothing_nor_the_end) {
  const address_space huge;
  if (!huge.exists()) {
    GTEST_SKIP() << "no address space for it";
  }
  run(move_with_four_gibibytes(huge.all()));
}

// -- How it ends ----------------------------------------------------------------------------------

task<void> close_one_half() {
  auto streams = connected_streams();
  co_await streams.left.write_all(bytes_of("question"));
  streams.left.shutdown_write();
  const std::string question = co_await testing::read_to_end(streams.right);
  EXPECT_EQ(question, "question");
  co_await streams.right.write_all(bytes_of("answer"));
  streams.right.close();
  const std::string answer = co_await testing::read_to_end(streams.left);
  EXPECT_EQ(answer, "answer");
  std::array<std::byte, 8> into{};
  const std::size_t again = co_await streams.left.read_some(into);
  EXPECT_EQ(again, 0U) << "the end stays the end";
}

TEST_P(tcp_stream_test, after_the_end_of_one_half_the_other_one_goes_on) { run(close_one_half()); }

void reset(tcp_stream& stream) {
  const linger at_once{1, 0};
  setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  stream.close();
}

task<void> be_reset() {
  std::array<std::byte, 8> into{};
  {
    auto streams = connected_streams();
    auto reading = spawn(testing::read_to_end(streams.left));
    co_await jackdaw::sleep(1ms);
    reset(streams.right);
    int number = 0;
    try {
      static_cast<void>(co_await reading);
    } catch (const error& thrown) {
      number = thrown.number();
    }
    EXPECT_EQ(number, ECONNRESET) << "a reset during the read";
  }
  {
    auto streams = connected_streams();
    reset(streams.right);
    const result<std::size_t> first = co_await streams.left.try_read_some(into);
    EXPECT_EQ(first.error_number(), ECONNRESET) << "a reset before the read, as a result";
    EXPECT_EQ(meaning_of(first.error_number()), meaning::peer_gone);
  }
}

TEST_P(tcp_stream_test, a_reset_is_an_error_or_a_result) { run(be_reset()); }

task<std::string> write_until_it_fails() {
  auto streams = connected_streams();
  reset(streams.right);
  std::vector<std::byte> bytes(65536);
  int number = 0;
  for (int attempt = 0; attempt < 100 && number == 0; ++attempt) {
    const result<std::size_t> written = co_await streams.left.try_write_all(bytes);
    number = written.error_number();
  }
  if (number != EPIPE && number != ECONNRESET) {
    co_return "the errno was " + std::to_string(number);
  }
  std::string complaint = "the second write succeeded";
  try {
    co_await streams.left.write_all(bytes);
  } catch (const error& thrown) {
    complaint = thrown.number() == EPIPE ? std::string() : std::string(thrown.what());
  }
  co_return complaint;
}

// P17, B47. The default of SIGPIPE ends the process.
TEST_P(tcp_stream_test, writing_to_a_connection_that_was_reset_raises_no_signal) {
  const auto result = testing::in_child([this] {
    if (std::signal(SIGPIPE, SIG_DFL) == SIG_ERR) {
      return std::string("signal");
    }
    return jackdaw::io::run(write_until_it_fails(), options());
  });
  EXPECT_EQ(testing::complaint_of(result), "");
}

task<void> use_without_a_connection() {
  tcp_stream none;
  EXPECT_FALSE(none);
  std::array<std::byte, 8> into{};
  const result<std::size_t> received = co_await none.try_read_some(into);
  EXPECT_EQ(received.error_number(), EBADF);
  const result<std::size_t> sent = co_await none.try_write_all(bytes_of("x"));
  EXPECT_EQ(sent.error_number(), EBADF);
  auto streams = connected_streams();
  streams.left.close();
  streams.left.close();
  const result<std::size_t> closed = co_await streams.left.try_read_some(into);
  EXPECT_EQ(closed.error_number(), EBADF);
  EXPECT_THROW(streams.left.shutdown_write(), error);
}

TEST_P(tcp_stream_test, a_stream_without_a_connection_gives_errors) {
  run(use_without_a_connection());
}

task<std::string> close_under_a_read() {
  auto streams = connected_streams();
  auto reading = spawn(testing::read_to_end(streams.left));
  co_await jackdaw::sleep(1ms);
  streams.left.close();
  co_return "nothing happened";
}

// P5: a bug of the program, which is told so instead of reading from somebody else's connection later.
TEST_P(tcp_stream_test, closing_under_a_pending_read_aborts) {
  const auto result =
      testing::in_child([this] { return jackdaw::io::run(close_under_a_read(), options()); });
  EXPECT_EQ(result.signal, SIGABRT) << testing::complaint_of(result);
  EXPECT_NE(result.standard_error.find("pending_"), std::string::npos) << result.standard_error;
}

// -- Deadlines ------------------------------------------------------------------------------------

template <class A>
task<bool> times_out(A awaited) {
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, std::move(awaited)));
  } catch (const timeout_error&) {
    expired = true;
  }
  co_return expired;
}

task<void> wait_with_deadlines() {
  auto streams = connected_streams();
  std::array<std::byte, 8> into{};
  auto read = times_out(streams.left.read_some(into));
  EXPECT_TRUE(co_await std::move(read));
  auto tried = times_out(streams.left.try_read_some(into));
  EXPECT_TRUE(co_await std::move(tried));
  buffered_reader reader(streams.left);
  auto filled = times_out(reader.fill());
  EXPECT_TRUE(co_await std::move(filled));
  auto line = times_out(reader.read_line());
  EXPECT_TRUE(co_await std::move(line));

  send_now(streams.right.native_handle(), "late");
  const std::string late = co_await testing::read_count(streams.left, 4);
  EXPECT_EQ(late, "late") << "the stream is as good as before";
}

TEST_P(tcp_stream_test, every_read_can_have_a_deadline_and_loses_nothing_by_it) {
  run(wait_with_deadlines());
}

task<void> write_with_a_deadline() {
  auto streams = connected_streams();
  std::vector<std::byte> bytes(16U << 20U);
  testing::byte_pattern leaving(7);
  leaving.fill(bytes);
  bool expired = false;
  try {
    co_await timeout(20ms, streams.left.write_all(bytes));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  streams.left.shutdown_write();
  testing::byte_pattern arriving(7);
  const std::string sent = co_await testing::read_to_end(streams.right);
  EXPECT_GT(sent.size(), 0U);
  EXPECT_LT(sent.size(), bytes.size());
  EXPECT_TRUE(arriving.matches(bytes_of(sent))) << "a part was written, in order";
}

TEST_P(tcp_stream_test, a_write_to_a_peer_that_does_not_read_can_have_a_deadline) {
  run(write_with_a_deadline());
}

// A peer that takes its time: on the ring many partial sends are inside of one operation. On epoll a write
// may be content with the first of them: then the stream ends early.
task<void> drip(tcp_stream& stream, int pieces, std::size_t& received,
                testing::byte_pattern& pattern, bool& in_order) {
  std::vector<std::byte> into(64U << 10U);
  for (int piece = 0; piece < pieces; ++piece) {
    const std::size_t count = co_await stream.read_some(into);
    if (count == 0) {
      break;
    }
    in_order = pattern.matches(std::span(into).first(count)) && in_order;
    received += count;
    co_await jackdaw::sleep(20us);
  }
}

task<std::size_t> write_once(tcp_stream& stream, std::span<const std::byte> bytes) {
  const std::size_t count = co_await stream.write_some(bytes);
  stream.shutdown_write();
  co_return count;
}

task<void> cancel_after_many_pieces(int pieces) {
  auto streams = connected_streams();
  std::vector<std::byte> bytes(64U << 20U);
  testing::byte_pattern leaving(3);
  leaving.fill(bytes);
  auto writing = spawn(write_once(streams.left, bytes));
  testing::byte_pattern arriving(3);
  std::size_t received = 0;
  bool in_order = true;
  co_await drip(streams.right, pieces, received, arriving, in_order);
  writing.cancel();
  std::size_t written = 0;
  try {
    written = co_await writing;
  } catch (const cancelled_error&) {
    written = 0;
  }
  if (written == 0) {
    streams.left.shutdown_write();
  }
  const std::string rest = co_await testing::read_to_end(streams.right);
  received += rest.size();
  in_order = arriving.matches(bytes_of(rest)) && in_order;
  EXPECT_TRUE(in_order);
  EXPECT_GT(received, 0U);
  // The task ended as cancelled, so its result is dropped; what counts is that nothing was sent twice.
  EXPECT_TRUE(written == 0 || written == received)
      << written << " written, " << received << " received";
}

TEST_P(tcp_stream_test, a_large_send_in_many_pieces_can_be_cancelled_at_any_time) {
  if (sanitized) {
    run(cancel_after_many_pieces(50));
  } else {
    run(cancel_after_many_pieces(300));
  }
}

// A connection request that is dropped, because the listener's queue is full, waits for a second.
task<void> connect_with_a_deadline() {
  listen_options options;
  options.backlog = 0;
  auto listener = tcp_listener::bind(address::loopback(0), options);
  const address there = listener.local_address();
  std::vector<socket> waiting;
  for (int index = 0; index < 4; ++index) {
    waiting.push_back(socket::open(AF_INET, SOCK_STREAM));
    static_cast<void>(::connect(waiting.back().native_handle(), there.raw(), there.length()));
  }
  auto connecting = times_out(tcp_stream::connect(there));
  EXPECT_TRUE(co_await std::move(connecting));
}

TEST_P(tcp_stream_test, connecting_can_have_a_deadline_and_leaves_no_socket_behind) {
  run(connect_with_a_deadline());
}

// -- Living together ------------------------------------------------------------------------------

task<void> set_after(std::chrono::milliseconds time, std::atomic<bool>& flag) {
  co_await jackdaw::sleep(time);
  flag.store(true);
}

task<bool> read_what_is_always_there(tcp_stream& stream, const std::atomic<bool>& over) {
  std::array<std::byte, 16> into{};
  // About a second if nothing ends it before.
  const int reads_max = testing::scaled(3'000'000);
  for (int reads = 0; reads < reads_max; ++reads) {
    if (over.load()) {
      co_return true;
    }
    const result<std::size_t> count = co_await stream.try_read_some(into);
    if (!count.ok() || *count == 0) {
      break;
    }
  }
  co_return over.load();
}

task<bool> read_beside_a_timer() {
  auto streams = testing::local_streams();
  const int flags = fcntl(streams.right.native_handle(), F_GETFL);
  fcntl(streams.right.native_handle(), F_SETFL, flags & ~O_NONBLOCK);
  std::thread producer([descriptor = streams.right.native_handle()] {
    const std::string bytes(65536, 'p');
    while (::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  std::atomic<bool> over{false};
  auto timer = spawn(set_after(2ms, over));
  auto reading = spawn(read_what_is_always_there(streams.left, over));
  const bool ended_by_timer = co_await reading;
  ::shutdown(streams.left.native_handle(), SHUT_RDWR);
  producer.join();
  co_await timer;
  co_return ended_by_timer;
}

// A peer that is faster than we are: the reader never has to wait, and others still get their turn.
TEST_P(tcp_stream_test, a_reader_whose_data_are_always_there_starves_nobody) {
  EXPECT_TRUE(run(read_beside_a_timer()));
}

TEST_P(tcp_stream_test, many_connections_echo_each_its_own_bytes) {
  const std::size_t messages = sanitized ? 20 : 100;
  EXPECT_EQ(run(testing::echo_among(64, messages)), 64 * messages);
}

}  // namespace
}  // namespace jackdaw::io
