// tests/io/run_test.cpp
//
// Goal: run() is where a program begins and ends: one argument changes the mode, the options do what they
// say, and whatever way a program ends, nothing stays behind. Method: io::run() itself over both modes and
// backends, with I/O in flight at the end.
#include "../support/echo.hpp"
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/io.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::io_test;

class run_test : public io_test {};
JACKDAW_OVER_IO(run_test, testing::all_io_kinds());

// An environment variable for the time of a test.
class environment {
 public:
  explicit environment(const char* value) {
    if (const char* const found = std::getenv(name)) {
      before_ = found;
    }
    set(value);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() { set(before_.has_value() ? before_->c_str() : nullptr); }

 private:
  static constexpr const char* name = "JACKDAW_IO";
  static void set(const char* value) {
    if (value == nullptr) {
      unsetenv(name);
    } else {
      setenv(name, value, 1);
    }
  }
  std::optional<std::string> before_;
};

task<std::string> where_am_i() {
  const statistics found = runtime_statistics();
  co_return std::string(name_of(found.mode)) + " " + name_of(found.backend) + " " +
      std::to_string(found.workers);
}

// -- The mode, and other options ------------------------------------------------------------------

task<std::size_t> a_program() { co_return co_await testing::echo_among(4, 4); }

TEST(run_mode_test, changing_the_mode_is_one_argument) {
  const environment any(nullptr);
  EXPECT_EQ(jackdaw::io::run(a_program()), 16U);
  EXPECT_EQ(jackdaw::io::run(a_program(), mode::multi_thread), 16U);
  EXPECT_EQ(jackdaw::io::run(a_program(), mode::asyncio), 16U);
}

TEST_P(run_test, the_runtime_knows_what_it_runs_on) {
  const auto& kind = GetParam();
  const std::string expected = std::string(kind.is_loop() ? "asyncio" : "multi") +
                               (kind.on_ring() ? " io_uring " : " epoll ") +
                               std::to_string(kind.workers);
  EXPECT_EQ(run(where_am_i()), expected);
}

TEST(run_options_test, without_a_number_there_are_as_many_workers_as_processors) {
  options wanted;
  wanted.backend = backend::epoll;
  const std::string found = jackdaw::io::run(where_am_i(), wanted);
  EXPECT_EQ(found.find("multi epoll "), 0U) << found;
  EXPECT_NE(found.back(), '0');
}

task<std::string> told_before(const std::string& line) {
  co_return line == backend_report()
      ? ""
      : "told \"" + line + "\", but it is \"" + backend_report() + "\"";
}

TEST_P(run_test, the_backend_is_told_before_the_first_task_runs) {
  std::string line;
  int times = 0;
  options().on_backend = [&](const std::string& text) {
    line = text;
    ++times;
  };
  EXPECT_EQ(run(told_before(line)), "");
  EXPECT_EQ(times, 1);
  EXPECT_EQ(line,
            GetParam().on_ring() ? "backend io_uring (as asked)" : "backend epoll (as asked)");
}

TEST(run_environment_test, the_variable_chooses_the_backend_if_the_options_do_not) {
  {
    const environment epoll("epoll");
    EXPECT_EQ(jackdaw::io::run(where_am_i(), mode::asyncio), "asyncio epoll 1");
  }
  if (testing::io_uring_refusal().empty()) {
    for (const char* const value : {"io_uring", "auto", ""}) {
      const environment chosen(value);
      EXPECT_EQ(jackdaw::io::run(where_am_i(), mode::asyncio), "asyncio io_uring 1") << value;
    }
    const environment epoll("epoll");
    options wanted(mode::asyncio);
    wanted.backend = backend::io_uring;
    EXPECT_EQ(jackdaw::io::run(where_am_i(), wanted), "asyncio io_uring 1") << "options win";
  }
}

TEST(run_environment_test, a_value_that_means_nothing_is_refused_in_words) {
  const std::int64_t before = live_frames();
  for (const char* const value : {"nonsense", "EPOLL", "iouring", " epoll"}) {
    const environment wrong(value);
    try {
      static_cast<void>(jackdaw::io::run(where_am_i()));
      ADD_FAILURE() << value << " was accepted";
    } catch (const std::invalid_argument& refused) {
      EXPECT_EQ(std::string(refused.what()),
                "JACKDAW_IO is \"" + std::string(value) + "\"; use auto, io_uring or epoll");
    }
  }
  EXPECT_EQ(live_frames(), before);
}

TEST(run_options_test, names_are_those_of_the_command_line) {
  EXPECT_STREQ(name_of(backend::io_uring), "io_uring");
  EXPECT_STREQ(name_of(backend::epoll), "epoll");
  EXPECT_STREQ(name_of(backend::automatic), "auto");
  EXPECT_STREQ(name_of(mode::asyncio), "asyncio");
  EXPECT_STREQ(name_of(mode::multi_thread), "multi");
}

TEST(run_options_test, outside_of_a_run_there_are_no_counters) {
  EXPECT_THROW(static_cast<void>(runtime_statistics()), std::logic_error);
  EXPECT_THROW(static_cast<void>(backend_report()), std::logic_error);
}

// -- Results --------------------------------------------------------------------------------------

task<std::unique_ptr<int>> return_something_that_moves() { co_return std::make_unique<int>(7); }
task<void> return_nothing() { co_return; }
task<int> throw_an_error() {
  co_await yield();
  throw std::runtime_error("main failed");
}
task<void> cancel_itself() {
  this_task::cancel("enough");
  co_await yield();
}

TEST_P(run_test, it_returns_what_main_returns_and_throws_what_main_throws) {
  EXPECT_EQ(*jackdaw::io::run(return_something_that_moves(), options()), 7);
  jackdaw::io::run(return_nothing(), options());
  try {
    static_cast<void>(jackdaw::io::run(throw_an_error(), options()));
    ADD_FAILURE() << "main failed, and run() returned";
  } catch (const std::runtime_error& thrown) {
    EXPECT_STREQ(thrown.what(), "main failed");
  }
  try {
    jackdaw::io::run(cancel_itself(), options());
    ADD_FAILURE() << "main was cancelled, and run() returned";
  } catch (const cancelled_error& thrown) {
    EXPECT_EQ(thrown.message(), "enough");
  }
}

task<std::string> run_inside(options wanted) {
  std::string said = "a run inside of a run";
  try {
    jackdaw::io::run(return_nothing(), std::move(wanted));
  } catch (const std::runtime_error& refused) {
    said = refused.what();
  }
  // The outer one is none the worse for it.
  const std::size_t answered = co_await testing::echo_among(2, 2);
  co_return answered == 4 ? said : "no echo";
}

TEST_P(run_test, a_run_inside_of_a_run_is_refused_and_leaves_nothing_behind) {
  EXPECT_EQ(run(run_inside(options())), "io::run() cannot be called from inside a run");
}

task<std::size_t> run_in_a_thread(options wanted) {
  auto inner = [wanted] { return jackdaw::io::run(a_program(), wanted); };
  co_return co_await to_thread(std::move(inner));
}

// A thread that ends would leave its operations armed (P19).
TEST_P(run_test, a_run_in_a_thread_of_its_own_is_a_run_like_any_other) {
  EXPECT_EQ(run(run_in_a_thread(options())), 16U);
}

task<void> fail_alone() {
  co_await yield();
  throw std::runtime_error("nobody asked");
}

task<void> spawn_a_failure() {
  spawn(fail_alone(), "lonely");
  co_await jackdaw::sleep(1ms);
}

TEST_P(run_test, an_error_that_nobody_fetched_is_told_with_the_name_of_its_task) {
  expect_failures();
  run(spawn_a_failure());
  const std::string told = failures().text();
  EXPECT_NE(told.find("lonely"), std::string::npos) << told;
  EXPECT_NE(told.find("nobody asked"), std::string::npos) << told;
}

// -- The end, with I/O in flight ------------------------------------------------------------------

struct ended {
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> cleaned_up{0};
};

task<void> note_cancellation(task<void> body, ended& counts) {
  counts.begun.fetch_add(1);
  try {
    co_await std::move(body);
  } catch (const cancelled_error&) {
    counts.cancelled.fetch_add(1);
    throw;
  }
}

task<void> read_for_ever(tcp_stream stream) {
  std::array<std::byte, 8> into{};
  static_cast<void>(co_await stream.read_some(into));
}
task<void> fill_for_ever(tcp_stream stream) {
  buffered_reader reader(stream);
  static_cast<void>(co_await reader.fill());
}
task<void> accept_for_ever(tcp_listener listener) { static_cast<void>(co_await listener.accept()); }
task<void> poll_for_ever(file_descriptor descriptor) {
  static_cast<void>(co_await readable(descriptor.get()));
}
task<void> write_for_ever(tcp_stream stream) {
  const std::vector<std::byte> bytes(1U << 20U);
  while (true) {
    co_await stream.write_all(bytes);
  }
}

// Clean-up may await, also at the end of everything.
task<void> say_good_bye(tcp_stream stream, ended& counts) {
  bool cancelled = false;
  std::array<std::byte, 8> into{};
  try {
    static_cast<void>(co_await stream.read_some(into));
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  if (cancelled) {
    co_await stream.write_all(testing::bytes_of("bye"));
    co_await jackdaw::sleep(1ms);
    counts.cleaned_up.fetch_add(1);
    throw cancelled_error();
  }
}

struct peers {
  std::vector<tcp_stream> streams;
  std::vector<file_descriptor> pipes;
};

task<void> leave_everything_in_flight(peers& kept, ended& counts, bool by_exception) {
  const auto left_end = [&kept](testing::stream_pair pair) {
    kept.streams.push_back(std::move(pair.right));
    return std::move(pair.left);
  };
  auto pipe = testing::make_pipe();
  kept.pipes.push_back(std::move(pipe.writes));
  auto reading = left_end(testing::connected_streams());
  spawn(note_cancellation(read_for_ever(std::move(reading)), counts));
  auto filling = left_end(testing::connected_streams());
  spawn(note_cancellation(fill_for_ever(std::move(filling)), counts));
  auto listening = tcp_listener::bind(address::loopback(0));
  spawn(note_cancellation(accept_for_ever(std::move(listening)), counts));
  spawn(note_cancellation(poll_for_ever(std::move(pipe.reads)), counts));
  auto writing = left_end(testing::connected_streams());
  spawn(note_cancellation(write_for_ever(std::move(writing)), counts));
  auto leaving = left_end(testing::connected_streams());
  spawn(note_cancellation(say_good_bye(std::move(leaving), counts), counts));
  // One that is cancelled before its first step has nothing to note.
  while (counts.begun.load() < 6) {
    co_await jackdaw::sleep(1ms);
  }
  co_await jackdaw::sleep(2ms);
  if (by_exception) {
    throw std::runtime_error("main failed");
  }
}

// The kernel writes until an operation's last completion (P1), also for a worker that ends (P19)
// and a ring that is closed (P20).
TEST_P(run_test, tasks_that_main_leaves_behind_are_cancelled_and_their_operations_taken_back) {
  for (const bool by_exception : {false, true}) {
    peers kept;
    ended counts;
    auto main = leave_everything_in_flight(kept, counts, by_exception);
    if (by_exception) {
      EXPECT_THROW(run(std::move(main)), std::runtime_error);
    } else {
      run(std::move(main));
    }
    EXPECT_EQ(counts.cancelled.load(), 6);
    EXPECT_EQ(counts.cleaned_up.load(), 1);
    ASSERT_EQ(kept.streams.size(), 4U);
    EXPECT_EQ(testing::receive_now(kept.streams.back().native_handle()), "bye");
    EXPECT_EQ(testing::receive_now(kept.streams.front().native_handle()), "") << "closed";
  }
}

// -- Many runtimes, one after the other -----------------------------------------------------------

task<void> work_a_little_and_leave() {
  auto pair = testing::local_streams();
  auto listener = tcp_listener::bind(address::loopback(0));
  spawn(accept_for_ever(std::move(listener)));
  co_await pair.left.write_all(testing::bytes_of("x"));
  const std::string text = co_await testing::read_count(pair.right, 1);
  EXPECT_EQ(text, "x");
}

std::size_t resident_kibibytes() {
  std::size_t pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
    EXPECT_EQ(std::fscanf(file, "%*u %zu", &pages), 1);
    std::fclose(file);
  }
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

// Rings count as locked memory for some time after they were closed (P23).
TEST_P(run_test, five_hundred_runtimes_come_and_go_and_leave_nothing) {
  const int warm_up = testing::scaled(50);
  const int runtimes = testing::scaled(500);
  std::size_t before = 0;
  for (int count = 0; count < runtimes; ++count) {
    if (count == warm_up) {
      before = resident_kibibytes();
    }
    run(work_a_little_and_leave());
  }
  const std::size_t after = resident_kibibytes();
  if (!sanitized) {
    EXPECT_LE(after, before + 2048) << "KiB resident, " << runtimes - warm_up << " runtimes later";
  }
}

// -- Simulated time -------------------------------------------------------------------------------

task<std::string> wait_a_year(int descriptor) {
  const time_point begin = this_task::scheduler().now();
  co_await jackdaw::sleep(std::chrono::hours(24 * 365));
  if (this_task::scheduler().now() - begin != std::chrono::hours(24 * 365)) {
    co_return "the year was not a year";
  }
  std::string said = "there is I/O in simulated time";
  try {
    static_cast<void>(co_await readable(descriptor));
  } catch (const std::logic_error&) {
    said.clear();
  }
  co_return said;
}

TEST(run_simulated_test, a_year_passes_at_once_and_there_is_no_io) {
  auto pipe = testing::make_pipe();
  for (const mode chosen : {mode::multi_thread, mode::asyncio}) {
    options wanted(chosen);
    wanted.time = time_mode::simulated;
    wanted.workers = 4;
    EXPECT_EQ(jackdaw::io::run(wait_a_year(pipe.reads.get()), wanted), "");
  }
}

// -- Workers that cannot have a driver ------------------------------------------------------------

task<void> burn(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
  co_return;
}

task<std::string> want_more_workers_than_there_can_be() {
  std::vector<int> taken;
  testing::limit_resource(RLIMIT_NOFILE, 48);
  for (int number = dup(STDIN_FILENO); number >= 0; number = dup(STDIN_FILENO)) {
    taken.push_back(number);
  }
  std::vector<task<void>> work;
  for (int count = 0; count < 8; ++count) {
    work.push_back(burn(5ms));
  }
  co_await gather(std::move(work));
  for (const int number : taken) {
    close(number);
  }
  const std::size_t answered = co_await testing::echo_among(4, 4);
  co_return answered == 16 ? std::string() : std::to_string(answered) + " answers";
}

// Workers start when there is work for them, and that may be when no descriptor is left.
TEST_P(run_test, a_worker_that_cannot_have_a_driver_is_done_without) {
  if (sanitized) {
    // UBSan's check of a virtual pointer asks the kernel, through a pipe, whether the memory may be read.
    GTEST_SKIP() << "a sanitizer's own checks need descriptors";
  }
  const auto result = testing::in_child(
      [this] { return jackdaw::io::run(want_more_workers_than_there_can_be(), options()); });
  EXPECT_EQ(testing::complaint_of(result), "");
}

}  // namespace
}  // namespace jackdaw::io
