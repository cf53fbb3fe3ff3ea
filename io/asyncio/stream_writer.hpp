// stream_writer, and the protocol that stands between a transport and a reader and writer.
//
//   transport ──data_received──► stream_reader_protocol ──feed_data──► stream_reader
//       ▲                            │  pause_writing, resume_writing, connection_lost
//       └────── write ── stream_writer ◄──── drain, wait_closed
//
// The transport keeps the protocol, and the protocol the reader, until the connection is lost; a writer
// keeps both. A writer that is dropped closes its transport (S236).
#pragma once

#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/ssl_context.hpp>
#include <jackdaw/io/asyncio/stream_reader.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

#include <concepts>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace jackdaw::io::asyncio {

class stream_reader_protocol;
class stream_writer;

/// What drain() throws when the connection is over: ECONNRESET. Source: ConnectionResetError.
class connection_lost_error final : public error {
 public:
  connection_lost_error();
  [[nodiscard]] const char* what() const noexcept override { return "Connection lost"; }
};

/// Called for each connection of a server; gives the task that it began, if it began one.
using stream_handler =
    std::function<std::optional<join_handle<void>>(stream_reader, stream_writer)>;

/// Copies are the same writer. When the last one goes the connection is closed, if it was not (S236).
///
/// Threads       The loop's.
/// Source        asyncio.StreamWriter.
class stream_writer {
 public:
  stream_writer(std::shared_ptr<asyncio::transport> writes,
                std::shared_ptr<stream_reader_protocol> told, std::optional<stream_reader> reader);

  /// Never suspends, and never throws for what the peer does (S229): see drain(). Throws std::runtime_error
  /// after write_eof().
  void write(std::string_view data) const { transport().write(data); }
  void write(std::span<const std::byte> data) const { transport().write(data); }
  void write(const char* text) const { transport().write(text); }
  void writelines(std::span<const std::string_view> lines) const { transport().writelines(lines); }
  void write_eof() const { transport().write_eof(); }
  [[nodiscard]] bool can_write_eof() const { return transport().can_write_eof(); }
  void close() const { transport().close(); }
  [[nodiscard]] bool is_closing() const { return transport().is_closing(); }
  [[nodiscard]] const extra_info& get_extra_info() const { return transport().get_extra_info(); }
  [[nodiscard]] asyncio::transport& transport() const noexcept;

  /// Waits while the buffer of the transport is above its high-water mark (S228).
  ///
  /// Suspends      Only then; and once if the transport is closing.
  /// Errors        What the connection was lost with, as far as the reader knows; connection_lost_error.
  JACKDAW_CORO_WRAPPER task<void> drain() const { return drain_of(state_); }
  /// Begins TLS: what this writer and its reader do from here on is encrypted. Of all that start_tls() of
  /// connections.hpp says; it drains first. Whether we are the server is what the context says.
  JACKDAW_CORO_WRAPPER task<void> start_tls(ssl_context ssl, start_tls_options options = {}) const {
    return start_tls_of(state_, std::move(ssl), std::move(options));
  }
  /// Waits until the connection is lost; throws what it was lost with (S230).
  JACKDAW_CORO_WRAPPER task<void> wait_closed() const { return wait_closed_of(state_); }

 private:
  struct state;

  static task<void> drain_of(std::shared_ptr<state> from);
  static task<void> start_tls_of(std::shared_ptr<state> from, ssl_context ssl,
                                 start_tls_options options);
  static task<void> wait_closed_of(std::shared_ptr<state> from);

  std::shared_ptr<state> state_;
};

/// Feeds a reader, and lets writers wait.
/// Source        asyncio.StreamReaderProtocol.
class stream_reader_protocol final : public protocol,
                                     public std::enable_shared_from_this<stream_reader_protocol> {
 public:
  /// With a handler: it is called for the connection, once that is made.
  explicit stream_reader_protocol(stream_reader reader, jackdaw::asyncio::event_loop& loop,
                                  stream_handler handler = {});
  ~stream_reader_protocol() override;

  void connection_made(const std::shared_ptr<transport>& made) override;
  void connection_lost(std::exception_ptr error) override;
  void data_received(std::string_view data) override { reader_.feed_data(data); }
  bool eof_received() override;
  void pause_writing() override { paused_ = true; }
  void resume_writing() override;

  // --- For writers ---
  task<void> wait_while_paused();
  void begin_tls(const std::shared_ptr<transport>& secured);
  [[nodiscard]] const future<void>& closed() const noexcept { return closed_; }

 private:
  void watch_handler(const join_handle<void>& handling, const std::shared_ptr<transport>& served);

  jackdaw::asyncio::event_loop* loop_;
  stream_reader reader_;
  stream_handler handler_;
  future<void> closed_;
  std::list<future<void>> drain_waiters_;
  bool paused_ = false;
  bool lost_ = false;
  bool over_tls_ = false;
};

/// What start_server() takes: a coroutine, which becomes a task per connection, or a plain function.
template <class F>
concept client_connected_callback = std::invocable<const F&, stream_reader, stream_writer>;

template <client_connected_callback F>
[[nodiscard]] stream_handler make_stream_handler(F callback) {
  // Shared, since a task may outlive its server: it is kept by what waits for the task.
  auto kept = std::make_shared<const F>(std::move(callback));
  return [kept = std::move(kept)](stream_reader reader,
                                  stream_writer writer) -> std::optional<join_handle<void>> {
    using result = std::invoke_result_t<const F&, stream_reader, stream_writer>;
    if constexpr (is_coroutine<result>) {
      auto handling = jackdaw::asyncio::get_running_loop().create_task(
          (*kept)(std::move(reader), std::move(writer)));
      static_cast<void>(handling.add_done_callback([kept](const join_handle<void>&) {}));
      return handling;
    } else {
      (*kept)(std::move(reader), std::move(writer));
      return std::nullopt;
    }
  };
}

}  // namespace jackdaw::io::asyncio
