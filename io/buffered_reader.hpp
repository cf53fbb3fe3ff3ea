// Reading a stream through a buffer that exists only while there is something in it.
#pragma once

#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace jackdaw::io {

/// The stream ended in the middle of what was asked for. Source: asyncio.IncompleteReadError.
class incomplete_read_error : public std::runtime_error {
 public:
  incomplete_read_error(std::string partial, std::optional<std::size_t> expected);
  [[nodiscard]] const std::string& partial() const noexcept { return partial_; }
  [[nodiscard]] std::optional<std::size_t> expected() const noexcept { return expected_; }

 private:
  std::string partial_;
  std::optional<std::size_t> expected_;
};

/// What was asked for does not end within the limit; the data stay in the buffer.
/// Source: asyncio.LimitOverrunError.
class limit_overrun_error : public std::runtime_error {
 public:
  limit_overrun_error(const std::string& message, std::size_t consumed);
  [[nodiscard]] std::size_t consumed() const noexcept { return consumed_; }

 private:
  std::size_t consumed_;
};

/// One appended read of a stream: gives the number of bytes, 0 at the end.
class [[nodiscard]] fill_operation final : public operation {
 public:
  fill_operation(file_descriptor& descriptor, byte_buffer& buffer, std::size_t direct_bytes);
  fill_operation(fill_operation&& other) noexcept
      : operation(static_cast<operation&&>(other)), buffer_(other.buffer_) {}
  fill_operation& operator=(fill_operation&&) = delete;
  ~fill_operation() = default;
  result<std::size_t> await_resume();

 private:
  byte_buffer* buffer_;
};

/// Lifetime      The stream outlives the reader, and neither moves while a read is pending.
/// Errors        Named at each of them. The try_ forms give a result: EPIPE if the stream ended in the middle of what
///               was asked for, EMSGSIZE if that does not end within the limit; what came stays in buffered().
/// Cancellation  Loses nothing: what was received is in the buffer.
/// Cost          While it waits with an empty buffer it holds no memory: the driver lends some when
///               data is there. Where small messages come all the time it holds 512 bytes.
class buffered_reader {
 public:
  static constexpr std::size_t limit_default = std::size_t{64} * 1024;

  explicit buffered_reader(stream_socket& stream) noexcept : stream_(&stream) {}

  [[nodiscard]] std::span<const std::byte> buffered() const noexcept { return buffer_.readable(); }
  void consume(std::size_t count) noexcept { buffer_.consume(count); }

  /// Waits for more and appends it. Never throws for what a peer does.
  fill_operation fill();

  /// Up to and including `separator`. Throws incomplete_read_error, limit_overrun_error, io::error.
  task<std::string> read_until(std::string separator, std::size_t limit = limit_default);
  task<result<std::string>> try_read_until(std::string separator,
                                           std::size_t limit = limit_default);
  /// A line with its "\n"; at the end of the stream what is left, possibly nothing.
  task<std::string> read_line(std::size_t limit = limit_default);
  task<result<std::string>> try_read_line(std::size_t limit = limit_default);
  /// Exactly `count` bytes. Throws incomplete_read_error, io::error.
  task<std::string> read_exactly(std::size_t count);
  task<result<std::string>> try_read_exactly(std::size_t count);
  /// At least one byte, up to `count_max`; nothing at the end of the stream.
  task<std::string> read_some(std::size_t count_max = limit_default);
  task<result<std::string>> try_read_some(std::size_t count_max = limit_default);

 private:
  /// Where a search for a separator has come to in what is buffered.
  struct search {
    bool found = false;
    bool beyond_limit = false;
    std::size_t position = 0;  // Of the separator, or where to go on.
  };

  [[nodiscard]] search look(std::string_view separator, std::size_t limit,
                            std::size_t from) const noexcept;
  [[nodiscard]] std::string take(std::size_t count);
  [[nodiscard]] std::string_view text() const noexcept;
  /// The value, or throws io::error that names the peer.
  std::size_t received(const result<std::size_t>& count) const;

  stream_socket* stream_;
  byte_buffer buffer_;
};

}  // namespace jackdaw::io
