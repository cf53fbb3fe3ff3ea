// The transport that a program's protocol has over TLS: what it is asked for is done by the ssl_protocol.
#pragma once

#include <jackdaw/io/asyncio/transports.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace jackdaw::io::asyncio {

class ssl_protocol;

/// Part of its ssl_protocol: a handle on one is a handle on both.
///
/// As a socket's transport, except: it cannot end one side only, so write_eof() throws std::runtime_error; the
/// end of the peer's side is the end of the connection; the high-water mark is 512 KiB, and counts what waits
/// above the socket's transport; and at the mark, not above it, the protocol is told to pause.
/// Source        asyncio.sslproto._SSLProtocolTransport.
class ssl_transport final : public connection_transport {
 public:
  explicit ssl_transport(ssl_protocol& protocol) noexcept : protocol_(&protocol) {}

  /// Sends what was written, says good-bye, and waits for the peer's, ssl_shutdown_timeout at most.
  void close() override;
  [[nodiscard]] bool is_closing() const noexcept override { return closed_; }
  void set_protocol(std::shared_ptr<base_protocol> next) override;
  [[nodiscard]] std::shared_ptr<base_protocol> get_protocol() const override;
  [[nodiscard]] const extra_info& get_extra_info() const noexcept override;

  [[nodiscard]] bool is_reading() const noexcept override;
  void pause_reading() override;
  void resume_reading() override;

  void abort() override { force_close(nullptr); }
  void force_close(const std::exception_ptr& error) override;
  [[nodiscard]] bool is_protocol_paused() const noexcept override;
  [[nodiscard]] std::size_t get_write_buffer_size() const noexcept override;
  [[nodiscard]] write_buffer_limits get_write_buffer_limits() const noexcept override;
  void set_write_buffer_limits(std::optional<std::size_t> high,
                               std::optional<std::size_t> low) override;

  using write_transport::write;
  void write(std::string_view data) override;
  void writelines(std::span<const std::string_view> lines) override;
  void write_eof() override;
  [[nodiscard]] bool can_write_eof() const noexcept override { return false; }

  // --- For its ssl_protocol ---
  void note_closed() noexcept { closed_ = true; }

 private:
  ssl_protocol* protocol_;
  bool closed_ = false;
};

}  // namespace jackdaw::io::asyncio
