// stream_reader: the bytes of a stream, as something to await.
//
// A buffer that a protocol feeds and a task reads. When more than twice the limit is in it the transport is
// asked to pause; when it is down to the limit, or somebody waits for more, to go on (S219). One task
// may wait at a time (S220).
#pragma once

#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::io::asyncio {

using jackdaw::io::incomplete_read_error;
using jackdaw::io::limit_overrun_error;

/// Copies are the same reader.
///
/// Suspends      Only if there is not enough in the buffer. Goes on in the turn after the one in which it comes.
/// Threads       The loop's.
/// Errors        What set_exception() was given, whatever is in the buffer (S225); std::runtime_error if
///               another task waits already.
/// Cancellation  Loses nothing: what came is in the buffer.
/// Source        asyncio.StreamReader.
class stream_reader {
 public:
  static constexpr std::size_t limit_default = std::size_t{64} * 1024;

  /// Throws std::invalid_argument if the limit is 0.
  explicit stream_reader(std::size_t limit = limit_default);

  /// At least one byte and at most `count`; "" at the end of the stream. Below 0: all up to the end.
  JACKDAW_CORO_WRAPPER task<std::string> read(std::ptrdiff_t count = -1) const {
    return count < 0 ? read_all(state_) : read_some(state_, static_cast<std::size_t>(count));
  }
  /// A line with its "\n"; at the end of the stream what is left, possibly nothing.
  /// Errors        Also std::invalid_argument if the line is longer than the limit: it is dropped, or, if its
  ///               end has not come yet, all that is in the buffer (S222).
  JACKDAW_CORO_WRAPPER task<std::string> readline() const { return read_line(state_); }
  /// Exactly `count` bytes, whatever the limit. Throws incomplete_read_error, with what there was (S223).
  JACKDAW_CORO_WRAPPER task<std::string> readexactly(std::size_t count) const {
    return read_exactly(state_, count);
  }
  /// Up to and with the separator, or the one of several that ends first.
  /// Errors        incomplete_read_error, and the buffer is empty; limit_overrun_error, and the data stay
  ///               in the buffer (S221); std::invalid_argument for an empty separator.
  JACKDAW_CORO_WRAPPER task<std::string> readuntil(std::string separator = "\n") const {
    return read_until(state_, std::vector<std::string>(1, std::move(separator)));
  }
  JACKDAW_CORO_WRAPPER task<std::string> readuntil(std::vector<std::string> separators) const {
    return read_until(state_, std::move(separators));
  }
  /// The end has come and nothing is left.
  [[nodiscard]] bool at_eof() const noexcept;
  /// What set_exception() was given, or null.
  [[nodiscard]] std::exception_ptr exception() const noexcept;

  // --- For whoever feeds it: a protocol, or a test ---
  /// Throws std::logic_error after feed_eof().
  void feed_data(std::string_view data) const;
  void feed_eof() const;
  /// Wakes who waits: that read, and all later ones, throw `error`.
  void set_exception(std::exception_ptr error) const;
  /// The transport to pause. Once; throws std::logic_error the second time.
  void set_transport(std::shared_ptr<read_transport> source) const;
  /// What arrived and was not read, for whoever understands it.
  [[nodiscard]] std::string take_unread() const;
  /// Another one from now on.
  void replace_transport(std::shared_ptr<read_transport> source) const;

 private:
  struct state;
  class data_wait;

  static task<std::string> read_some(std::shared_ptr<state> from, std::size_t count);
  static task<std::string> read_all(std::shared_ptr<state> from);
  static task<std::string> read_line(std::shared_ptr<state> from);
  static task<std::string> read_exactly(std::shared_ptr<state> from, std::size_t count);
  static task<std::string> read_until(std::shared_ptr<state> from,
                                      std::vector<std::string> separators);

  std::shared_ptr<state> state_;
};

}  // namespace jackdaw::io::asyncio
