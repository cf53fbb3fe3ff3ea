// The transport of a stream socket, TCP or local.
//
// One recv(2) per turn, of 256 KiB at most (S210), into memory that the loop lends: a message costs no
// allocation. write() sends in the caller's stack; only what the kernel does not take is copied into a buffer,
// which is freed when it is empty.
#pragma once

#include <jackdaw/io/asyncio/selector_transport.hpp>
#include <jackdaw/io/byte_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

namespace jackdaw::io::asyncio {

/// The most that one call of sendfile(2) is asked for: what lies on a disk that is slow holds up the loop.
inline constexpr std::size_t sendfile_bytes_max = std::size_t{256} * 1024;

/// Use create_connection() and its like, which make one.
class socket_transport final : public connection_transport, public selector_transport {
 public:
  /// Begins: `speaker` is told of the connection in the next turn, and `waiter` set after that.
  /// Throws std::invalid_argument if the protocol is none for streams.
  static std::shared_ptr<socket_transport> begin_on(
      event_loop& loop, jackdaw::io::socket connected, std::shared_ptr<base_protocol> speaker,
      std::optional<future<void>> waiter, std::shared_ptr<transport_counter> counter = nullptr);

  // For begin_on().
  socket_transport(event_loop& loop, jackdaw::io::socket connected,
                   std::shared_ptr<transport_counter> counter);

  void set_protocol(std::shared_ptr<base_protocol> next) override;

  [[nodiscard]] bool is_reading() const noexcept override { return !is_closing() && !paused_; }
  void pause_reading() override;
  void resume_reading() override;

  void force_close(const std::exception_ptr& error) override { lose(error); }
  [[nodiscard]] bool is_protocol_paused() const noexcept override { return has_paused_protocol(); }

  using write_transport::write;
  void write(std::string_view data) override;
  void writelines(std::span<const std::string_view> lines) override;
  void write_eof() override;
  [[nodiscard]] bool can_write_eof() const noexcept override { return true; }
  [[nodiscard]] std::size_t get_write_buffer_size() const noexcept override {
    return buffer_.size();
  }

  // --- For sendfile() ---

  /// Behind what is buffered, up to `count` bytes of the file; gives their number. Until end_sendfile() nobody can
  /// write. Throws std::runtime_error if another file is being sent.
  [[nodiscard]] future<std::uint64_t> begin_sendfile(int file, std::uint64_t offset,
                                                     std::uint64_t count);
  void end_sendfile() noexcept;

 private:
  struct file_sending {
    int file;
    std::uint64_t offset;
    std::uint64_t left;
    std::uint64_t sent;
    future<std::uint64_t> done;
  };

  void read_ready() override;
  void write_ready() override;
  void drop_buffer() noexcept override { buffer_ = byte_buffer(); }
  void fail_waiters() override;
  void send_of_file();
  void file_failed(const std::exception_ptr& error);
  void read_into_buffer_of_protocol();
  void read_and_pass_on();
  void end_of_stream();
  void read_failed(int number);
  void require_open_end(const char* call) const;
  void keep_for_later(std::string_view rest);
  void shut_down_writing() noexcept;

  connection_protocol* speaker_ = nullptr;  // The protocol, as one of these two.
  protocol* plain_ = nullptr;
  buffered_protocol* buffered_ = nullptr;
  byte_buffer buffer_;
  std::optional<file_sending> sending_;
  bool eof_ = false;
};

}  // namespace jackdaw::io::asyncio
