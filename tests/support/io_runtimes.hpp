// tests/support/io_runtimes.hpp
//
// The runtimes that every test of I/O runs over: {asyncio loop, pool of 1, pool of 4} x {io_uring,
// epoll}. The fixture runs a coroutine over the one that is the test's parameter and keeps accounts:
// at the end of each test as many frames are alive and as many descriptors open as at its begin, and
// what the kernel was given it has given back. Write
//
//   class echo_test : public io_test {};
//   JACKDAW_OVER_IO(echo_test, all_io_kinds());
//   TEST_P(echo_test, a_sentence_about_behaviour) { run(body()); }
#pragma once

#include "leak_check.hpp"
#include "runtime_test.hpp"
#include <jackdaw/io/run.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::testing {

struct io_kind {
  const char* name;
  io::mode mode;
  io::backend backend;
  unsigned workers;

  [[nodiscard]] bool is_loop() const { return mode == io::mode::asyncio; }
  [[nodiscard]] bool on_ring() const { return backend == io::backend::io_uring; }
  /// One thread runs all tasks: what happens between two awaits happens alone.
  [[nodiscard]] bool one_thread() const { return workers == 1; }
  [[nodiscard]] io::options options() const;
};

[[nodiscard]] const std::vector<io_kind>& all_io_kinds();
/// Those of one backend.
[[nodiscard]] std::vector<io_kind> io_kinds_on(io::backend backend);
/// {asyncio loop, pool of 1} on both: for tests that count what one driver does.
[[nodiscard]] std::vector<io_kind> one_driver_kinds();
/// Pools of 4 on both: for races between workers.
[[nodiscard]] std::vector<io_kind> parallel_io_kinds();
/// The asyncio loop on both: for what depends on the order of turns.
[[nodiscard]] std::vector<io_kind> loop_kinds();

/// GoogleTest prints parameters by this.
void PrintTo(const io_kind& kind, std::ostream* out);  // NOLINT(readability-identifier-naming)

struct io_kind_name {
  std::string operator()(const ::testing::TestParamInfo<io_kind>& info) const {
    return info.param.name;
  }
};

/// "" if the kernel lets this process use io_uring, else why not. Asked once.
[[nodiscard]] const std::string& io_uring_refusal();

/// How many descriptors this process has open.
[[nodiscard]] std::size_t open_descriptors();

/// How long a test may take before it is cancelled: then something was lost.
inline constexpr duration patience = std::chrono::seconds(sanitized ? 100 : 40);

/// Runs `main` on its own: what io::run() does, but with the driver's counters afterwards.
template <class T>
T run_counted(io::options options, driver_statistics& drivers, task<T> main) {
  outcome<T> result;
  {
    io::runtime runs(std::move(options));
    auto* const state =
        new task_state<void>(runs.scheduler(), keep_outcome(std::move(main), result), "main");
    const join_handle<void> handle(*state);
    runs.run(*state);
    drivers = runs.scheduler().statistics().drivers;
  }
  return result.take_value();
}

class io_test : public ::testing::TestWithParam<io_kind> {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// The options of this run; a test may change them before it runs anything.
  [[nodiscard]] io::options& options() { return options_; }

  /// Returns what `main` returns, throws what it throws; timeout_error when patience is over.
  template <class T>
  T run(task<T> main) {
    io::options wanted = options_;
    wanted.on_failure = failures_.handler();
    return run_counted(wanted, drivers_, timeout(patience, std::move(main)));
  }

  /// Of the last run, when it had ended.
  [[nodiscard]] const driver_statistics& drivers() const { return drivers_; }
  [[nodiscard]] failure_log& failures() { return failures_; }
  /// A test that expects reports says so; all others must end without any.
  void expect_failures() { failures_expected_ = true; }

 private:
  io::options options_;
  driver_statistics drivers_;
  failure_log failures_;
  bool failures_expected_ = false;
  std::size_t descriptors_before_ = 0;
};

// -- Streams ------------------------------------------------------------------------------------------

/// Two ends of a TCP connection over loopback, made with plain system calls.
struct stream_pair {
  io::tcp_stream left;
  io::tcp_stream right;
};
[[nodiscard]] stream_pair connected_streams();
/// The same as a pair of local sockets: what one end reads, the other can send at once.
[[nodiscard]] stream_pair local_streams();
[[nodiscard]] std::vector<stream_pair> local_streams(std::size_t count);

/// A descriptor with both O_CLOEXEC and O_NONBLOCK.
struct pipe_ends {
  io::file_descriptor reads;
  io::file_descriptor writes;
};
[[nodiscard]] pipe_ends make_pipe();

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
[[nodiscard]] inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Plain system calls, which do not wait: the whole of `text`, or a test failure.
void send_now(int descriptor, std::string_view text);
/// What is there to receive now, up to `limit`; "" also at the end of the stream.
[[nodiscard]] std::string receive_now(int descriptor, std::size_t limit = 65536);

/// Reads until the end of the stream.
task<std::string> read_to_end(io::tcp_stream& stream);
/// Reads exactly `count` bytes, or less at the end of the stream.
task<std::string> read_count(io::tcp_stream& stream, std::size_t count);
/// A task for each pair, which does this at its left end.
[[nodiscard]] std::vector<join_handle<std::string>> spawn_readers(std::vector<stream_pair>& streams,
                                                                  std::size_t count);

/// The next bytes of a pattern that depends on `seed`: to see that nothing was lost, doubled or mixed up.
class byte_pattern {
 public:
  explicit byte_pattern(std::uint64_t seed = 1) noexcept : state_(seed * 2 + 1) {}
  [[nodiscard]] std::byte next() noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::byte>(state_ >> 56U);
  }
  void fill(std::span<std::byte> bytes) noexcept {
    for (std::byte& each : bytes) {
      each = next();
    }
  }
  /// True if `bytes` are the next ones.
  [[nodiscard]] bool matches(std::span<const std::byte> bytes) noexcept {
    bool all = true;
    for (const std::byte each : bytes) {
      all = next() == each && all;
    }
    return all;
  }

 private:
  std::uint64_t state_;
};

}  // namespace jackdaw::testing

#define JACKDAW_OVER_IO(suite, kinds)                               \
  INSTANTIATE_TEST_SUITE_P(over, suite, ::testing::ValuesIn(kinds), \
                           ::jackdaw::testing::io_kind_name())
