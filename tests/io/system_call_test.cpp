// tests/io/system_call_test.cpp
//
// Goal: each operation, as a system call that does not wait, gives its result, its errno, or -EAGAIN,
// and says which events end the wait. Method: operations that are never started, over socket pairs.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/passed_descriptors.hpp>
#include <jackdaw/io/system_call.hpp>
#include <jackdaw/io/tcp_listener.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::make_pipe;
using testing::receive_now;
using testing::send_now;
using testing::text_of;

// An operation that nobody awaits: only its request matters.
class asked final : public operation {
 public:
  explicit asked(const request& wanted) noexcept : operation(wanted) {}
  ~asked() = default;
};

request request_of(opcode code, int descriptor, void* memory = nullptr, std::size_t length = 0) {
  request wanted;
  wanted.code = code;
  wanted.descriptor = descriptor;
  wanted.memory = memory;
  wanted.length = length;
  return wanted;
}

int perform_once(const request& wanted) {
  asked operation(wanted);
  std::array<std::byte, 16> scratch{};
  return perform(operation, scratch);
}

TEST(system_call_test, receiving_gives_would_block_then_the_bytes_then_the_end) {
  auto streams = connected_streams();
  std::array<char, 8> into{};
  const request wanted =
      request_of(opcode::receive, streams.left.native_handle(), into.data(), into.size());
  EXPECT_EQ(perform_once(wanted), -EAGAIN);
  send_now(streams.right.native_handle(), "hello");
  EXPECT_EQ(perform_once(wanted), 5);
  EXPECT_EQ(std::string(into.data(), 5), "hello");
  streams.right.close();
  EXPECT_EQ(perform_once(wanted), 0);
}

TEST(system_call_test, receiving_into_lent_memory_appends_as_much_as_the_scratch_holds) {
  auto streams = connected_streams();
  byte_buffer buffer;
  const request wanted = request_of(opcode::receive_lent, streams.left.native_handle(), &buffer);
  EXPECT_EQ(perform_once(wanted), -EAGAIN);
  EXPECT_EQ(buffer.readable().data(), nullptr);
  send_now(streams.right.native_handle(), "more than sixteen bytes");
  EXPECT_EQ(perform_once(wanted), 16);
  EXPECT_EQ(perform_once(wanted), 7);
  EXPECT_EQ(text_of(buffer.readable()), "more than sixteen bytes");
}

