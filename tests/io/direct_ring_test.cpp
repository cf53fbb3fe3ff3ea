// tests/io/direct_ring_test.cpp
//
// Goal: connections beyond the limit of descriptors are served like any others, and no slot is lost,
// whatever is cancelled, closed or refused on the way (P3, P37). Method: a child with a hard limit of
// descriptors, tables of two slots, and peers made with plain system calls; over all runtimes, where epoll
// has to fall back to plain descriptors.
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/direct_ring.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::io_test;

class direct_ring_test : public io_test {
 protected:
  [[nodiscard]] static bool on_ring() { return GetParam().on_ring(); }
};
JACKDAW_OVER_IO(direct_ring_test, testing::all_io_kinds());

listen_options direct() {
  listen_options wanted;
  wanted.direct_descriptors = true;
  return wanted;
}

socket connect_now(const tcp_listener& listener) {
  const address there = listener.local_address();
  auto client = socket::open(AF_INET, SOCK_STREAM);
  static_cast<void>(::connect(client.native_handle(), there.raw(), there.length()));
  return client;
}

// What the peer has got so far, waited for.
std::string received_by(const socket& client) {
  pollfd readable{client.native_handle(), POLLIN, 0};
  static_cast<void>(::poll(&readable, 1, 20'000));
  std::array<char, 64> bytes{};
  const ssize_t count = ::recv(client.native_handle(), bytes.data(), bytes.size(), 0);
  return count < 0 ? "nothing" : std::string(bytes.data(), static_cast<std::size_t>(count));
}

task<std::string> read_text(tcp_stream& from) {
  std::array<std::byte, 64> bytes;
  const std::size_t count = co_await from.read_some(bytes);
  co_return testing::text_of(std::span<const std::byte>(bytes).first(count));
}

task<void> echo_once(tcp_stream peer) {
  const std::string text = co_await read_text(peer);
  co_await peer.write_all(testing::bytes_of(text));
}

// -- One connection ----------------------------------------------------------------------------------

task<void> serve_one(bool direct_expected) {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  const socket client = connect_now(listener);
  tcp_stream accepted = co_await listener.accept();
  EXPECT_EQ(is_direct(accepted.native_handle()), direct_expected);
  static_cast<void>(::send(client.native_handle(), "ping", 4, 0));
  const std::string text = co_await read_text(accepted);
  EXPECT_EQ(text, "ping");
  co_await accepted.write_all(testing::bytes_of("pong"));
  EXPECT_EQ(received_by(client), "pong");
  // What needs a plain descriptor gets one for the moment, on the worker where the last operation ended.
  EXPECT_EQ(accepted.peer_address(), client.local_address());
  EXPECT_EQ(accepted.raw_socket().option(IPPROTO_TCP, TCP_NODELAY), 1);
  accepted.shutdown_write();
  EXPECT_EQ(received_by(client), "");
}

TEST_P(direct_ring_test, an_accepted_connection_reads_writes_and_knows_its_peer) {
  run(serve_one(on_ring()));
}

task<void> close_and_see() {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  socket client = connect_now(listener);
  tcp_stream accepted = co_await listener.accept();
  accepted.close();
  accepted.close();
  // The kernel is told when its worker comes to it: so nothing here may keep the worker.
  tcp_stream peer(std::move(client));
  const std::string seen = co_await read_text(peer);
  EXPECT_EQ(seen, "");
}

TEST_P(direct_ring_test, closing_is_seen_by_the_peer) { run(close_and_see()); }

// -- Between workers ---------------------------------------------------------------------------------

task<void> serve_many(unsigned count) {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  std::vector<socket> clients;
  std::vector<join_handle<void>> echoes;
  for (unsigned index = 0; index < count; ++index) {
    clients.push_back(connect_now(listener));
    tcp_stream accepted = co_await listener.accept();
    echoes.push_back(spawn(echo_once(std::move(accepted))));
  }
  for (const socket& each : clients) {
    static_cast<void>(::send(each.native_handle(), "hello", 5, 0));
  }
  for (join_handle<void>& each : echoes) {
    co_await each;
  }
  for (socket& each : clients) {
    tcp_stream peer(std::move(each));
    const std::string text = co_await read_text(peer);
    EXPECT_EQ(text, "hello");
    const std::string end = co_await read_text(peer);
    EXPECT_EQ(end, "");
  }
}

// In a pool other workers take the tasks, whose operations then go to the ring's worker (P37: closed there).
TEST_P(direct_ring_test, tasks_that_other_workers_took_use_and_close_them) { run(serve_many(200)); }

// What each that needs a plain descriptor says: an errno, or 0.
std::array<int, 4> errnos_of_plain_calls(tcp_stream& stream) {
  const auto of = [](const auto& called) {
    try {
      called();
    } catch (const error& refused) {
      return refused.number();
    }
    return 0;
  };
  const result<void> set = stream.raw_socket().try_set_option(IPPROTO_TCP, TCP_NODELAY, 1);
  return {of([&] { static_cast<void>(stream.peer_address()); }),
          of([&] { static_cast<void>(stream.raw_socket().option(IPPROTO_TCP, TCP_NODELAY)); }),
          set.ok() ? 0 : set.error_number(), of([&] { stream.shutdown_write(); })};
}

constexpr std::array<int, 4> none_refused = {0, 0, 0, 0};
constexpr std::array<int, 4> all_refused = {EXDEV, EXDEV, EXDEV, EXDEV};

task<void> ask_from_a_thread(std::array<int, 4> expected) {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  const socket client = connect_now(listener);
  tcp_stream accepted = co_await listener.accept();
  const std::size_t before = testing::open_descriptors();
  const auto seen = co_await to_thread([&accepted] { return errnos_of_plain_calls(accepted); });
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(testing::open_descriptors(), before);
  // Nothing was done to it: it serves as before.
  static_cast<void>(::send(client.native_handle(), "ping", 4, 0));
  const std::string text = co_await read_text(accepted);
  EXPECT_EQ(text, "ping");
  const auto at_home = errnos_of_plain_calls(accepted);
  EXPECT_EQ(at_home, none_refused);
}

TEST_P(direct_ring_test, plain_descriptors_are_refused_to_threads_that_are_not_its_worker) {
  run(ask_from_a_thread(on_ring() ? all_refused : none_refused));
}

struct visit {
  std::atomic<bool> made{false};
  std::array<int, 4> away{};
  std::array<int, 4> at_home{};
};

// Only who runs on another worker asks, and only the first of them.
task<void> ask_elsewhere(tcp_stream& stream, const socket& client, std::thread::id home,
                         visit& once) {
  constexpr unsigned most_reads = 1000;
  if (std::this_thread::get_id() == home || once.made.exchange(true)) {
    co_return;
  }
  once.away = errnos_of_plain_calls(stream);
  // A read ends at home, but another worker that looks for work may take the task from there at once.
  for (unsigned read = 0; read < most_reads; ++read) {
    static_cast<void>(::send(client.native_handle(), "ping", 4, 0));
    const std::string text = co_await read_text(stream);
    EXPECT_EQ(text, "ping");
    const auto seen = errnos_of_plain_calls(stream);
    if (std::this_thread::get_id() == home) {
      once.at_home = seen;
      co_return;
    }
    EXPECT_EQ(seen, all_refused);
  }
  ADD_FAILURE() << "no read ended at home";
}

task<void> ask_from_another_worker() {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  const socket client = connect_now(listener);
  tcp_stream accepted = co_await listener.accept();
  visit once;
  std::vector<join_handle<void>> asking;
  for (unsigned index = 0; index < 64; ++index) {
    asking.push_back(spawn(ask_elsewhere(accepted, client, std::this_thread::get_id(), once)));
  }
  while (!once.made) {  // Keeps this worker, so that others take its tasks.
    std::this_thread::yield();
  }
  for (join_handle<void>& each : asking) {
    co_await each;
  }
  EXPECT_EQ(once.away, all_refused);
  EXPECT_EQ(once.at_home, none_refused);
}

TEST_P(direct_ring_test, a_task_on_another_worker_is_refused_them_until_its_next_read) {
  if (!on_ring() || GetParam().one_thread()) {
    GTEST_SKIP() << "needs another worker";
  }
  run(ask_from_another_worker());
}

task<void> cancel_reads(unsigned rounds) {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  for (unsigned round = 0; round < rounds; ++round) {
    socket client = connect_now(listener);
    tcp_stream accepted = co_await listener.accept();
    auto reading = spawn(echo_once(std::move(accepted)));
    for (unsigned turns = 0; turns < round % 5; ++turns) {
      co_await yield();
    }
    reading.cancel();
    bool cancelled = false;
    try {
      co_await reading;
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    // Its stream is closed with its frame, whichever step the cancellation met.
    tcp_stream peer(std::move(client));
    const std::string seen = co_await read_text(peer);
    EXPECT_EQ(seen, "");
  }
}

TEST_P(direct_ring_test, a_read_that_is_cancelled_at_any_step_gives_its_slot_back) {
  options().direct_descriptors_max = 2;
  run(cancel_reads(100));
}

// -- Progress ----------------------------------------------------------------------------------------

constexpr unsigned senders = 200;  // Many times what one call of the kernel goes on with.
constexpr unsigned send_rounds = 20;

// Takes all that is there: then every send can go on, and none can end.
void read_away(const std::vector<socket>& clients) {
  static std::array<char, 65536> bytes;
  for (bool more = true; more;) {
    more = false;
    for (const socket& each : clients) {
      while (::recv(each.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
        more = true;
      }
    }
  }
}

// How many of them have something to read, when all have or nothing has happened for seconds.
std::size_t readable(const std::vector<socket>& clients) {
  std::vector<pollfd> waiting;
  for (const socket& each : clients) {
    waiting.push_back({each.native_handle(), POLLIN, 0});
  }
  while (!waiting.empty() && ::poll(waiting.data(), waiting.size(), 20'000) > 0) {
    std::erase_if(waiting, [](const pollfd& each) { return each.revents != 0; });
  }
  return clients.size() - waiting.size();
}

task<void> send_forever(tcp_stream to, std::span<const std::byte> bytes) {
  bool sent = true;
  while (sent) {
    const result<std::size_t> all = co_await to.try_write_all(bytes);
    sent = all.ok();
  }
}

task<void> send_on_and_on(listen_options wanted) {
  const std::vector<std::byte> bytes(std::size_t{64} << 20);
  auto listener = tcp_listener::bind(address::loopback(0), wanted);
  listener.raw_socket().set_option(SOL_SOCKET, SO_SNDBUF, 16'384);
  std::vector<socket> clients;
  std::vector<join_handle<void>> sending;
  for (unsigned index = 0; index < senders; ++index) {
    clients.push_back(connect_now(listener));
    tcp_stream accepted = co_await listener.accept();
    sending.push_back(spawn(send_forever(std::move(accepted), bytes)));
  }
  for (unsigned round = 0; round < send_rounds; ++round) {
    // Nothing else wakes the worker meanwhile.
    const std::size_t going_on = co_await to_thread([&clients] { return readable(clients); });
    EXPECT_EQ(going_on, senders) << "in round " << round;
    read_away(clients);
  }
  clients.clear();
  for (join_handle<void>& each : sending) {
    co_await each;
  }
}

// The kernel goes on with 20 of them per call: the others must not wait for somebody else's event.
TEST_P(direct_ring_test, sends_that_go_on_without_ending_all_go_on) {
  run(send_on_and_on(direct()));
  if (GetParam().one_thread()) {
    // And when they have, the worker sleeps; or naps, after 1,024 turns in which the kernel had work for nothing.
    EXPECT_LT(drivers().polls, std::uint64_t{send_rounds} * (senders + 1'024));
  }
}

TEST_P(direct_ring_test, so_they_do_with_plain_descriptors) { run(send_on_and_on({})); }

// -- Slots ---------------------------------------------------------------------------------------------

task<void> cancel_accepts(unsigned rounds) {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  for (unsigned round = 0; round < rounds; ++round) {
    auto accepting = spawn(listener.accept());
    for (unsigned turns = 0; turns < round % 4; ++turns) {
      co_await yield();
    }
    const socket client = round % 2 == 0 ? connect_now(listener) : socket();
    accepting.cancel();
    try {
      const tcp_stream accepted = co_await std::move(accepting);
    } catch (const cancelled_error&) {
      continue;  // The connection may be in the backlog, for the next.
    }
  }
  // All slots are there: two connections at a time are served, which were not made before.
  tcp_listener other = tcp_listener::bind(address::loopback(0), direct());
  const socket left = connect_now(other);
  const socket right = connect_now(other);
  tcp_stream first = co_await other.accept();
  tcp_stream second = co_await other.accept();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
}

TEST_P(direct_ring_test, accepts_that_are_cancelled_at_any_step_give_their_slots_back) {
  options().direct_descriptors_max = 2;
  run(cancel_accepts(100));
}

task<void> fill_the_table() {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  const socket left = connect_now(listener);
  const socket right = connect_now(listener);
  const socket late = connect_now(listener);
  tcp_stream first = co_await listener.accept();
  tcp_stream second = co_await listener.accept();
  const result<tcp_stream> refused = co_await listener.try_accept();
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(refused.error_number(), ENFILE);
  auto waiting = spawn(listener.accept());
  co_await yield();
  EXPECT_FALSE(waiting.done());
  first.close();
  tcp_stream third = co_await std::move(waiting);
  EXPECT_TRUE(is_direct(third.native_handle()));
}

TEST_P(direct_ring_test, a_full_table_is_a_limit_and_the_next_slot_goes_to_who_waits) {
  if (!on_ring() || !GetParam().one_thread()) {
    GTEST_SKIP() << "counts the slots of one ring";
  }
  options().direct_descriptors_max = 2;
  run(fill_the_table());
}

// The name of a ring that ends with a slot in use is not given again, and there are 1024.
TEST(direct_ring_alone_test,
     a_ring_that_ends_with_more_to_close_than_it_can_tell_at_a_time_frees_its_name) {
  if (!testing::io_uring_refusal().empty()) {
    GTEST_SKIP() << testing::io_uring_refusal();
  }
  constexpr unsigned slots = 64;
  const steady_clock clock;
  uring_driver owner(clock);
  const file_descriptor event(::eventfd(0, EFD_CLOEXEC));
  std::array<int, 2> first_numbers{};
  for (int& each : first_numbers) {
    const auto ring = direct_ring::make(owner, {4, 8}, event.get(), slots);
    if (ring == nullptr) {
      GTEST_SKIP() << "the kernel has no direct descriptors";
    }
    each = ring->number_of(0);
    for (int slot = 0; slot < static_cast<int>(slots); ++slot) {
      ASSERT_TRUE(ring->take());
      ring->close(slot);
    }
    EXPECT_FALSE(ring->take());
  }
  EXPECT_EQ(first_numbers[0], first_numbers[1]);
}

// -- Beyond the limit ----------------------------------------------------------------------------------

// Many connections of other processes, all open at a time: their ends count against the same kind of limit.
void connect_and_wait(in_port_t port, unsigned count, int until_end_of) {
  std::vector<socket> all;
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(port);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (unsigned index = 0; index < count; ++index) {
    const int made = ::socket(AF_INET, SOCK_STREAM, 0);
    all.emplace_back(file_descriptor(made));
    static_cast<void>(::connect(made, reinterpret_cast<const sockaddr*>(&there), sizeof(there)));
    static_cast<void>(::send(made, "hello", 5, MSG_NOSIGNAL));
    std::array<char, 5> answer{};
    if (::recv(made, answer.data(), answer.size(), MSG_WAITALL) != 5) {
      _exit(1);
    }
  }
  char end = 0;
  static_cast<void>(::read(until_end_of, &end, 1));
  _exit(0);
}

task<void> answer_and_hold(tcp_stream peer, unsigned& answered) {
  const std::string text = co_await read_text(peer);
  co_await peer.write_all(testing::bytes_of(text));
  ++answered;
  // Held until the peer closes.
  const std::string rest = co_await read_text(peer);
  static_cast<void>(rest);
}

task<void> hold_all(unsigned count, std::array<int, 2> ends) {
  auto listener = tcp_listener::bind(address::loopback(0), direct());
  const in_port_t port = listener.local_address().port();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    testing::limit_resource(RLIMIT_NOFILE, count + 64);
    connect_and_wait(port, count, ends[0]);
  }
  testing::limit_resource(RLIMIT_NOFILE, 64);
  unsigned answered = 0;
  std::vector<join_handle<void>> holding;
  while (holding.size() < count) {
    tcp_stream accepted = co_await listener.accept();
    holding.push_back(spawn(answer_and_hold(std::move(accepted), answered)));
  }
  while (answered < count) {
    co_await yield();
  }
  ::close(ends[1]);
  for (join_handle<void>& each : holding) {
    co_await each;
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  if (status != 0) {
    throw std::runtime_error("a connection was not answered");
  }
}

TEST(direct_limit_test, two_hundred_connections_beneath_a_hard_limit_of_64) {
  if (!testing::io_uring_refusal().empty()) {
    GTEST_SKIP() << testing::io_uring_refusal();
  }
  for (const mode each : {mode::multi_thread, mode::asyncio}) {
    const auto outcome = testing::in_child([each]() -> std::string {
      std::array<int, 2> ends{};
      if (::pipe(ends.data()) != 0) {
        return "no pipe";
      }
      options wanted(each);
      wanted.backend = backend::io_uring;
      wanted.workers = 1;
      run(hold_all(200, ends), wanted);
      return "";
    });
    EXPECT_EQ(testing::complaint_of(outcome), "");
  }
}

}  // namespace
}  // namespace jackdaw::io
