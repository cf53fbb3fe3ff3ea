// tests/io/epoll_driver_test.cpp
//
// Goal: interest that is left behind in epoll never costs anything and never hits the wrong file.
// Method: numbers that come back in a hurry, files that others keep open, events that nobody asked for;
// what the driver does is counted. What both drivers promise is tested over both, elsewhere.
#include "../support/echo.hpp"
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::connected_streams;
using testing::io_test;
using testing::receive_now;
using testing::send_now;
using testing::settled;
using testing::stream_pair;

class epoll_driver_test : public io_test {};
JACKDAW_OVER_IO(epoll_driver_test, testing::io_kinds_on(backend::epoll));

// How many system calls the drivers make while nobody has anything to do.
task<std::uint64_t> calls_while_idle(std::chrono::milliseconds time) {
  const auto before = runtime_statistics().drivers.system_calls;
  co_await jackdaw::sleep(time);
  co_return runtime_statistics().drivers.system_calls - before;
}

// Reads the first byte of what the peer sends when we wait for it: so the descriptor is registered.
task<void> read_one(tcp_stream& reader, tcp_stream& peer, std::string_view sent = "x") {
  const auto reading = spawn(testing::read_count(reader, 1));
  co_await settled();
  send_now(peer.native_handle(), sent);
  co_await reading;
}

// A few ticks are needed to notice and to withdraw; a driver that spins makes tens of thousands.
constexpr std::uint64_t calls_of_an_idle_driver_max = 40;

// -- Events that nobody asked for -----------------------------------------------------------------

task<void> leave_data_unread() {
  auto streams = connected_streams();
  std::array<std::byte, 1> into{};
  co_await read_one(streams.left, streams.right, "more than one byte");
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  EXPECT_LE(calls, calls_of_an_idle_driver_max)
      << "what is left to read is reported again and again";
  // And it is noticed when somebody asks again.
  const std::size_t count = co_await streams.left.read_some(into);
  EXPECT_EQ(count, 1U);
  static_cast<void>(receive_now(streams.left.native_handle()));
  auto again = spawn(testing::read_count(streams.left, 4));
  co_await settled();
  send_now(streams.right.native_handle(), "next");
  const std::string text = co_await again;
  EXPECT_EQ(text, "next");
}

TEST_P(epoll_driver_test, data_that_nobody_reads_is_not_reported_again_and_again) {
  run(leave_data_unread());
}

