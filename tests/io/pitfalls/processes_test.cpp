// tests/io/pitfalls/processes_test.cpp
//
// Goal: neither a forked child nor a program that it becomes can harm the runtime of its parent. Method: forks inside of
// a run, which look at what they have, use it, and end; and the flags of all descriptors of a busy run.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/io/signal_set.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/io/udp_socket.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

namespace jackdaw::io {
namespace {

using testing::stream_pair;

class processes_test : public testing::io_test {};
JACKDAW_OVER_IO(processes_test, testing::all_io_kinds());

std::string text_of_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool has_ring_memory() {
  return text_of_file("/proc/self/maps").find("io_uring") != std::string::npos;
}

/// Makes the driver do something, so that it is there.
task<void> say_and_hear(stream_pair& streams) {
  co_await streams.right.write_all(testing::bytes_of("x"));
  std::array<std::byte, 1> into{};
  const std::size_t count = co_await streams.left.read_some(into);
  EXPECT_EQ(count, 1U);
}

/// What `child` returns in a fork of this process, which runs nothing else; -1 if it was ended by a signal.
template <class F>
int status_in_fork(F child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    alarm(20);  // Its default ends the child.
    try {
      _exit(child());
    } catch (...) {
      _exit(99);
    }
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// P21: a child that had the queues could submit in its parent's name, and spoil the queue's end.
TEST_P(processes_test, a_forked_child_does_not_have_the_rings_memory) {
  struct body {
    static task<void> run(bool on_ring) {
      stream_pair streams = testing::local_streams();
      co_await say_and_hear(streams);
      EXPECT_EQ(has_ring_memory(), on_ring);
      EXPECT_EQ(status_in_fork([] { return has_ring_memory() ? 1 : 0; }), 0);
      co_await say_and_hear(streams);
    }
  };
  run(body::run(GetParam().on_ring()));
}

// B64: the runtime belongs to the parent. What the child would do with it is an error in words.
TEST_P(processes_test, a_forked_child_is_told_that_the_runtime_is_not_its_own) {
  struct body {
    static task<void> nothing() { co_return; }
    static int use_it(stream_pair& streams, bool alone) {
      int refused = 0;
      try {
        spawn(nothing());
      } catch (const std::logic_error&) {
        ++refused;
      }
      try {
        static_cast<void>(jackdaw::current_scheduler());
      } catch (const std::logic_error&) {
        ++refused;
      }
      // One of its own it may have, unless another thread held a lock just then.
      if (alone) {
        jackdaw::io::run(say_and_hear(streams));
      }
      return refused == 2 ? 0 : 1;
    }
    static task<void> run(bool alone) {
      stream_pair streams = testing::local_streams();
      co_await say_and_hear(streams);
      EXPECT_EQ(status_in_fork([&] { return use_it(streams, alone); }), 0);
      co_await say_and_hear(streams);
    }
  };
  run(body::run(GetParam().one_thread()));
}

std::set<int> descriptors_that_stay_at_exec() {
  std::set<int> found;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int number = std::atoi(each.path().filename().c_str());
    const int flags = fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
      found.insert(number);
    }
  }
  return found;
}

// P22: a program that the process becomes, or that a foreign library starts, inherits nothing of ours.
TEST_P(processes_test, every_descriptor_is_closed_at_exec) {
  struct body {
    static task<void> run(std::set<int> before) {
      signal_set signals({SIGUSR2});
      tcp_listener listener = tcp_listener::bind(address::loopback(0));
      auto connecting = spawn(tcp_stream::connect(listener.local_address()));
      tcp_stream accepted = co_await listener.accept();
      tcp_stream connected = co_await std::move(connecting);
      udp_socket datagrams = udp_socket::bind(address::loopback(0));
      auto pipe = make_pipe();
      EXPECT_EQ(descriptors_that_stay_at_exec(), before);
    }
  };
  run(body::run(descriptors_that_stay_at_exec()));
}

}  // namespace
}  // namespace jackdaw::io
