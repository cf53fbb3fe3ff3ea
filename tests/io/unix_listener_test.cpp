// tests/io/unix_listener_test.cpp
//
// Goal: a listener at a path accepts, leaves no file behind, removes those of the dead and nobody else's.
// Method: over all runtimes, in a directory of the test's own.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/unix_listener.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::text_of;

class unix_listener_test : public testing::io_test {
 protected:
  unix_listener_test() {
    std::string name = std::filesystem::temp_directory_path() / "jackdaw-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) {
      directory_ = name;
    }
  }
  ~unix_listener_test() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string file() const { return directory_ / "socket"; }
  [[nodiscard]] unix_address there() const { return unix_address::path(file()); }

 private:
  std::filesystem::path directory_;
};
JACKDAW_OVER_IO(unix_listener_test, testing::all_io_kinds());

std::string failure_of(const unix_address& local, unix_listen_options options = {}) {
  try {
    static_cast<void>(unix_listener::bind(local, options));
  } catch (const error& failed) {
    return failed.what();
  }
  return "";
}

task<void> talk(unix_address there) {
  auto listener = unix_listener::bind(there);
  EXPECT_EQ(listener.local_address(), there);
  auto accepting = spawn(listener.accept());
  co_await yield();
  auto client = co_await unix_stream::connect(there);
  auto served = co_await std::move(accepting);
  co_await client.write_all(bytes_of("hello"));
  std::array<std::byte, 8> into{};
  const std::size_t count = co_await served.read_some(into);
  EXPECT_EQ(text_of(std::span(into).first(count)), "hello");
}

TEST_P(unix_listener_test, a_connection_to_a_path_is_accepted_and_no_file_is_left) {
  run(talk(there()));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_P(unix_listener_test, the_file_of_the_dead_is_replaced_and_that_of_the_living_is_not) {
  unix_listen_options leave;
  leave.remove_on_close = false;
  {
    const auto dead = unix_listener::bind(there(), leave);
  }
  EXPECT_TRUE(std::filesystem::is_socket(file()));
  unix_listen_options careful;
  careful.replace_dead = false;
  EXPECT_EQ(failure_of(there(), careful), "bind " + file() + ": Address already in use");
  const auto living = unix_listener::bind(there());
  EXPECT_EQ(failure_of(there()), "bind " + file() + ": Address already in use");
  EXPECT_TRUE(std::filesystem::is_socket(file()));
}

TEST_P(unix_listener_test, what_is_no_socket_is_left_alone) {
  std::ofstream(file()) << "precious";
  EXPECT_EQ(failure_of(there()), "bind " + file() + ": Address already in use");
  EXPECT_TRUE(std::filesystem::is_regular_file(file()));
  EXPECT_EQ(failure_of(unix_address::path("/nonexistent/socket")),
            "bind /nonexistent/socket: No such file or directory");
}

TEST_P(unix_listener_test, a_file_that_is_another_listeners_by_now_is_not_removed) {
  auto first = unix_listener::bind(there());
  std::filesystem::remove(file());
  auto second = unix_listener::bind(there());
  first.close();
  first.close();
  EXPECT_TRUE(std::filesystem::is_socket(file()));
  unix_listener moved = std::move(second);
  second.close();
  EXPECT_TRUE(std::filesystem::is_socket(file())) << "the file moves with its listener";
  moved = unix_listener();
  EXPECT_FALSE(std::filesystem::exists(file()));
}

task<void> accept_with_a_deadline(unix_address there) {
  auto listener = unix_listener::bind(there);
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, listener.accept()));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  const auto client = co_await unix_stream::connect(there);
  const auto accepted = co_await listener.accept();
  EXPECT_EQ(accepted.peer_credentials().process, getpid());
}

TEST_P(unix_listener_test, an_accept_that_timed_out_leaves_the_connection_to_the_next_one) {
  run(accept_with_a_deadline(there()));
}

task<void> use_none() {
  unix_listener none;
  const result<unix_stream> tried = co_await none.try_accept();
  EXPECT_EQ(tried.error_number(), EBADF);
  int thrown = 0;
  try {
    static_cast<void>(co_await none.accept());
  } catch (const error& broken) {
    thrown = broken.number();
  }
  EXPECT_EQ(thrown, EBADF);
}

TEST_P(unix_listener_test, a_closed_listener_is_an_error) { run(use_none()); }

}  // namespace
}  // namespace jackdaw::io
