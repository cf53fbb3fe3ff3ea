// tests/io/file_test.cpp
//
// Goal: bytes go into a file and come back, failures name the path, and who is cancelled leaves neither a
// descriptor nor a thread that writes into memory that is gone. Method: over all runtimes, in a directory of
// the test's own; a named pipe makes open(2) wait for as long as the test wants.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/file.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::text_of;

class file_test : public testing::io_test {
 protected:
  file_test() {
    std::string name = std::filesystem::temp_directory_path() / "jackdaw-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) {
      directory_ = name;
    }
  }
  ~file_test() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path() const { return directory_ / "file"; }

 private:
  std::filesystem::path directory_;
};
JACKDAW_OVER_IO(file_test, testing::all_io_kinds());

task<void> write_and_read(std::string path) {
  file_options both = file_options::for_writing();
  both.read = true;
  auto opened = co_await file::open(path, both);
  EXPECT_TRUE(opened);
  EXPECT_EQ(opened.path(), path);
  EXPECT_NE(fcntl(opened.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  co_await opened.write_at(0, bytes_of("hello world"));
  co_await opened.write_at(6, bytes_of("there"));
  std::array<std::byte, 8> into{};
  const std::size_t count = co_await opened.read_at(6, into);
  EXPECT_EQ(text_of(std::span(into).first(count)), "there");
  const std::size_t end = co_await opened.read_at(11, into);
  EXPECT_EQ(end, 0U);
  const std::uint64_t size = co_await opened.size();
  EXPECT_EQ(size, 11U);
  co_await opened.sync();
  co_await opened.truncate(5);
  const std::string text = co_await opened.read_all();
  EXPECT_EQ(text, "hello");
  co_await opened.close();
  EXPECT_FALSE(opened);
}

TEST_P(file_test, what_is_written_is_read_where_it_was_put) { run(write_and_read(path())); }

task<void> move_more_than_a_piece(std::string path) {
  std::vector<std::byte> bytes(2 * file::piece_max + 17);
  testing::byte_pattern(3).fill(bytes);
  auto writing = co_await file::open(path, file_options::for_writing());
  co_await writing.write_at(0, bytes);
  co_await writing.close();
  auto reading = co_await file::open(path);
  std::vector<std::byte> into(bytes.size());
  const std::size_t first = co_await reading.read_at(0, into);
  EXPECT_EQ(first, file::piece_max);
  const std::string text = co_await reading.read_all();
  EXPECT_TRUE(text == text_of(bytes)) << text.size();
  const std::string all = co_await reading.read_all(bytes.size());
  EXPECT_EQ(all.size(), bytes.size()) << "a limit that is just enough";
  std::string said;
  try {
    static_cast<void>(co_await reading.read_all(bytes.size() - 1));
  } catch (const error& too_long) {
    said = too_long.what();
  }
  EXPECT_EQ(said, "read " + path + ": File too large");
}

TEST_P(file_test, large_files_go_in_pieces_and_stay_within_limits) {
  run(move_more_than_a_piece(path()));
}

task<std::string> failure_to_open(std::string path, file_options options) {
  std::string said;
  try {
    static_cast<void>(co_await file::open(std::move(path), options));
  } catch (const error& failed) {
    said = failed.what();
  }
  co_return said;
}

task<void> make_mistakes(std::string path) {
  const file_options reading;
  const std::string missing = co_await failure_to_open(path, reading);
  EXPECT_EQ(missing, "open " + path + ": No such file or directory");
  file_options contradiction;
  contradiction.create = true;
  const std::string refused = co_await failure_to_open(path, contradiction);
  EXPECT_EQ(refused, "open " + path + ": Invalid argument");
  file_options exclusive = file_options::for_writing();
  exclusive.exclusive = true;
  auto first = co_await file::open(path, exclusive);
  const std::string second = co_await failure_to_open(path, exclusive);
  EXPECT_EQ(second, "open " + path + ": File exists");
  std::string said;
  try {
    static_cast<void>(co_await first.read_all());
  } catch (const error& write_only) {
    said = write_only.what();
  }
  EXPECT_EQ(said, "pread " + path + ": Bad file descriptor");
  co_await first.close();
  int closed = 0;
  try {
    co_await first.close();
  } catch (const error& again) {
    closed = again.number();
  }
  EXPECT_EQ(closed, EBADF);
  EXPECT_EQ(first.native_handle(), -1);
}

TEST_P(file_test, failures_name_the_path) { run(make_mistakes(path())); }

task<void> open_in_vain(std::string fifo) {
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, file::open(fifo)));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  // Ends the call that nobody waits for any more; what it opened is closed, which the fixture counts.
  const file_descriptor writes(::open(fifo.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  EXPECT_TRUE(writes);
  auto again = co_await file::open(fifo);
  EXPECT_TRUE(again);
}

TEST_P(file_test, opening_can_have_a_deadline_and_leaks_nothing_by_it) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  run(open_in_vain(path()));
}

task<void> read_into_memory_of_its_own(file& from) {
  std::vector<std::byte> into(64U << 10U);
  static_cast<void>(co_await from.read_at(0, into));
}

task<void> cancel_readers(std::string path, int rounds) {
  const std::vector<std::byte> bytes(64U << 10U);
  auto writing = co_await file::open(path, file_options::for_writing());
  co_await writing.write_at(0, bytes);
  auto reading = co_await file::open(path);
  int cancelled = 0;
  for (int round = 0; round < rounds; ++round) {
    auto reader = spawn(read_into_memory_of_its_own(reading));
    for (int turn = 0; turn < round % 4; ++turn) {
      co_await yield();
    }
    reader.cancel();
    try {
      co_await reader;
    } catch (const cancelled_error&) {
      ++cancelled;
    }
  }
  EXPECT_GT(cancelled, 0);
  // Gives up its share while calls may still run: those end on the file that they began with.
  reading = file();
}

// What reads a file cannot be cancelled (P31).
TEST_P(file_test, a_cancelled_read_touches_no_memory_of_its_reader) {
  run(cancel_readers(path(), testing::scaled(200)));
}

}  // namespace
}  // namespace jackdaw::io
