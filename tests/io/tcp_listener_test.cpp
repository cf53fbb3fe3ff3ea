// tests/io/tcp_listener_test.cpp
//
// Goal: every connection is accepted once, by somebody; a listener that cannot accept for want of
// descriptors neither fails nor burns the processor. Method: over all runtimes, against plain system
// calls; limits are set in a forked child.
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::io_test;

class tcp_listener_test : public io_test {};
JACKDAW_OVER_IO(tcp_listener_test, testing::all_io_kinds());

socket connect_now(const address& there) {
  auto client = socket::open(AF_INET, SOCK_STREAM);
  static_cast<void>(::connect(client.native_handle(), there.raw(), there.length()));
  return client;
}

// -- Without a runtime ----------------------------------------------------------------------------

TEST(tcp_listener_bind_test, port_0_is_replaced_by_a_free_one) {
  auto listener = tcp_listener::bind(address::loopback(0));
  EXPECT_TRUE(listener);
  EXPECT_NE(listener.local_address().port(), 0);
  EXPECT_EQ(listener.local_address().host(), "127.0.0.1");
  EXPECT_NE(fcntl(listener.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(tcp_listener_bind_test, an_address_in_use_is_an_error_that_names_it) {
  auto first = tcp_listener::bind(address::loopback(0));
  try {
    static_cast<void>(tcp_listener::bind(first.local_address()));
    ADD_FAILURE() << "two listeners on one address";
  } catch (const error& refused) {
    EXPECT_EQ(refused.number(), EADDRINUSE);
    EXPECT_EQ(std::string(refused.what()),
              "bind " + first.local_address().to_string() + ": Address already in use");
  }
}

TEST(tcp_listener_bind_test, an_address_of_another_machine_is_an_error_that_names_it) {
  try {
    static_cast<void>(tcp_listener::bind(address::parse("192.0.2.1:0")));
    ADD_FAILURE() << "192.0.2.1 is for documentation";
  } catch (const error& refused) {
    EXPECT_EQ(refused.number(), EADDRNOTAVAIL);
    EXPECT_EQ(std::string(refused.what()), "bind 192.0.2.1:0: Cannot assign requested address");
  }
}

TEST(tcp_listener_bind_test, several_may_listen_on_one_address_if_all_say_so) {
  listen_options shared;
  shared.reuse_port = true;
  auto first = tcp_listener::bind(address::loopback(0), shared);
  auto second = tcp_listener::bind(first.local_address(), shared);
  EXPECT_EQ(first.local_address(), second.local_address());
}

// -- Accepting ------------------------------------------------------------------------------------

task<void> accept_all(tcp_listener& listener, std::vector<int>& accepted_by, int who,
                      std::size_t total, std::atomic<std::size_t>& accepted) {
  std::vector<tcp_stream> kept;
  while (accepted.load() < total) {
    auto stream = co_await listener.accept();
    accepted.fetch_add(1);
    accepted_by[static_cast<std::size_t>(who)] += 1;
    kept.push_back(std::move(stream));
  }
}

task<void> accept_by_several(std::size_t connections) {
  constexpr int acceptors = 4;
  auto listener = tcp_listener::bind(address::loopback(0));
  std::vector<int> accepted_by(acceptors);
  std::atomic<std::size_t> accepted{0};
  std::vector<join_handle<void>> tasks;
  for (int who = 0; who < acceptors; ++who) {
    tasks.push_back(spawn(accept_all(listener, accepted_by, who, connections, accepted)));
  }
  std::vector<socket> clients;
  for (std::size_t index = 0; index < connections; ++index) {
    clients.push_back(connect_now(listener.local_address()));
    if (index % 8 == 0) {
      co_await yield();
    }
  }
  while (accepted.load() < connections) {
    co_await jackdaw::sleep(100us);
  }
  for (auto& each : tasks) {
    each.cancel();
  }
  for (auto& each : tasks) {
    try {
      co_await each;
    } catch (const cancelled_error&) {
      continue;
    }
  }
  std::size_t sum = 0;
  for (const int count : accepted_by) {
    sum += static_cast<std::size_t>(count);
  }
  EXPECT_EQ(sum, connections);
  // None is left, and none was given to two.
  EXPECT_EQ(accept4(listener.native_handle(), nullptr, nullptr, 0), -1);
}

TEST_P(tcp_listener_test, each_connection_goes_to_one_of_several_acceptors) {
  run(accept_by_several(100));
}

task<void> accept_with_a_deadline() {
  auto listener = tcp_listener::bind(address::loopback(0));
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, listener.accept()));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  const auto client = connect_now(listener.local_address());
  const auto accepted = co_await listener.accept();
  EXPECT_EQ(accepted.peer_address(), client.local_address());
}

TEST_P(tcp_listener_test, an_accept_that_timed_out_leaves_the_connection_to_the_next_one) {
  run(accept_with_a_deadline());
}

task<void> accept_what_is_gone() {
  auto listener = tcp_listener::bind(address::loopback(0));
  {
    auto client = connect_now(listener.local_address());
    const linger at_once{1, 0};
    setsockopt(client.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  const auto client = connect_now(listener.local_address());
  // The kernel may hand out the dead one first; it says so when it is read.
  auto accepted = co_await listener.accept();
  std::array<std::byte, 8> into{};
  const result<std::size_t> received = co_await accepted.try_read_some(into);
  EXPECT_EQ(received.error_number(), ECONNRESET);
  accepted = co_await listener.accept();
  EXPECT_EQ(accepted.peer_address(), client.local_address());
}

TEST_P(tcp_listener_test, a_peer_that_went_away_in_the_queue_does_not_disturb_the_next_one) {
  run(accept_what_is_gone());
}

task<void> accept_without_a_listener() {
  tcp_listener none;
  EXPECT_FALSE(none);
  int number = 0;
  try {
    static_cast<void>(co_await none.accept());
  } catch (const error& thrown) {
    number = thrown.number();
  }
  EXPECT_EQ(number, EBADF);
  result<tcp_stream> tried = co_await none.try_accept();
  EXPECT_EQ(tried.error_number(), EBADF);
}

TEST_P(tcp_listener_test, a_closed_listener_is_an_error) { run(accept_without_a_listener()); }

task<void> shut_down_under_an_accept() {
  auto listener = tcp_listener::bind(address::loopback(0));
  auto accepting = spawn(listener.accept());
  co_await jackdaw::sleep(2ms);
  ::shutdown(listener.native_handle(), SHUT_RD);
  int number = 0;
  try {
    static_cast<void>(co_await std::move(accepting));
  } catch (const error& thrown) {
    number = thrown.number();
  }
  EXPECT_EQ(number, EINVAL);
}

TEST_P(tcp_listener_test, a_listener_that_is_shut_down_ends_the_accept_with_an_error) {
  run(shut_down_under_an_accept());
}

// -- Out of descriptors (P16, B68) ----------------------------------------------------------------

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class all_descriptors {
 public:
  all_descriptors() {
    for (int number = dup(STDIN_FILENO); number >= 0; number = dup(STDIN_FILENO)) {
      numbers_.push_back(number);
    }
  }
  all_descriptors(const all_descriptors&) = delete;
  all_descriptors& operator=(const all_descriptors&) = delete;
  ~all_descriptors() { give_back(numbers_.size()); }
  void give_back(std::size_t count) {
    for (; count > 0; --count) {
      close(numbers_.back());
      numbers_.pop_back();
    }
  }

 private:
  std::vector<int> numbers_;
};

task<std::string> accept_without_descriptors() {
  auto listener = tcp_listener::bind(address::loopback(0));
  auto client = connect_now(listener.local_address());
  auto accepting = spawn(listener.accept());
  std::string complaint;
  {
    testing::limit_resource(RLIMIT_NOFILE, 64);
    all_descriptors taken;
    const auto before = runtime_statistics().drivers;
    const double seconds_before = processor_seconds();
    co_await jackdaw::sleep(300ms);
    const auto after = runtime_statistics().drivers;
    const auto calls = after.system_calls - before.system_calls;
    // Back-off from 10 to 100 ms: about six attempts, each a few calls of the driver.
    if (calls > 100) {
      complaint += std::to_string(calls) + " system calls in 300 ms; ";
    }
    if (!sanitized && processor_seconds() - seconds_before > 0.1) {
      complaint += std::to_string(processor_seconds() - seconds_before) + " s of processor time; ";
    }
    if (accepting.done()) {
      complaint += "accepted without a descriptor; ";
    }
    taken.give_back(1);
    auto accepted = co_await timeout(10s, std::move(accepting));
    if (!(accepted.peer_address() == client.local_address())) {
      complaint += "another connection";
    }
  }
  co_return complaint;
}

TEST_P(tcp_listener_test, without_descriptors_it_waits_at_no_cost_and_accepts_when_there_is_one) {
  const auto result = testing::in_child(
      [this] { return jackdaw::io::run(accept_without_descriptors(), options()); });
  EXPECT_EQ(testing::complaint_of(result), "");
}

task<std::string> try_accept_without_descriptors() {
  auto listener = tcp_listener::bind(address::loopback(0));
  const auto client = connect_now(listener.local_address());
  pollfd entry{listener.native_handle(), POLLIN, 0};
  ::poll(&entry, 1, 10'000);
  testing::limit_resource(RLIMIT_NOFILE, 64);
  const all_descriptors taken;
  const result<tcp_stream> tried = co_await listener.try_accept();
  const bool as_expected =
      tried.error_number() == EMFILE && meaning_of(tried.error_number()) == meaning::out_of_limits;
  co_return as_expected ? "" : "errno " + std::to_string(tried.error_number());
}

TEST_P(tcp_listener_test, one_attempt_without_descriptors_gives_the_error_as_a_result) {
  const auto result = testing::in_child(
      [this] { return jackdaw::io::run(try_accept_without_descriptors(), options()); });
  EXPECT_EQ(testing::complaint_of(result), "");
}

}  // namespace
}  // namespace jackdaw::io