TEST(system_call_test,
     sending_gives_the_number_of_bytes_and_would_block_when_the_peer_does_not_read) {
  auto streams = connected_streams();
  std::string text(100'000, 's');
  const request wanted =
      request_of(opcode::send, streams.left.native_handle(), text.data(), text.size());
  EXPECT_GT(perform_once(wanted), 0);
  int result = 0;
  while ((result = perform_once(wanted)) > 0) {
  }
  EXPECT_EQ(result, -EAGAIN);
}

TEST(system_call_test,
     accepting_gives_would_block_then_a_descriptor_that_closes_on_exec_and_never_blocks) {
  auto listener = tcp_listener::bind(address::loopback(0));
  const request wanted = request_of(opcode::accept, listener.native_handle());
  EXPECT_EQ(perform_once(wanted), -EAGAIN);
  auto client = socket::open(AF_INET, SOCK_STREAM);
  const address there = listener.local_address();
  static_cast<void>(connect(client.native_handle(), there.raw(), there.length()));
  int number = -EAGAIN;
  while (number == -EAGAIN) {
    number = perform_once(wanted);
  }
  ASSERT_GE(number, 0);
  const file_descriptor owner(number);
  EXPECT_NE(fcntl(number, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(system_call_test, connecting_is_begun_once_and_then_only_asked_for_its_outcome) {
  auto listener = tcp_listener::bind(address::loopback(0));
  auto client = socket::open(AF_INET, SOCK_STREAM);
  address there = listener.local_address();
  socklen_t length = there.length();
  request wanted = request_of(opcode::connect, client.native_handle());
  wanted.address = there.raw();
  wanted.address_length = &length;
  asked operation(wanted);
  EXPECT_EQ(perform(operation, {}), -EAGAIN);
  pollfd entry{client.native_handle(), POLLOUT, 0};
  ASSERT_EQ(poll(&entry, 1, 10'000), 1);
  EXPECT_EQ(perform(operation, {}), 0);
  EXPECT_EQ(client.peer_address(), there);
}

TEST(system_call_test, a_refused_connection_is_told_by_the_second_call) {
  auto listener = tcp_listener::bind(address::loopback(0));
  address nobody = listener.local_address();
  listener.close();
  auto client = socket::open(AF_INET, SOCK_STREAM);
  socklen_t length = nobody.length();
  request wanted = request_of(opcode::connect, client.native_handle());
  wanted.address = nobody.raw();
  wanted.address_length = &length;
  asked operation(wanted);
  int result = perform(operation, {});
  if (result == -EAGAIN) {
    pollfd entry{client.native_handle(), POLLOUT, 0};
    ASSERT_EQ(poll(&entry, 1, 10'000), 1);
    result = perform(operation, {});
  }
  EXPECT_EQ(result, -ECONNREFUSED);
}

TEST(system_call_test, pipes_are_read_and_written_until_they_are_empty_or_full) {
  auto pipe = make_pipe();
  std::string text(4096, 'p');
  const request writing = request_of(opcode::write, pipe.writes.get(), text.data(), text.size());
  std::size_t written = 0;
  int result = 0;
  while ((result = perform_once(writing)) > 0) {
    written += static_cast<std::size_t>(result);
  }
  EXPECT_EQ(result, -EAGAIN);
  const request reading = request_of(opcode::read, pipe.reads.get(), text.data(), text.size());
  std::size_t read = 0;
  while ((result = perform_once(reading)) > 0) {
    read += static_cast<std::size_t>(result);
  }
  EXPECT_EQ(result, -EAGAIN);
  EXPECT_EQ(read, written);
  pipe.writes.close();
  EXPECT_EQ(perform_once(reading), 0);
}

TEST(system_call_test, polling_gives_the_events_that_are_there_or_would_block) {
  auto pipe = make_pipe();
  request wanted = request_of(opcode::poll, pipe.reads.get());
  wanted.flags = POLLIN;
  EXPECT_EQ(perform_once(wanted), -EAGAIN);
  send_now(pipe.writes.get(), "x");
  EXPECT_EQ(perform_once(wanted), POLLIN);
  pipe.writes.close();
  EXPECT_EQ(perform_once(wanted), POLLIN | POLLHUP);
}

TEST(system_call_test, messages_give_would_block_then_their_bytes_and_what_came_beside) {
  auto streams = testing::local_streams();
  std::array<char, 8> into{};
  iovec piece{into.data(), into.size()};
  control_memory control = control_to_receive(1);
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.memory.get();
  header.msg_controllen = control.length;
  const request receiving =
      request_of(opcode::receive_message, streams.left.native_handle(), &header);
  EXPECT_EQ(perform_once(receiving), -EAGAIN);
  std::string text = "message";
  iovec sent_piece{text.data(), text.size()};
  const std::array<int, 1> one{streams.left.native_handle()};
  const control_memory passing = control_to_pass(one);
  msghdr sent{};
  sent.msg_iov = &sent_piece;
  sent.msg_iovlen = 1;
  sent.msg_control = passing.memory.get();
  sent.msg_controllen = passing.length;
  const request sending = request_of(opcode::send_message, streams.right.native_handle(), &sent);
  EXPECT_EQ(perform_once(sending), 7);
  EXPECT_EQ(perform_once(receiving), 7);
  EXPECT_EQ(std::string(into.data(), 7), "message");
  std::vector<file_descriptor> taken;
  take_passed(header, taken);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_NE(fcntl(taken[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  sent.msg_control = nullptr;
  sent.msg_controllen = 0;
  int result = 0;
  while ((result = perform_once(sending)) > 0) {
  }
  EXPECT_EQ(result, -EAGAIN);
  taken.clear();
  streams.left.close();
  EXPECT_EQ(perform_once(sending), -EPIPE) << "and no signal";
}

// One row per operation: a number that nobody has open is an error at once, and never a wait.
// Each errno of each operation means something (B46).
TEST(system_call_test, a_descriptor_that_is_not_open_is_a_bad_one_for_every_operation) {
  file_descriptor gone(dup(STDIN_FILENO));
  const int number = gone.get();
  gone.close();
  std::array<char, 4> memory{};
  byte_buffer buffer;
  msghdr header{};
  address there = address::loopback(1);
  socklen_t length = there.length();
  for (const opcode code :
       {opcode::receive, opcode::receive_lent, opcode::send, opcode::accept, opcode::connect,
        opcode::receive_message, opcode::send_message, opcode::read, opcode::write, opcode::poll}) {
    request wanted = request_of(code, number, memory.data(), memory.size());
    if (code == opcode::receive_message || code == opcode::send_message) {
      wanted.memory = &header;
    } else if (code == opcode::receive_lent) {
      wanted.memory = &buffer;
    } else if (code == opcode::connect) {
      wanted.address = there.raw();
      wanted.address_length = &length;
    } else if (code == opcode::poll) {
      wanted.flags = POLLIN;
    }
    EXPECT_EQ(perform_once(wanted), -EBADF) << "opcode " << static_cast<int>(code);
  }
}

TEST(system_call_test, each_operation_names_the_events_that_it_waits_for) {
  const auto events = [](opcode code) { return events_of(asked(request_of(code, 0))); };
  EXPECT_EQ(events(opcode::receive), static_cast<unsigned>(POLLIN));
  EXPECT_EQ(events(opcode::receive_lent), static_cast<unsigned>(POLLIN));
  EXPECT_EQ(events(opcode::accept), static_cast<unsigned>(POLLIN));
  EXPECT_EQ(events(opcode::read), static_cast<unsigned>(POLLIN));
  EXPECT_EQ(events(opcode::send), static_cast<unsigned>(POLLOUT));
  EXPECT_EQ(events(opcode::connect), static_cast<unsigned>(POLLOUT));
  EXPECT_EQ(events(opcode::write), static_cast<unsigned>(POLLOUT));
  EXPECT_EQ(events(opcode::receive_message), static_cast<unsigned>(POLLIN));
  EXPECT_EQ(events(opcode::send_message), static_cast<unsigned>(POLLOUT));
  request both = request_of(opcode::poll, 0);
  both.flags = POLLIN | POLLOUT;
  EXPECT_EQ(events_of(asked(both)), static_cast<unsigned>(POLLIN | POLLOUT));
}

}  // namespace
}  // namespace jackdaw::io
