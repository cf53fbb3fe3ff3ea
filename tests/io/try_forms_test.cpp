// tests/io/try_forms_test.cpp
//
// Goal: what fails in an ordinary way can be had as a result: errno and call, and nothing is thrown. That there is
// such a form of each operation is held by tests/tidy/forms_check.py. Method: the same failures as the throwing
// forms have in their own tests, and a success of each.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/file_watcher.hpp>
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/io/process.hpp>
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/io/signal_set.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/udp_socket.hpp>
#include <jackdaw/io/unix_datagram.hpp>
#include <jackdaw/io/unix_listener.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::connected_streams;
using testing::send_now;
using testing::stream_pair;

/// "CALL: errno", or "ok".
template <class T>
std::string told(const result<T>& ended) {
  return ended.ok() ? "ok"
                    : std::string(ended.cause().call) + ": " + std::to_string(ended.error_number());
}

std::string failed(const char* call, int number) {
  return std::string(call) + ": " + std::to_string(number);
}

unix_address private_name(const char* what) {
  return unix_address::abstract("jackdaw-try-" + std::to_string(getpid()) + what);
}

class try_forms_test : public testing::io_test {};
JACKDAW_OVER_IO(try_forms_test, testing::all_io_kinds());

// -- Sockets ------------------------------------------------------------------------------------------

task<void> connect_and_listen() {
  auto listener = tcp_listener::try_bind(address::loopback(0));
  EXPECT_EQ(told(listener), "ok");
  const address where = (*listener).local_address();
  EXPECT_EQ(told(tcp_listener::try_bind(where)), failed("bind", EADDRINUSE));
  auto connecting = spawn(tcp_stream::try_connect(where));
  const auto accepted = co_await (*listener).accept();
  result<tcp_stream> connected = co_await std::move(connecting);
  EXPECT_EQ(told(connected), "ok");
  EXPECT_EQ((*connected).peer_address(), where);
  EXPECT_NE((*connected).raw_socket().option(IPPROTO_TCP, 1), 0) << "TCP_NODELAY";
  EXPECT_EQ(told((*connected).try_shutdown_write()), "ok");
  (*listener).close();
  const result<tcp_stream> refused = co_await tcp_stream::try_connect(where);
  EXPECT_EQ(told(refused), failed("connect to", ECONNREFUSED));
  tcp_stream none;
  EXPECT_EQ(told(none.try_shutdown_write()), failed("shutdown", EBADF));
}

TEST_P(try_forms_test, connections_over_tcp) { run(connect_and_listen()); }

task<void> connect_and_listen_locally() {
  const unix_address where = private_name("stream");
  auto listener = unix_listener::try_bind(where);
  EXPECT_EQ(told(listener), "ok");
  EXPECT_EQ(told(unix_listener::try_bind(where)), failed("bind", EADDRINUSE));
  auto connecting = spawn(unix_stream::try_connect(where));
  const auto accepted = co_await (*listener).accept();
  const result<unix_stream> connected = co_await std::move(connecting);
  EXPECT_EQ(told(connected), "ok");
  (*listener).close();
  const result<unix_stream> refused = co_await unix_stream::try_connect(where);
  EXPECT_EQ(told(refused), failed("connect to", ECONNREFUSED));
  EXPECT_EQ(told(unix_stream::try_make_pair()), "ok");
}

TEST_P(try_forms_test, local_connections) { run(connect_and_listen_locally()); }

TEST(try_forms_plain_test, datagrams) {
  auto bound = udp_socket::try_bind(address::loopback(0));
  ASSERT_EQ(told(bound), "ok");
  EXPECT_EQ(told(udp_socket::try_bind((*bound).local_address())), failed("bind", EADDRINUSE));
  EXPECT_EQ(told((*bound).try_connect(address::loopback(9))), "ok");
  EXPECT_EQ(told((*bound).try_connect(address::parse("[::1]:9"))),
            failed("connect to", EAFNOSUPPORT));

  const unix_address where = private_name("datagram");
  auto local = unix_datagram::try_bind(where);
  ASSERT_EQ(told(local), "ok");
  EXPECT_EQ(told(unix_datagram::try_bind(where)), failed("bind", EADDRINUSE));
  auto sender = unix_datagram::try_open();
  ASSERT_EQ(told(sender), "ok");
  EXPECT_EQ(told((*sender).try_connect(where)), "ok");
  EXPECT_EQ(told((*sender).try_connect(private_name("nobody"))),
            failed("connect to", ECONNREFUSED));
  EXPECT_EQ(told(unix_datagram::try_make_pair()), "ok");
}

