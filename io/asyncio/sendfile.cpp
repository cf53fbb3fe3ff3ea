// By the kernel, or piece by piece.
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/sendfile.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/io/asyncio/socket_transport.hpp>
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/future.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

// asyncio's two sizes, for sockets and for transports.
constexpr std::size_t piece_of_socket = std::size_t{256} * 1024;
constexpr std::size_t piece_of_transport = std::size_t{16} * 1024;

void check(const sendfile_options& options) {
  if (options.count == 0) {
    throw std::invalid_argument("count must be a positive integer");
  }
}

std::uint64_t most_of(const sendfile_options& options) noexcept {
  return options.count.value_or(std::numeric_limits<std::uint64_t>::max());
}

// -- Sockets --------------------------------------------------------------------------------------

task<std::uint64_t> send_by_kernel(jackdaw::io::socket& to, file& from, sendfile_options options) {
  const std::uint64_t most = most_of(options);
  std::uint64_t total = 0;
  while (total < most) {
    const auto piece = std::min<std::uint64_t>(most - total, sendfile_bytes_max);
    const ssize_t sent =
        sendfile_without_signal(to.native_handle(), from.native_handle(), options.offset + total,
                                static_cast<std::size_t>(piece));
    if (sent == 0) {
      break;
    }
    if (sent < 0 && sent != -EAGAIN) {
      if (total == 0) {
        throw sendfile_not_available_error("sendfile(2) failed");
      }
      throw error(static_cast<int>(-sent), "sendfile");
    }
    total += sent > 0 ? static_cast<std::uint64_t>(sent) : 0;
    if (total < most) {
      co_await wait_until_writable(to.native_handle());
    }
  }
  co_return total;
}

task<std::uint64_t> send_by_hand(jackdaw::io::socket& to, file& from, sendfile_options options) {
  const std::uint64_t most = most_of(options);
  std::vector<std::byte> memory(
      static_cast<std::size_t>(std::min<std::uint64_t>(most, piece_of_socket)));
  std::uint64_t total = 0;
  while (total < most) {
    const auto wanted = std::min<std::uint64_t>(most - total, memory.size());
    const std::span<std::byte> piece(memory.data(), static_cast<std::size_t>(wanted));
    const std::size_t count = co_await from.read_at(options.offset + total, piece);
    if (count == 0) {
      break;
    }
    const std::string_view read(reinterpret_cast<const char*>(memory.data()), count);
    co_await sock_sendall(to, read);
    total += count;
  }
  co_return total;
}

// -- Transports -----------------------------------------------------------------------------------

// Stands in for the program's protocol while a file is sent by hand: the flow control is its own.
class sendfile_protocol final : public protocol {
 public:
  sendfile_protocol(event_loop& loop, std::shared_ptr<base_protocol> told, bool paused)
      : loop_(&loop), told_(std::move(told)) {
    if (paused) {
      pause_writing();
    }
  }

  [[nodiscard]] const std::shared_ptr<base_protocol>& told() const noexcept { return told_; }

  void connection_lost(std::exception_ptr error) override {
    lost_ = true;
    if (const auto waiting = std::exchange(writable_, std::nullopt); waiting && !waiting->done()) {
      waiting->set_exception(error != nullptr ? error : closed_by_peer());
    }
    told_->connection_lost(error);
  }
  void pause_writing() override {
    if (!writable_) {
      writable_.emplace(*loop_);
    }
  }
  void resume_writing() override {
    if (const auto waiting = std::exchange(writable_, std::nullopt); waiting && !waiting->done()) {
      waiting->set_result();
    }
  }

  // What came before the reading was paused cannot be kept, and who sends files here does not expect it.
  void data_received(std::string_view /*data*/) override { refuse(); }
  bool eof_received() override { refuse(); }

  /// What drain() of a writer is.
  task<void> writable() {
    if (lost_) {
      std::rethrow_exception(closed_by_peer());
    }
    if (writable_) {
      const future<void> waiting = *writable_;
      co_await waiting;
    }
  }

 private:
  static std::exception_ptr closed_by_peer() {
    return std::make_exception_ptr(error(ECONNRESET, "sendfile"));
  }
  [[noreturn]] static void refuse() {
    throw std::runtime_error("Invalid state: reading should be paused");
  }

  event_loop* loop_;
  std::shared_ptr<base_protocol> told_;
  std::optional<future<void>> writable_;
  bool lost_ = false;
};

