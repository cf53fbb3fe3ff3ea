// Transports over one end of a pipe: connect_read_pipe() and connect_write_pipe().
//
// Their turns are those of all transports (selector_transport.hpp). What differs from a socket's:
//
//   read end    The end of the stream is two callbacks: eof_received(), whose answer does not count, and
//               connection_lost(null). What data_received() throws is reported, and ends nothing.
//   write end   It is watched for the end of its reader, who need not be written to for that: then it is lost,
//               with EPIPE if something was still to be written. write_eof() is close().
//
// Both are a `transport`, so that every protocol and a stream_writer can be used with them; what the other
// end would do throws std::logic_error, where in asyncio it is an AttributeError.
#pragma once

#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/selector_transport.hpp>
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/file_descriptor.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace jackdaw::io::asyncio {

/// Use connect_read_pipe(), which makes one.
class read_pipe_transport final : public transport, public selector_transport {
 public:
  /// Begins. Throws std::invalid_argument for a wrong protocol, or what is no pipe, socket or character device.
  static std::shared_ptr<read_pipe_transport> begin_on(event_loop& loop, file_descriptor reads,
                                                       std::shared_ptr<base_protocol> speaker,
                                                       std::optional<future<void>> waiter);
  // For begin_on().
  read_pipe_transport(event_loop& loop, file_descriptor reads);

  void set_protocol(std::shared_ptr<base_protocol> next) override;

  [[nodiscard]] bool is_reading() const noexcept override { return !is_closing() && !paused_; }
  void pause_reading() override;
  void resume_reading() override;

  using write_transport::write;
  void write(std::string_view data) override;
  void writelines(std::span<const std::string_view> lines) override;
  void write_eof() override;
  [[nodiscard]] bool can_write_eof() const noexcept override { return false; }
  [[nodiscard]] std::size_t get_write_buffer_size() const noexcept override { return 0; }

 private:
  void read_ready() override;
  void write_ready() override {}
  void drop_buffer() noexcept override {}
  void read_failed(int number);

  protocol* speaker_ = nullptr;
};

/// Use connect_write_pipe(), which makes one.
class write_pipe_transport final : public transport, public selector_transport {
 public:
  /// As read_pipe_transport's.
  static std::shared_ptr<write_pipe_transport> begin_on(event_loop& loop, file_descriptor writes,
                                                        std::shared_ptr<base_protocol> speaker,
                                                        std::optional<future<void>> waiter);
  // For begin_on().
  write_pipe_transport(event_loop& loop, file_descriptor writes);

  void set_protocol(std::shared_ptr<base_protocol> next) override;

  [[nodiscard]] bool is_reading() const noexcept override { return false; }
  void pause_reading() override;
  void resume_reading() override;

  using write_transport::write;
  void write(std::string_view data) override;
  void writelines(std::span<const std::string_view> lines) override;
  void write_eof() override { close(); }
  [[nodiscard]] bool can_write_eof() const noexcept override { return true; }
  [[nodiscard]] std::size_t get_write_buffer_size() const noexcept override {
    return buffer_.size();
  }

 private:
  void read_ready() override;
  void write_ready() override;
  void drop_buffer() noexcept override { buffer_ = byte_buffer(); }
  [[nodiscard]] bool drop_write();

  connection_protocol* speaker_ = nullptr;
  byte_buffer buffer_;
  unsigned dropped_writes_ = 0;
};

/// The transports, once their protocols know them.
task<std::shared_ptr<transport>> begin_read_pipe(file_descriptor reads,
                                                 std::shared_ptr<base_protocol> speaker);
task<std::shared_ptr<transport>> begin_write_pipe(file_descriptor writes,
                                                  std::shared_ptr<base_protocol> speaker);

/// A transport for the end of a pipe, which becomes non-blocking: a FIFO, a socket or a character device.
/// Reading calls a `protocol`; writing any protocol of connections.
///
/// Suspends      Until the protocol's connection_made() has been called.
/// Threads       A running event loop's. Throws std::runtime_error elsewhere.
/// Errors        std::invalid_argument if it is something else, a file for instance; what the factory throws.
/// Cancellation  Closes the pipe.
/// Source        loop.connect_read_pipe, loop.connect_write_pipe.
template <makes_protocol F>
task<connection_of<F>> connect_read_pipe(F factory, file_descriptor reads) {
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_read_pipe(std::move(reads), speaker);
  co_return connection_of<F>(std::move(begun), std::move(speaker));
}
template <makes_protocol F>
task<connection_of<F>> connect_write_pipe(F factory, file_descriptor writes) {
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_write_pipe(std::move(writes), speaker);
  co_return connection_of<F>(std::move(begun), std::move(speaker));
}

}  // namespace jackdaw::io::asyncio
