// tests/io/standard_streams_test.cpp
//
// Goal: whatever a standard descriptor is, bytes come and go, and what it shares with others is as it was
// before: above all it never becomes non-blocking. Method: over all runtimes, with descriptors of each kind
// in the place of 0 and 1; a pseudoterminal stands for a terminal.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/standard_streams.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;

class standard_streams_test : public testing::io_test {};
JACKDAW_OVER_IO(standard_streams_test, testing::all_io_kinds());

/// Two ends, both blocking, as a shell gives them.
struct ends {
  file_descriptor reads;
  file_descriptor writes;
};

bool is_blocking(const file_descriptor& end) {
  return (::fcntl(end.get(), F_GETFL) & O_NONBLOCK) == 0;
}

ends make_blocking_pipe() {
  std::array<int, 2> both{};
  EXPECT_EQ(::pipe2(both.data(), O_CLOEXEC), 0);
  return {file_descriptor(both[0]), file_descriptor(both[1])};
}

ends make_sockets() {
  std::array<int, 2> both{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()), 0);
  return {file_descriptor(both[0]), file_descriptor(both[1])};
}

/// `reads` is what a program has as its standard input, `writes` is the keyboard.
ends make_terminal() {
  file_descriptor keyboard(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_TRUE(keyboard);
  EXPECT_EQ(::grantpt(keyboard.get()), 0);
  EXPECT_EQ(::unlockpt(keyboard.get()), 0);
  std::array<char, 64> name{};
  EXPECT_EQ(::ptsname_r(keyboard.get(), name.data(), name.size()), 0);
  file_descriptor terminal(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_TRUE(terminal);
  termios settings{};
  EXPECT_EQ(::tcgetattr(terminal.get(), &settings), 0);
  ::cfmakeraw(&settings);
  EXPECT_EQ(::tcsetattr(terminal.get(), TCSANOW, &settings), 0);
  return {std::move(terminal), std::move(keyboard)};
}

file_descriptor make_file(const std::string& text) {
  std::string name = std::filesystem::temp_directory_path() / "jackdaw-XXXXXX";
  file_descriptor made(::mkostemp(name.data(), O_CLOEXEC));
  EXPECT_TRUE(made);
  ::unlink(name.c_str());
  EXPECT_EQ(::write(made.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(::lseek(made.get(), 0, SEEK_SET), 0);
  return made;
}

// -- Input --------------------------------------------------------------------------------------------------

task<void> read_what_comes_late(ends both, standard_access expected) {
  standard_input input(both.reads.get());
  EXPECT_EQ(input.access(), expected);
  EXPECT_TRUE(is_blocking(both.reads));
  std::array<std::byte, 64> into{};
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, input.read_some(into)));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired) << "nothing is there";
  testing::send_now(both.writes.get(), "one\ntwo\nthr");
  const std::string one = co_await input.read_line();
  EXPECT_EQ(one, "one\n");
  const std::string two = co_await input.read_line();
  EXPECT_EQ(two, "two\n");
  const std::size_t count = co_await input.read_some(into);
  EXPECT_EQ(testing::text_of(std::span(into).first(count)), "thr");
  testing::send_now(both.writes.get(), "ee");
  const std::size_t rest = co_await input.read_some(into);
  EXPECT_EQ(testing::text_of(std::span(into).first(rest)), "ee");
  EXPECT_TRUE(is_blocking(both.reads)) << "what others have open is as it was";
}

TEST_P(standard_streams_test, input_from_a_pipe) {
  run(read_what_comes_late(make_blocking_pipe(), standard_access::opened_again));
}

TEST_P(standard_streams_test, input_from_a_socket) {
  run(read_what_comes_late(make_sockets(), standard_access::by_message));
}

TEST_P(standard_streams_test, input_from_a_terminal) {
  run(read_what_comes_late(make_terminal(), standard_access::opened_again));
}

task<void> read_to_the_end_of(ends both) {
  standard_input input(both.reads.get());
  testing::send_now(both.writes.get(), "last words");
  both.writes.close();
  const std::string line = co_await input.read_line();
  EXPECT_EQ(line, "last words") << "without a newline";
  const std::string none = co_await input.read_line();
  EXPECT_EQ(none, "");
  const std::string end = co_await input.read_to_end();
  EXPECT_EQ(end, "");
}

TEST_P(standard_streams_test, the_end_of_a_pipe) { run(read_to_the_end_of(make_blocking_pipe())); }
TEST_P(standard_streams_test, the_end_of_a_socket) { run(read_to_the_end_of(make_sockets())); }

task<void> read_a_file() {
  const std::string text = "first\n" + std::string(50'000, 'x') + "\nend";
  const file_descriptor shared = make_file(text);
  standard_input input(shared.get());
  EXPECT_EQ(input.access(), standard_access::in_pool);
  const std::string first = co_await input.read_line();
  EXPECT_EQ(first, "first\n");
  const result<std::string> too_long = co_await input.try_read_line(1000);
  EXPECT_EQ(too_long.error_number(), EFBIG);
  const std::string second = co_await input.read_line();
  EXPECT_EQ(second.size(), 50'001U) << "still there";
  const std::string rest = co_await input.read_to_end();
  EXPECT_EQ(rest, "end");
  const file_descriptor other = make_file("abc");
  EXPECT_EQ(::lseek(other.get(), 1, SEEK_SET), 1);
  standard_input from_the_middle(other.get());
  const std::string middle = co_await from_the_middle.read_to_end();
  EXPECT_EQ(middle, "bc") << "from where the others are";
}

TEST_P(standard_streams_test, input_from_a_file) { run(read_a_file()); }

// -- Output -------------------------------------------------------------------------------------------------

task<void> write_and_look(standard_output& output, file_descriptor& reads) {
  co_await output.write_all(bytes_of("hello"));
  std::array<char, 16> into{};
  EXPECT_EQ(::read(reads.get(), into.data(), into.size()), 5);
  EXPECT_EQ(std::string(into.data()), "hello");
}

task<void> drain(file_descriptor& reads, std::size_t count, std::size_t& total) {
  standard_input input(reads.get());
  std::array<std::byte, 5000> into{};
  while (total < count) {
    total += co_await input.read_some(into);
  }
}

task<void> write_more_than_fits(ends both) {
  standard_output output(both.writes.get());
  EXPECT_TRUE(is_blocking(both.writes));
  co_await write_and_look(output, both.reads);
  const std::string text(400'000, 't');
  std::size_t total = 0;
  auto draining = spawn(drain(both.reads, text.size(), total));
  co_await output.write_all(bytes_of(text));
  co_await draining;
  EXPECT_EQ(total, text.size());
  EXPECT_TRUE(is_blocking(both.writes));
}

TEST_P(standard_streams_test, output_to_a_pipe) { run(write_more_than_fits(make_blocking_pipe())); }
TEST_P(standard_streams_test, output_to_a_socket) { run(write_more_than_fits(make_sockets())); }

TEST_P(standard_streams_test, output_to_a_terminal) {
  ends both = make_terminal();
  std::swap(both.reads, both.writes);
  run(write_more_than_fits(std::move(both)));
}

task<void> write_to_a_file() {
  const file_descriptor shared = make_file("01234");
  EXPECT_EQ(::lseek(shared.get(), 5, SEEK_SET), 5);
  standard_output output(shared.get());
  co_await output.write_all(bytes_of("56"));
  EXPECT_EQ(::lseek(shared.get(), 0, SEEK_CUR), 7) << "the position is that of the others";
  std::array<char, 8> into{};
  EXPECT_EQ(::pread(shared.get(), into.data(), into.size(), 0), 7);
  EXPECT_EQ(std::string(into.data()), "0123456");
}

TEST_P(standard_streams_test, output_to_a_file) { run(write_to_a_file()); }

task<void> use_nothing() {
  const file_descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  standard_input input(null.get());
  standard_output output(null.get());
  EXPECT_EQ(input.access(), standard_access::after_readiness);
  const std::string text = co_await input.read_to_end();
  EXPECT_EQ(text, "");
  co_await output.write_all(bytes_of(std::string(10'000, 'n')));
  EXPECT_TRUE(is_blocking(null));
}

TEST_P(standard_streams_test, nothing_comes_from_dev_null_and_everything_goes_there) {
  run(use_nothing());
}

task<void> fail() {
  ends both = make_blocking_pipe();
  standard_output output(both.writes.get());
  both.reads.close();
  const result<void> nobody = co_await output.try_write_all(bytes_of("x"));
  EXPECT_EQ(nobody.error_number(), EPIPE) << "and no signal";
  ends sockets = make_sockets();
  standard_output to_socket(sockets.writes.get());
  sockets.reads.close();
  const result<void> gone = co_await to_socket.try_write_all(bytes_of("x"));
  EXPECT_EQ(meaning_of(gone.error_number()), meaning::peer_gone);
  const int number = sockets.writes.get();
  sockets.writes.close();
  std::string said;
  try {
    const standard_input closed(number);
  } catch (const error& failed) {
    said = failed.what();
  }
  EXPECT_EQ(said, "fstat descriptor " + std::to_string(number) + ": Bad file descriptor");
}

TEST_P(standard_streams_test, failures_are_errors) { run(fail()); }

task<void> speak() {
  auto errors = standard_output::for_errors();
  co_await errors.write_all(bytes_of(""));
  standard_output output;
  co_await output.write_all(bytes_of(""));
}

TEST_P(standard_streams_test, the_numbers_are_those_of_the_process) { run(speak()); }

}  // namespace
}  // namespace jackdaw::io
