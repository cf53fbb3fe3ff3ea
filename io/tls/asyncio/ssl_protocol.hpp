// TLS for asyncio's transports: the protocol of one, and the transport of the program's protocol.
//
//   unwrapped ──connection_made()──► handshaking ──► wrapped ──► flushing ──► shutting_down ──► unwrapped
//                                         └──────────── what fails, abort() ───────────────────────┘
//
//   unwrapped       Before the connection, and after it.
//   handshaking     What is written waits. The program's protocol knows of nothing yet, unless it was there before
//                   (start_tls()).
//   wrapped         Bytes go both ways.
//   flushing        close(), or the peer's end: what has arrived is passed on still.
//   shutting_down   Our good-bye is sent, the peer's awaited. Bytes that come instead are an error.
//
// What the program's protocol sees: connection_made, data..., eof_received at most once, connection_lost.
//
// Owners
// ------
// The transport below keeps this, this the program's protocol, and that its transport, which is a part of this:
// two circles. connection_lost() opens both, and if it never comes the end of the loop does (kept_open).
//
// Where CPython 3.13 does otherwise: it sends no alert when it refuses a handshake, it lets a connection live
// whose creation was cancelled before it began, and it never tells a protocol that was there before TLS if the
// connection ends within the handshake.
#pragma once

#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/ssl_context.hpp>
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/tls/asyncio/ssl_transport.hpp>
#include <jackdaw/io/tls/tls_engine.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace jackdaw::io::asyncio {

/// Use an ssl_context, by which connections and servers make one.
///
/// Threads       The loop's.
/// Source        asyncio.sslproto.SSLProtocol.
class ssl_protocol final : public buffered_protocol,
                           public kept_open,
                           public std::enable_shared_from_this<ssl_protocol> {
 public:
  /// Throws std::invalid_argument if `speaker` is no protocol for streams; tls_error.
  ssl_protocol(event_loop& loop, const tls_context& context, std::shared_ptr<base_protocol> speaker,
               const ssl_setup& setup, future<void> waiter);

  /// For the program's protocol.
  [[nodiscard]] std::shared_ptr<transport> app_transport() { return {shared_from_this(), &above_}; }

  // --- For the transport below ---
  void connection_made(const std::shared_ptr<transport>& made) override;
  void connection_lost(std::exception_ptr error) override;
  std::span<std::byte> get_buffer(std::ptrdiff_t size_hint) override;
  void buffer_updated(std::size_t count) override;
  bool eof_received() override;
  void pause_writing() override { below_paused_us_ = true; }
  void resume_writing() override;

  // --- For the loop ---
  void abandon() noexcept override;
  void let_go() noexcept override;

  // --- For the transport above ---
  void set_app_protocol(std::shared_ptr<base_protocol> next);
  [[nodiscard]] const std::shared_ptr<base_protocol>& app_protocol() const noexcept { return app_; }
  [[nodiscard]] const extra_info& extra() const noexcept { return extra_; }
  void start_shutdown();
  void abort(const std::exception_ptr& error);
  void write_app_data(std::span<const std::string_view> lines);
  [[nodiscard]] bool is_app_reading_paused() const noexcept { return app_reading_paused_; }
  void pause_app_reading() noexcept { app_reading_paused_ = true; }
  void resume_app_reading();
  [[nodiscard]] bool is_app_writing_paused() const noexcept { return app_writing_paused_; }
  [[nodiscard]] std::size_t write_buffer_size() const noexcept {
    return engine_.pending_output() + backlog_.size();
  }
  [[nodiscard]] write_buffer_limits write_limits() const noexcept { return write_limits_; }
  void set_write_limits(std::optional<std::size_t> high, std::optional<std::size_t> low);

 private:
  enum class state : std::uint8_t { unwrapped, handshaking, wrapped, flushing, shutting_down };
  enum class app_state : std::uint8_t { init, made, ended, lost };

  void do_handshake();
  void handshake_complete(const std::exception_ptr& error);
  void handshake_timed_out();

  void do_read();
  void read_and_pass_on();
  void read_into_buffer_of_app();
  void after_read(tls_engine::step last);
  void tell_end();

  void do_flush();
  void do_shutdown();
  [[nodiscard]] tls_engine::step unwrap();
  void shutdown_complete(const std::exception_ptr& error);
  void shutdown_timed_out();

  void encrypt(std::string_view data);
  void write_backlog();
  void send_output();
  void control_app_writing();
  void control_reading_below();
  [[nodiscard]] bool drop_write();

  void wake(const std::exception_ptr& error);
  void fatal_error(const std::exception_ptr& error, const char* message);
  void cancel_timers() noexcept;
  [[nodiscard]] std::exception_ptr problem() const;

  event_loop* loop_;
  ssl_transport above_{*this};
  std::shared_ptr<connection_transport> below_;
  extra_info extra_;
  std::shared_ptr<base_protocol> app_;
  connection_protocol* speaker_ = nullptr;  // The program's protocol, as one of these two.
  protocol* plain_ = nullptr;
  buffered_protocol* buffered_ = nullptr;
  std::optional<future<void>> waiter_;
  duration handshake_timeout_;
  duration shutdown_timeout_;
  jackdaw::asyncio::handle handshake_timer_;
  jackdaw::asyncio::handle shutdown_timer_;
  std::optional<selector::keeper> kept_;

  tls_engine engine_;
  byte_buffer backlog_;  // Written before the end of the handshake.
  write_buffer_limits write_limits_;
  unsigned lost_count_ = 0;  // Then it counts writes.
  state state_ = state::unwrapped;
  app_state app_state_;
  bool peer_ended_ = false;  // The stream below, by whatever.
  bool app_reading_paused_ = false;
  bool app_writing_paused_ = false;
  bool below_reading_paused_ = false;
  bool below_paused_us_ = false;
};

}  // namespace jackdaw::io::asyncio
