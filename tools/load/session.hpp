// One connection of a load run: sends requests, takes the responses apart, records latencies.
#pragma once

#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/tools/load/load_options.hpp>
#include <jackdaw/tools/load/measurement.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::load {

struct run_context;

class session {
 public:
  session(run_context& run, unsigned index);
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Closed loop: the next batch is sent when the last one is answered. Latency runs from the sending.
  task<void> closed_loop();

  /// Open loop: request k of all is due at start + k / rate, whether or not the server keeps up.
  /// Latency runs from when it was due, so a server that stalls cannot hide it by delaying the client
  /// ("coordinated omission").
  task<void> open_loop();

  /// One request. Throws what went wrong; returns the status.
  task<unsigned> single();

 private:
  enum class verdict : std::uint8_t { more, done, broken };

  struct link {
    explicit link(io::tcp_stream connected) : stream(std::move(connected)), reader(stream) {}
    io::tcp_stream stream;
    io::buffered_reader reader;
  };

  [[nodiscard]] time_point due(std::uint64_t turn) const noexcept;
  task<void> connect();
  task<bool> ensure_connected();
  task<void> exchange(unsigned count, time_point since);
  [[nodiscard]] verdict take_responses(io::buffered_reader& reader, time_point since);
  void count_up();
  void drop(failure_kind kind);
  void flush_latencies();

  run_context& run_;
  unsigned index_;
  std::unique_ptr<link> link_;       // None between connections.
  std::vector<duration> latencies_;  // Handed over in batches: the histogram is shared.
  std::uint64_t body_left_ = 0;      // Of the response that is being received.
  unsigned unanswered_ = 0;
  unsigned answered_ = 0;  // Not yet counted.
  unsigned status_ = 0;    // Of the last response.
  bool in_body_ = false;
  bool closing_ = false;  // The server said that this response is its last.
};

/// A run. Outlives the runtime, so that no session outlives it.
struct run_context {
  load_options options;
  std::vector<io::address> addresses;
  std::string requests;           // `pipeline` requests, back to back.
  std::size_t request_bytes = 0;  // Of one of them.
  measurement counts;
  time_point start{};
  time_point end{};             // No request is due at it or after it.
  std::list<session> sessions;  // A list: sessions do not move, their coroutines refer to them.
};

/// Tries the addresses in turn. Throws the last one's error, or timeout_error.
task<io::tcp_stream> connect_any(std::vector<io::address> addresses, duration limit);

}  // namespace jackdaw::load