TEST(try_forms_plain_test, sockets_and_pipes) {
  EXPECT_EQ(told(socket::try_open(9999, SOCK_STREAM)), failed("socket", EAFNOSUPPORT));
  auto made = socket::try_open(AF_INET, SOCK_STREAM);
  ASSERT_EQ(told(made), "ok");
  EXPECT_EQ(told((*made).try_set_option(SOL_SOCKET, SO_REUSEADDR, 1)), "ok");
  EXPECT_EQ(told((*made).try_set_option(SOL_SOCKET, -1, 1)), failed("setsockopt", ENOPROTOOPT));
  EXPECT_EQ(
      told((*made).try_set_flags({{SOL_SOCKET, -1, false}, {SOL_SOCKET, SO_KEEPALIVE, true}})),
      "ok");
  EXPECT_NE((*made).option(SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(told((*made).try_set_flags({{SOL_SOCKET, -1, true}})),
            failed("setsockopt", ENOPROTOOPT));
  EXPECT_EQ(told(try_make_pipe()), "ok");
}

// -- Readers --------------------------------------------------------------------------------------------

task<void> read_what_is_there() {
  stream_pair streams = connected_streams();
  buffered_reader reader(streams.left);
  send_now(streams.right.native_handle(), "one\nabcde:rest");
  const result<std::string> line = co_await reader.try_read_line();
  EXPECT_EQ(*line, "one\n");
  const result<std::string> five = co_await reader.try_read_exactly(5);
  EXPECT_EQ(*five, "abcde");
  const result<std::string> beyond = co_await reader.try_read_until(";", 2);
  EXPECT_EQ(told(beyond), failed("read_until", EMSGSIZE));
  const result<std::string> found_beyond = co_await reader.try_read_until("t", 2);
  EXPECT_EQ(told(found_beyond), failed("read_until", EMSGSIZE));
  const result<std::string> nothing_to_find = co_await reader.try_read_until("");
  EXPECT_EQ(told(nothing_to_find), failed("read_until", EINVAL));
  const result<std::string> colon = co_await reader.try_read_until(":");
  EXPECT_EQ(*colon, ":");
  const result<std::string> two = co_await reader.try_read_some(2);
  EXPECT_EQ(*two, "re");

  streams.right.shutdown_write();
  const result<std::string> cut_short = co_await reader.try_read_exactly(3);
  EXPECT_EQ(told(cut_short), failed("end of stream", EPIPE));
  const result<std::string> no_end = co_await reader.try_read_until("\n");
  EXPECT_EQ(told(no_end), failed("end of stream", EPIPE));
  EXPECT_EQ(testing::text_of(reader.buffered()), "st") << "what came stays";
  const result<std::string> last = co_await reader.try_read_line();
  EXPECT_EQ(*last, "st");
  const result<std::string> end = co_await reader.try_read_some();
  EXPECT_EQ(*end, "");
  const result<std::string> no_line = co_await reader.try_read_line();
  EXPECT_EQ(*no_line, "");
}

TEST_P(try_forms_test, pieces_of_a_stream) { run(read_what_is_there()); }

task<void> read_from_a_reset_stream() {
  using read = task<result<std::string>> (buffered_reader::*)(std::size_t);
  for (const read each : {&buffered_reader::try_read_line, &buffered_reader::try_read_exactly,
                          &buffered_reader::try_read_some}) {
    stream_pair streams = connected_streams();
    const linger at_once{1, 0};
    setsockopt(streams.right.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    streams.right.close();
    buffered_reader reader(streams.left);
    const result<std::string> ended = co_await (reader.*each)(3);
    EXPECT_EQ(told(ended), failed("recv", ECONNRESET));
  }
}

TEST_P(try_forms_test, a_reset_is_told_apart_from_an_end) { run(read_from_a_reset_stream()); }

// -- Names, signals, files --------------------------------------------------------------------------------

task<void> look_up() {
  const result<std::vector<address>> found = co_await try_resolve("127.0.0.1", "80");
  EXPECT_EQ(told(found), "ok");
  EXPECT_EQ(*found, std::vector<address>{address::loopback(80)});
  const result<std::vector<address>> none = co_await try_resolve("127.0.0.1", "no-such-service");
  EXPECT_EQ(told(none), failed("resolve", ENOENT));
}

TEST_P(try_forms_test, names) { run(look_up()); }

task<void> await_signal() {
  signal_set signals{SIGUSR2};
  EXPECT_EQ(signals.poll(), 0);
  raise(SIGUSR2);
  const result<int> number = co_await signals.try_next();
  EXPECT_EQ(*number, SIGUSR2);
  raise(SIGUSR2);
  EXPECT_EQ(signals.poll(), SIGUSR2);
  EXPECT_EQ(signals.poll(), 0);
}

TEST_P(try_forms_test, signals) { run(await_signal()); }

task<void> watch_a_directory(std::string path) {
  file_watcher watcher;
  EXPECT_EQ(told(watcher.try_watch(path + "/none")), failed("inotify_add_watch", ENOENT));
  EXPECT_EQ(told(watcher.try_watch(path, file_change::created)), "ok");
  std::ofstream(path + "/made") << "x";
  const result<file_event> event = co_await watcher.try_next();
  EXPECT_EQ(told(event), "ok");
  EXPECT_EQ((*event).path, path + "/made");
}

TEST_P(try_forms_test, changes_of_files) {
  std::string path = (std::filesystem::temp_directory_path() / "jackdaw-XXXXXX").string();
  ASSERT_NE(mkdtemp(path.data()), nullptr);
  run(watch_a_directory(path));
  std::filesystem::remove_all(path);
}

// -- Processes --------------------------------------------------------------------------------------------

task<void> talk_to_children() {
  process_options missing("no-such-program");
  EXPECT_EQ(told(process::try_start(missing)), failed("spawn", ENOENT));
  process_options cat("cat");
  cat.standard_input = stdio::pipe();
  cat.standard_output = stdio::pipe();
  result<process> child = process::try_start(cat);
  EXPECT_EQ(told(child), "ok");
  const result<std::optional<exit_status>> none_yet = (*child).try_poll();
  EXPECT_EQ(told(none_yet), "ok");
  EXPECT_FALSE((*none_yet).has_value());
  EXPECT_EQ(told((*child).try_signal_group(SIGTERM)), failed("kill", EINVAL));
  const result<communicated> said = co_await (*child).try_communicate("text");
  EXPECT_EQ(told(said), "ok");
  EXPECT_EQ((*said).standard_output, "text");
  EXPECT_TRUE((*said).status.success());
  EXPECT_EQ(told((*child).try_terminate()), failed("pidfd_send_signal", ESRCH));
  EXPECT_EQ(told((*child).try_kill()), failed("pidfd_send_signal", ESRCH));

  process_options without_pipe("sleep", {"1000"});
  process sleeping = co_await process::spawn(without_pipe);
  const result<communicated> wrong = co_await sleeping.try_communicate("text");
  EXPECT_EQ(told(wrong), failed("communicate with", EINVAL));
  EXPECT_EQ(told(sleeping.try_terminate()), "ok");
  const result<communicated> ended = co_await sleeping.try_communicate();
  EXPECT_EQ((*ended).status, exit_status::of_signal(SIGTERM));
}

TEST_P(try_forms_test, children) { run(talk_to_children()); }

}  // namespace
}  // namespace jackdaw::io
