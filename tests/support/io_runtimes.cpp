// The table of runtimes with I/O, the accounts, and plain system calls.
#include "io_runtimes.hpp"

#include <jackdaw/io/probe.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <system_error>

namespace jackdaw::testing {
namespace {

using io::backend;
using io::mode;

std::vector<io_kind> select(bool (*wanted)(const io_kind&)) {
  std::vector<io_kind> selected;
  std::copy_if(all_io_kinds().begin(), all_io_kinds().end(), std::back_inserter(selected), wanted);
  return selected;
}

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

}  // namespace

// With JACKDAW_TEST_SMALL_RINGS every ring has two submissions and four completions: what a full one does is
// then done all the time (P7, P8, B43).
io::options io_kind::options() const {
  io::options wanted(mode);
  wanted.backend = backend;
  wanted.workers = workers;
  if (std::getenv("JACKDAW_TEST_SMALL_RINGS") != nullptr) {
    wanted.ring_submissions = 2;
    wanted.ring_completions = 4;
  }
  return wanted;
}

const std::vector<io_kind>& all_io_kinds() {
  static const std::vector<io_kind> kinds = {
      {"loop_uring", mode::asyncio, backend::io_uring, 1},
      {"loop_epoll", mode::asyncio, backend::epoll, 1},
      {"pool_1_uring", mode::multi_thread, backend::io_uring, 1},
      {"pool_1_epoll", mode::multi_thread, backend::epoll, 1},
      {"pool_4_uring", mode::multi_thread, backend::io_uring, 4},
      {"pool_4_epoll", mode::multi_thread, backend::epoll, 4},
  };
  return kinds;
}

std::vector<io_kind> io_kinds_on(io::backend backend) {
  return backend == io::backend::io_uring
             ? select([](const io_kind& kind) { return kind.on_ring(); })
             : select([](const io_kind& kind) { return !kind.on_ring(); });
}

std::vector<io_kind> one_driver_kinds() {
  return select([](const io_kind& kind) { return kind.one_thread(); });
}

std::vector<io_kind> parallel_io_kinds() {
  return select([](const io_kind& kind) { return !kind.one_thread(); });
}

std::vector<io_kind> loop_kinds() {
  return select([](const io_kind& kind) { return kind.is_loop(); });
}

void PrintTo(const io_kind& kind, std::ostream* out) { *out << kind.name; }

const std::string& io_uring_refusal() {
  static const std::string refusal = [] {
    const io::probe_result probed = io::probe();
    return probed.usable ? std::string() : io::backend_line(false, false, probed);
  }();
  return refusal;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

void io_test::SetUp() {
  if (GetParam().on_ring() && !io_uring_refusal().empty()) {
    std::cout << "NOT TESTED ON io_uring: " << io_uring_refusal() << std::endl;
    GTEST_SKIP() << io_uring_refusal();
  }
  options_ = GetParam().options();
  descriptors_before_ = open_descriptors();
}

void io_test::TearDown() {
  if (IsSkipped()) {
    return;
  }
  EXPECT_EQ(open_descriptors(), descriptors_before_) << "descriptors are left open";
  EXPECT_EQ(drivers_.submissions, drivers_.completions) << "operations were lost";
  if (!failures_expected_) {
    EXPECT_EQ(failures_.text(), "") << "reported, but nobody expected it";
  }
}

stream_pair connected_streams() {
  auto listener = io::tcp_listener::bind(io::address::loopback(0));
  auto left = io::socket::open(AF_INET, SOCK_STREAM);
  const io::address there = listener.local_address();
  if (connect(left.native_handle(), there.raw(), there.length()) != 0 && errno != EINPROGRESS) {
    fail("connect");
  }
  int number = -1;
  while (number < 0) {
    number = accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (number < 0 && errno != EAGAIN && errno != EINTR) {
      fail("accept4");
    }
  }
  auto right = io::socket(io::file_descriptor(number));
  left.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
  right.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
  return {io::tcp_stream(std::move(left)), io::tcp_stream(std::move(right))};
}

stream_pair local_streams() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    fail("socketpair");
  }
  return {io::tcp_stream(io::socket(io::file_descriptor(ends[0]))),
          io::tcp_stream(io::socket(io::file_descriptor(ends[1])))};
}

std::vector<stream_pair> local_streams(std::size_t count) {
  // Shells and containers begin with a soft limit of 1024, below one that is much higher.
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur < 4 * count) {
    descriptors.rlim_cur = std::min<rlim_t>(descriptors.rlim_max, 4 * count);
    if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0) {
      fail("setrlimit");
    }
  }
  std::vector<stream_pair> streams;
  streams.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    streams.push_back(local_streams());
  }
  return streams;
}

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    fail("pipe2");
  }
  return {io::file_descriptor(ends[0]), io::file_descriptor(ends[1])};
}

void send_now(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count < 0) {
      fail("write");
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string receive_now(int descriptor, std::size_t limit) {
  std::string text(limit, '\0');
  const ssize_t count = read(descriptor, text.data(), text.size());
  if (count < 0 && errno != EAGAIN && errno != ECONNRESET) {
    fail("read");
  }
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

task<std::string> read_to_end(io::tcp_stream& stream) {
  std::string text = co_await read_count(stream, static_cast<std::size_t>(-1));
  co_return text;
}

std::vector<join_handle<std::string>> spawn_readers(std::vector<stream_pair>& streams,
                                                    std::size_t count) {
  std::vector<join_handle<std::string>> readers;
  readers.reserve(streams.size());
  for (stream_pair& each : streams) {
    readers.push_back(spawn(read_count(each.left, count)));
  }
  return readers;
}

task<std::string> read_count(io::tcp_stream& stream, std::size_t count) {
  std::string text;
  std::array<std::byte, 4096> piece{};
  while (text.size() < count) {
    const std::size_t wanted = std::min(piece.size(), count - text.size());
    const std::size_t got = co_await stream.read_some(std::span(piece).first(wanted));
    if (got == 0) {
      break;
    }
    text += text_of(std::span(piece).first(got));
  }
  co_return text;
}

}  // namespace jackdaw::testing
