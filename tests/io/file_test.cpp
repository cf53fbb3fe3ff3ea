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

// -- Reads on the spot ----------------------------------------------------------------------------------

task<void> count_turns(const bool& ended, std::size_t& turns) {
  while (!ended) {
    ++turns;
    co_await yield();
  }
}

task<void> read_for_long(std::string path) {
  const std::vector<std::byte> bytes(64U << 10U);
  auto writing = co_await file::open(path, file_options::for_writing());
  co_await writing.write_at(0, bytes);
  auto reading = co_await file::open(path);
  bool ended = false;
  std::size_t turns = 0;
  auto neighbour = spawn(count_turns(ended, turns));
  std::vector<std::byte> into(bytes.size());
  constexpr int reads = 400;
  for (int round = 0; round < reads; ++round) {
    const std::size_t count = co_await reading.read_at(0, into);
    EXPECT_EQ(count, into.size());
  }
  ended = true;
  co_await neighbour;
  EXPECT_GE(turns, reads * bytes.size() / file::turn_bytes / 2) << "in line with what was read";
}

TEST_P(file_test, a_reader_that_never_has_to_wait_lets_others_run) {
  if (GetParam().one_thread()) {
    run(read_for_long(path()));
  }
}

task<void> read_around_the_end(std::string path) {
  auto writing = co_await file::open(path, file_options::for_writing());
  std::vector<std::byte> bytes(3 * file::turn_bytes + 5);
  testing::byte_pattern(7).fill(bytes);
  co_await writing.write_at(0, bytes);
  auto reading = co_await file::open(path);
  std::vector<std::byte> into(bytes.size() + 100);
  for (int round = 0; round < 2; ++round) {
    const std::size_t all = co_await reading.read_at(0, into);
    EXPECT_EQ(all, bytes.size());
    EXPECT_TRUE(testing::byte_pattern(7).matches(std::span(into).first(all))) << round;
    // Now from the medium: what is not in memory takes the other way.
    co_await writing.data_sync();
    EXPECT_EQ(posix_fadvise(reading.native_handle(), 0, 0, POSIX_FADV_DONTNEED), 0);
  }
  const std::size_t none = co_await reading.read_at(bytes.size(), into);
  EXPECT_EQ(none, 0U);
  const std::span<std::byte> no_memory;
  const std::size_t nothing_wanted = co_await reading.read_at(0, no_memory);
  EXPECT_EQ(nothing_wanted, 0U);
}

TEST_P(file_test, bytes_are_the_same_whether_or_not_they_were_in_memory) {
  run(read_around_the_end(path()));
}

task<void> try_everything(std::string path) {
  const result<file> missing = co_await file::try_open(path);
  EXPECT_EQ(missing.error_number(), ENOENT);
  result<file> opened = co_await file::try_open(path, file_options::for_writing());
  EXPECT_TRUE(opened.ok());
  const result<void> written = co_await opened->try_write_at(0, bytes_of("text"));
  EXPECT_TRUE(written.ok());
  std::array<std::byte, 4> into{};
  const result<std::size_t> unreadable = co_await opened->try_read_at(0, into);
  EXPECT_EQ(unreadable.error_number(), EBADF);
  const result<std::string> all = co_await opened->try_read_all();
  EXPECT_EQ(all.error_number(), EBADF);
  const result<void> negative = co_await opened->try_truncate(~std::uint64_t{0});
  EXPECT_EQ(negative.error_number(), EINVAL);
  const result<void> synced = co_await opened->try_sync();
  EXPECT_TRUE(synced.ok());
  const result<void> data_synced = co_await opened->try_data_sync();
  EXPECT_TRUE(data_synced.ok());
  const result<std::uint64_t> size = co_await opened->try_size();
  EXPECT_EQ(*size, 4U);
  const result<void> closed = co_await opened->try_close();
  EXPECT_TRUE(closed.ok());
  const result<void> again = co_await opened->try_close();
  EXPECT_EQ(again.error_number(), EBADF);
  const result<std::size_t> gone = co_await opened->try_read_at(0, into);
  EXPECT_EQ(gone.error_number(), EBADF);
}

TEST_P(file_test, each_call_has_a_form_that_does_not_throw) { run(try_everything(path())); }

// -- From a file to a stream ------------------------------------------------------------------------------

task<void> send_all(file& from, tcp_stream& to, std::uint64_t offset, std::uint64_t& sent) {
  sent = co_await from.send_to(to, offset, std::uint64_t{1} << 40);
  to.shutdown_write();
}

task<void> send_from_an_offset(std::string path) {
  std::vector<std::byte> bytes(4 * file::turn_bytes + 11);
  testing::byte_pattern(9).fill(bytes);
  auto writing = co_await file::open(path, file_options::for_writing());
  co_await writing.write_at(0, bytes);
  co_await writing.sync();
  auto reading = co_await file::open(path);
  for (const bool cold : {false, true}) {
    if (cold) {
      EXPECT_EQ(posix_fadvise(reading.native_handle(), 0, 0, POSIX_FADV_DONTNEED), 0);
    }
    auto streams = testing::connected_streams();
    std::uint64_t sent = 0;
    auto sender = spawn(send_all(reading, streams.left, 1000, sent));
    const std::string received = co_await testing::read_to_end(streams.right);
    co_await sender;
    EXPECT_EQ(sent, bytes.size() - 1000);
    EXPECT_TRUE(received == text_of(bytes).substr(1000)) << received.size();
  }
  auto streams = testing::connected_streams();
  const std::uint64_t five = co_await reading.send_to(streams.left, 3, 5);
  EXPECT_EQ(five, 5U);
  const std::string received = co_await testing::read_count(streams.right, 5);
  EXPECT_EQ(received, text_of(bytes).substr(3, 5));
}

TEST_P(file_test, a_file_is_sent_from_an_offset_to_its_end_or_for_a_count) {
  run(send_from_an_offset(path()));
}

task<void> send_what_cannot_be_sent() {
  auto from = co_await file::open("/proc/self/cmdline");
  const std::string text = co_await from.read_all();
  EXPECT_FALSE(text.empty());
  auto streams = testing::connected_streams();
  std::uint64_t sent = 0;
  auto sender = spawn(send_all(from, streams.left, 0, sent));
  const std::string received = co_await testing::read_to_end(streams.right);
  co_await sender;
  EXPECT_EQ(received, text);
  EXPECT_EQ(sent, text.size());
}

TEST_P(file_test, a_file_that_sendfile_refuses_is_read_and_written) {
  run(send_what_cannot_be_sent());
}

task<void> send_to_nobody(std::string path) {
  const std::vector<std::byte> bytes(1U << 20U);
  auto writing = co_await file::open(path, file_options::for_writing());
  co_await writing.write_at(0, bytes);
  auto reading = co_await file::open(path);
  auto streams = testing::local_streams();
  streams.right.close();
  const result<std::uint64_t> sent = co_await reading.try_send_to(streams.left, 0, bytes.size());
  EXPECT_EQ(meaning_of(sent.error_number()), meaning::peer_gone) << "and no signal";
  auto full = testing::local_streams();
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, reading.send_to(full.left, 0, bytes.size())));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired) << "nobody reads";
}

TEST_P(file_test, sending_to_nobody_is_an_error_and_to_who_does_not_read_can_have_a_deadline) {
  run(send_to_nobody(path()));
}

}  // namespace
}  // namespace jackdaw::io