task<void> leave_a_hang_up() {
  auto streams = connected_streams();
  co_await read_one(streams.left, streams.right);
  const linger at_once{1, 0};
  setsockopt(streams.right.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  streams.right.close();
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  EXPECT_LE(calls, calls_of_an_idle_driver_max);
  std::array<std::byte, 1> into{};
  const result<std::size_t> count = co_await streams.left.try_read_some(into);
  EXPECT_EQ(count.error_number(), ECONNRESET);
}

TEST_P(epoll_driver_test, a_reset_that_nobody_waits_for_is_not_reported_again_and_again) {
  run(leave_a_hang_up());
}

task<void> leave_a_foreign_descriptor_ready() {
  auto pipe = testing::make_pipe();
  send_now(pipe.writes.get(), "unread");
  static_cast<void>(co_await readable(pipe.reads.get()));
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  EXPECT_LE(calls, calls_of_an_idle_driver_max);
  static_cast<void>(co_await readable(pipe.reads.get()));
}

TEST_P(epoll_driver_test, a_foreign_descriptor_that_stays_ready_is_not_reported_again_and_again) {
  run(leave_a_foreign_descriptor_ready());
}

// The file lives on in a duplicate (or in a forked child): epoll still knows it, under a number that is
// closed, and EPOLL_CTL_DEL cannot name it any more.
task<void> keep_a_file_open(bool ours) {
  auto streams = connected_streams();
  const file_descriptor duplicate(dup(streams.left.native_handle()));
  if (ours) {
    co_await read_one(streams.left, streams.right);
    streams.left.close();
  } else {
    const int number = streams.left.raw_socket().descriptor().release();
    send_now(streams.right.native_handle(), "x");
    static_cast<void>(co_await readable(number));
    ::close(number);
  }
  send_now(streams.right.native_handle(), "for the duplicate");
  const std::uint64_t calls = co_await calls_while_idle(50ms);
  EXPECT_LE(calls, 4 * calls_of_an_idle_driver_max);
  // Everybody else is still served, those who waited before included.
  auto others = connected_streams();
  auto reading = spawn(testing::read_count(others.left, 4));
  co_await settled();
  send_now(others.right.native_handle(), "text");
  const std::string text = co_await reading;
  EXPECT_EQ(text, "text");
}

TEST_P(epoll_driver_test, a_closed_file_that_somebody_keeps_open_does_not_make_it_spin) {
  run(keep_a_file_open(true));
}

TEST_P(epoll_driver_test, a_foreign_file_that_was_closed_and_lives_on_does_not_make_it_spin) {
  run(keep_a_file_open(false));
}

task<void> keep_a_file_open_beside_waiters() {
  auto others = testing::local_streams(20);
  const auto readers = testing::spawn_readers(others, 4);
  co_await keep_a_file_open(true);
  for (stream_pair& each : others) {
    send_now(each.right.native_handle(), "text");
  }
  for (const auto& each : readers) {
    const std::string text = co_await each;
    EXPECT_EQ(text, "text");
  }
}

TEST_P(epoll_driver_test, a_closed_file_that_somebody_keeps_open_costs_nobody_his_events) {
  run(keep_a_file_open_beside_waiters());
}

// Each driver has its own instance: only where there is one can it be asked.
std::vector<testing::io_kind> kinds_with_one_epoll() {
  auto kinds = testing::io_kinds_on(backend::epoll);
  std::erase_if(kinds, [](const testing::io_kind& kind) { return !kind.one_thread(); });
  return kinds;
}

class stale_registration_test : public io_test {};
JACKDAW_OVER_IO(stale_registration_test, kinds_with_one_epoll());

std::uint64_t rebuilds() { return static_cast<epoll_driver&>(io_driver::current()).rebuilds(); }

// Registered by a read, then closed, while the duplicate that is returned keeps the file open.
task<file_descriptor> close_and_keep(tcp_stream& closed, tcp_stream& peer) {
  co_await read_one(closed, peer);
  file_descriptor duplicate(dup(closed.native_handle()));
  closed.close();
  co_return duplicate;
}

task<void> count_rebuilds(std::size_t files) {
  auto streams = testing::local_streams(files);
  std::vector<file_descriptor> duplicates;
  for (stream_pair& each : streams) {
    auto duplicate = co_await close_and_keep(each.left, each.right);
    duplicates.push_back(std::move(duplicate));
  }
  // Somebody has to wait, or the kernel is not asked at all.
  auto other = testing::local_streams();
  auto reading = spawn(testing::read_count(other.left, 4));
  EXPECT_EQ(rebuilds(), 0U) << "what is silent disturbs nobody";
  for (stream_pair& each : streams) {
    send_now(each.right.native_handle(), "for the duplicate");
  }
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  EXPECT_LE(calls, calls_of_an_idle_driver_max + files);
  EXPECT_EQ(rebuilds(), 1U) << "one for all";
  send_now(other.right.native_handle(), "text");
  const std::string text = co_await reading;
  EXPECT_EQ(text, "text");
}

TEST_P(stale_registration_test, one_new_instance_forgets_all_files_that_live_on) {
  run(count_rebuilds(20));
}

task<void> reuse_the_number_of_a_stale_file() {
  auto stale = testing::local_streams();
  const int number = stale.left.native_handle();
  const file_descriptor duplicate = co_await close_and_keep(stale.left, stale.right);
  // The lowest number that is free.
  auto fresh = testing::local_streams();
  EXPECT_EQ(fresh.left.native_handle(), number);
  auto reading = spawn(testing::read_count(fresh.left, 4));
  co_await settled();
  send_now(stale.right.native_handle(), "for the duplicate");
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  EXPECT_LE(calls, calls_of_an_idle_driver_max);
  EXPECT_EQ(rebuilds(), 1U);
  EXPECT_FALSE(reading.done());
  send_now(fresh.right.native_handle(), "text");
  const std::string text = co_await reading;
  EXPECT_EQ(text, "text");
}

TEST_P(stale_registration_test,
       an_event_of_a_file_that_had_the_number_before_is_not_taken_for_the_new_one) {
  run(reuse_the_number_of_a_stale_file());
}

struct counting_watch : standing_watch {
  explicit counting_watch(int watched) noexcept : standing_watch(&counting_watch::count, watched) {}
  static void count(work& self) {
    auto& own = static_cast<counting_watch&>(self);
    own.queued = false;
    ++own.times;
  }
  int times = 0;
};

task<void> watch_beside_a_rebuild() {
  auto watched = testing::local_streams();
  counting_watch watch(watched.left.native_handle());
  io_driver::current().watch(watch);
  auto stale = testing::local_streams();
  const file_descriptor duplicate = co_await close_and_keep(stale.left, stale.right);
  send_now(stale.right.native_handle(), "for the duplicate");
  while (rebuilds() == 0) {
    co_await yield();
  }
  EXPECT_EQ(watch.times, 0);
  send_now(watched.right.native_handle(), "for the watch");
  for (int turn = 0; turn < 5'000 && watch.times == 0; ++turn) {
    co_await sleep(1ms);
  }
  EXPECT_GT(watch.times, 0);
  io_driver::current().end_watch();
  co_await yield();  // It may be queued.
}

TEST_P(stale_registration_test, a_new_instance_keeps_the_standing_watch) {
  run(watch_beside_a_rebuild());
}

// What a new instance costs is a call per waiter: first as many stale events must have come.
task<void> make_a_rebuild_costly(std::size_t waiters) {
  auto streams = testing::local_streams(waiters);
  const auto readers = testing::spawn_readers(streams, 4);
  auto stale = testing::local_streams();
  const file_descriptor duplicate = co_await close_and_keep(stale.left, stale.right);
  const auto before = runtime_statistics().drivers.system_calls;
  send_now(stale.right.native_handle(), "for the duplicate");
  while (rebuilds() == 0) {
    co_await yield();
  }
  const auto calls = runtime_statistics().drivers.system_calls - before;
  EXPECT_GE(calls, 2 * waiters);
  EXPECT_LE(calls, 2 * waiters + calls_of_an_idle_driver_max);
  for (stream_pair& each : streams) {
    send_now(each.right.native_handle(), "text");
  }
  for (const auto& each : readers) {
    const std::string text = co_await each;
    EXPECT_EQ(text, "text");
  }
}

TEST_P(stale_registration_test, a_new_instance_is_made_when_the_stale_events_have_cost_as_much) {
  run(make_a_rebuild_costly(100));
}

task<std::string> rebuild_without_descriptors() {
  auto stale = testing::local_streams();
  const file_descriptor duplicate = co_await close_and_keep(stale.left, stale.right);
  auto other = testing::local_streams();
  auto reading = spawn(testing::read_count(other.left, 4));
  co_await settled();
  testing::limit_resource(RLIMIT_NOFILE, 64);
  std::vector<file_descriptor> taken;
  for (int number = dup(STDIN_FILENO); number >= 0; number = dup(STDIN_FILENO)) {
    taken.emplace_back(number);
  }
  send_now(stale.right.native_handle(), "for the duplicate");
  co_await jackdaw::sleep(2ms);
  std::string complaint = rebuilds() == 0 ? "" : "an instance without a descriptor; ";
  send_now(other.right.native_handle(), "text");
  const std::string text = co_await reading;
  taken.clear();
  auto again = spawn(testing::read_count(other.left, 4));
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  if (text != "text" || rebuilds() != 1 || calls > calls_of_an_idle_driver_max) {
    complaint +=
        text + ", " + std::to_string(rebuilds()) + " rebuilds, " + std::to_string(calls) + " calls";
  }
  send_now(other.right.native_handle(), "more");
  co_await again;
  co_return complaint;
}

TEST_P(stale_registration_test,
       without_a_descriptor_for_a_new_instance_all_are_served_and_it_is_made_later) {
  const auto result = testing::in_child(
      [this] { return jackdaw::io::run(rebuild_without_descriptors(), options()); });
  EXPECT_EQ(testing::complaint_of(result), "");
}

// -- Numbers that come back (B45) -----------------------------------------------------------------

task<void> come_and_go(std::size_t rounds, std::uint64_t first_id, address server,
                       std::size_t& answered) {
  for (std::size_t round = 0; round < rounds; ++round) {
    answered += co_await testing::talk_to_echo(server, first_id + round, 2, 40);
  }
}

// Sockets of a short life on all workers: the same few numbers all the time.
task<std::size_t> reuse_numbers(std::size_t clients, std::size_t rounds) {
  auto listener = tcp_listener::bind(address::loopback(0));
  auto server = spawn(testing::serve_echo(listener));
  std::vector<std::size_t> answered(clients);
  std::vector<task<void>> all;
  for (std::size_t client = 0; client < clients; ++client) {
    all.push_back(
        come_and_go(rounds, client * 100'000, listener.local_address(), answered[client]));
  }
  co_await gather(std::move(all));
  server.cancel();
  bool ended = false;
  try {
    co_await server;
  } catch (const cancelled_error&) {
    ended = true;
  }
  EXPECT_TRUE(ended);
  std::size_t total = 0;
  for (const std::size_t each : answered) {
    total += each;
  }
  co_return total;
}

TEST_P(epoll_driver_test, connections_that_come_and_go_in_a_hurry_get_their_own_bytes) {
  const auto rounds = static_cast<std::size_t>(testing::scaled(300));
  EXPECT_EQ(run(reuse_numbers(16, rounds)), 16 * rounds * 2);
}

// Waited for by us, given away, closed by others, and back as another of ours.
task<void> give_a_number_away() {
  for (int round = 0; round < 10; ++round) {
    auto first = connected_streams();
    auto second = connected_streams();
    co_await read_one(first.left, first.right);
    const int number = first.left.raw_socket().descriptor().release();
    ::close(number);

    const int moved = dup3(second.left.native_handle(), number, O_CLOEXEC);
    EXPECT_EQ(moved, number);
    tcp_stream stream{socket(file_descriptor(number))};
    auto waiting = spawn(testing::read_count(stream, 4));
    co_await settled();
    send_now(second.right.native_handle(), "text");
    const std::string text = co_await waiting;
    EXPECT_EQ(text, "text");
  }
}

TEST_P(epoll_driver_test, a_number_that_was_given_away_and_came_back_is_watched_anew) {
  run(give_a_number_away());
}

// -- Several who wait for one descriptor ----------------------------------------------------------

task<int> wait_readable(int descriptor) { co_return co_await readable(descriptor); }
task<int> wait_writable(int descriptor) { co_return co_await writable(descriptor); }

task<void> wait_in_both_directions() {
  auto streams = testing::local_streams();
  const std::string filler(65536, 'f');
  while (::send(streams.left.native_handle(), filler.data(), filler.size(), MSG_DONTWAIT) > 0) {
  }
  const int descriptor = streams.left.native_handle();
  auto reading = spawn(testing::read_count(streams.left, 4));
  auto readiness = spawn(wait_readable(descriptor));
  auto writing = spawn(wait_writable(descriptor));
  co_await settled();
  EXPECT_FALSE(reading.done());
  EXPECT_FALSE(readiness.done());
  EXPECT_FALSE(writing.done());
  while (!receive_now(streams.right.native_handle()).empty()) {
  }
  co_await writing;
  EXPECT_FALSE(reading.done());
  send_now(streams.right.native_handle(), "text");
  const std::string text = co_await reading;
  EXPECT_EQ(text, "text");
  // Whether there was still something to read when its turn came depends on who was asked first.
  send_now(streams.right.native_handle(), "more");
  co_await readiness;
}

TEST_P(epoll_driver_test, a_descriptor_can_be_waited_for_by_several_in_both_directions) {
  run(wait_in_both_directions());
}

// -- A kernel or a filter without epoll_pwait2 ----------------------------------------------------

task<std::string> sleep_and_echo() {
  const auto begin = std::chrono::steady_clock::now();
  co_await jackdaw::sleep(3ms);
  const auto slept = std::chrono::steady_clock::now() - begin;
  const std::size_t answered = co_await testing::echo_among(10, 10);
  std::string complaint;
  if (slept < 3ms) {
    complaint += "slept too short; ";
  }
  if (answered != 100) {
    complaint += std::to_string(answered) + " answers; ";
  }
  const std::uint64_t calls = co_await calls_while_idle(30ms);
  if (calls > calls_of_an_idle_driver_max) {
    complaint += std::to_string(calls) + " calls while idle";
  }
  co_return complaint;
}

TEST_P(epoll_driver_test, without_the_call_that_knows_nanoseconds_it_works_alike) {
  for (const int refusal : {ENOSYS, EPERM}) {
    const auto result = testing::in_child([&] {
      testing::refuse_system_call(testing::call_epoll_pwait2, refusal);
      return jackdaw::io::run(sleep_and_echo(), options());
    });
    EXPECT_EQ(testing::complaint_of(result), "") << "errno " << refusal;
  }
}

}  // namespace
}  // namespace jackdaw::io