// Puts the stand-in in, and takes it out again, whatever happens.
class stand_in {
 public:
  stand_in(event_loop& loop, std::shared_ptr<connection_transport> through)
      : through_(std::move(through)),
        paused_(through_->is_protocol_paused()),
        reading_(through_->is_reading()),
        protocol_(std::make_shared<sendfile_protocol>(loop, through_->get_protocol(), paused_)) {
    through_->pause_reading();
    through_->set_protocol(protocol_);
  }
  stand_in(const stand_in&) = delete;
  stand_in& operator=(const stand_in&) = delete;
  ~stand_in() {
    if (through_->get_protocol() != protocol_) {
      return;  // The connection is lost.
    }
    try {
      through_->set_protocol(protocol_->told());
      if (reading_) {
        through_->resume_reading();
      }
      if (paused_ && !through_->is_protocol_paused()) {
        protocol_->told()->resume_writing();
      }
      if (!paused_ && through_->is_protocol_paused()) {
        protocol_->told()->pause_writing();
      }
    } catch (...) {
      through_->abort();  // Half changed, it is of no use to anybody.
    }
  }

  [[nodiscard]] sendfile_protocol& protocol() const noexcept { return *protocol_; }

 private:
  std::shared_ptr<connection_transport> through_;
  bool paused_;
  bool reading_;
  std::shared_ptr<sendfile_protocol> protocol_;
};

task<std::uint64_t> write_by_hand(std::shared_ptr<connection_transport> through, file& from,
                                  sendfile_options options) {
  const std::uint64_t most = most_of(options);
  std::vector<std::byte> memory(
      static_cast<std::size_t>(std::min<std::uint64_t>(most, piece_of_transport)));
  const stand_in stands(get_running_loop(), through);
  std::uint64_t total = 0;
  while (total < most) {
    const auto wanted = std::min<std::uint64_t>(most - total, memory.size());
    const std::span<std::byte> piece(memory.data(), static_cast<std::size_t>(wanted));
    const std::size_t count = co_await from.read_at(options.offset + total, piece);
    if (count == 0) {
      break;
    }
    co_await stands.protocol().writable();
    if (through->is_closing()) {
      throw error(ECONNRESET, "sendfile");
    }
    through->write(std::span<const std::byte>(memory.data(), count));
    total += count;
  }
  co_return total;
}

// The transport is back to what it was when this goes.
class kernel_sending {
 public:
  explicit kernel_sending(std::shared_ptr<socket_transport> through)
      : through_(std::move(through)), reading_(through_->is_reading()) {
    through_->pause_reading();
  }
  kernel_sending(const kernel_sending&) = delete;
  kernel_sending& operator=(const kernel_sending&) = delete;
  ~kernel_sending() {
    through_->end_sendfile();
    if (reading_) {
      try {
        through_->resume_reading();
      } catch (...) {
        through_->abort();
      }
    }
  }

 private:
  std::shared_ptr<socket_transport> through_;
  bool reading_;
};

task<std::uint64_t> write_by_kernel(std::shared_ptr<socket_transport> through, file& from,
                                    sendfile_options options) {
  const future<std::uint64_t> sent =
      through->begin_sendfile(from.native_handle(), options.offset, most_of(options));
  const kernel_sending sending(through);
  const std::uint64_t total = co_await sent;
  co_return total;
}

}  // namespace

task<std::uint64_t> sock_sendfile(jackdaw::io::socket& to, file& from, sendfile_options options) {
  check(options);
  if (to.option(SOL_SOCKET, SO_TYPE) != SOCK_STREAM) {
    throw std::invalid_argument("only SOCK_STREAM type sockets are supported");
  }
  try {
    const std::uint64_t total = co_await send_by_kernel(to, from, options);
    co_return total;
  } catch (const sendfile_not_available_error&) {
    if (!options.fallback) {
      throw;
    }
  }
  const std::uint64_t total = co_await send_by_hand(to, from, options);
  co_return total;
}

task<std::uint64_t> sendfile(std::shared_ptr<transport> through, file& from,
                             sendfile_options options) {
  check(options);
  const auto connection = std::dynamic_pointer_cast<connection_transport>(through);
  if (connection == nullptr) {
    throw std::runtime_error("sendfile is not supported for this transport");
  }
  if (connection->is_closing()) {
    throw std::runtime_error("Transport is closing");
  }
  const auto plain = std::dynamic_pointer_cast<socket_transport>(through);
  if (plain != nullptr) {
    try {
      const std::uint64_t total = co_await write_by_kernel(plain, from, options);
      co_return total;
    } catch (const sendfile_not_available_error&) {
      if (!options.fallback) {
        throw;
      }
    }
  } else if (!options.fallback) {
    throw std::runtime_error(
        "fallback is disabled and native sendfile is not supported for this transport");
  }
  const std::uint64_t total = co_await write_by_hand(connection, from, options);
  co_return total;
}

}  // namespace jackdaw::io::asyncio
