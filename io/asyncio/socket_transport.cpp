// Receiving and sending.
#include <jackdaw/io/asyncio/sendfile.hpp>
#include <jackdaw/io/asyncio/socket_transport.hpp>
#include <jackdaw/io/broken_pipe.hpp>

#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

constexpr const char* read_failure = "Fatal read error on socket transport";
constexpr const char* write_failure = "Fatal write error on socket transport";

bool is_transient(int number) noexcept {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

std::span<const std::byte> bytes_of(std::string_view data) noexcept {
  return std::as_bytes(std::span(data.data(), data.size()));
}

}  // namespace

std::shared_ptr<socket_transport> socket_transport::begin_on(
    event_loop& loop, jackdaw::io::socket connected, std::shared_ptr<base_protocol> speaker,
    std::optional<future<void>> waiter, std::shared_ptr<transport_counter> counter) {
  auto made = std::make_shared<socket_transport>(loop, std::move(connected), std::move(counter));
  made->set_protocol(std::move(speaker));
  const auto tell = [made, keep = made->get_protocol(), told = made->speaker_] {
    told->connection_made(made);
  };
  made->begin(tell, std::move(waiter));
  return made;
}

socket_transport::socket_transport(event_loop& loop, jackdaw::io::socket connected,
                                   std::shared_ptr<transport_counter> counter)
    : selector_transport(loop, std::move(connected), std::move(counter)) {
  const int on = 1;
  // S214. A local socket refuses it, and one that the peer has left says so at the first read.
  setsockopt(descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void socket_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  auto* const plain = dynamic_cast<protocol*>(next.get());
  auto* const buffered = dynamic_cast<buffered_protocol*>(next.get());
  if (plain == nullptr && buffered == nullptr) {
    throw std::invalid_argument("a stream needs a protocol or a buffered_protocol");
  }
  plain_ = plain;
  buffered_ = buffered;
  speaker_ = buffered != nullptr ? static_cast<connection_protocol*>(buffered) : plain;
  selector_transport::set_protocol(std::move(next));
}

void socket_transport::pause_reading() {
  if (is_reading()) {
    paused_ = true;
    stop_reading();
  }
}

void socket_transport::resume_reading() {
  if (!is_closing() && paused_) {
    paused_ = false;
    begin_to_read();
  }
}

void socket_transport::read_ready() {
  if (is_lost()) {
    return;
  }
  if (buffered_ != nullptr) {
    read_into_buffer_of_protocol();
  } else {
    read_and_pass_on();
  }
}

// A protocol that is replaced while it is called lives on until it has returned.
void socket_transport::read_and_pass_on() {
  const std::span<std::byte> scratch = selects().scratch();
  const ssize_t count = ::recv(descriptor(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (count < 0) {
    read_failed(errno);
  } else if (count == 0) {
    end_of_stream();
  } else {
    const auto keep = get_protocol();
    try {
      plain_->data_received(
          {reinterpret_cast<const char*>(scratch.data()), static_cast<std::size_t>(count)});
    } catch (...) {
      fatal_error(std::current_exception(), "Fatal error: protocol.data_received() call failed.");
    }
  }
}

void socket_transport::read_into_buffer_of_protocol() {
  const auto keep = get_protocol();
  buffered_protocol& told = *buffered_;
  std::span<std::byte> room;
  try {
    room = told.get_buffer(-1);
    if (room.empty()) {
      throw std::runtime_error("get_buffer() returned an empty buffer");
    }
  } catch (...) {
    fatal_error(std::current_exception(), "Fatal error: protocol.get_buffer() call failed.");
    return;
  }
  const ssize_t count = ::recv(descriptor(), room.data(), room.size(), MSG_DONTWAIT);
  if (count < 0) {
    read_failed(errno);
  } else if (count == 0) {
    end_of_stream();
  } else {
    try {
      told.buffer_updated(static_cast<std::size_t>(count));
    } catch (...) {
      fatal_error(std::current_exception(), "Fatal error: protocol.buffer_updated() call failed.");
    }
  }
}

void socket_transport::read_failed(int number) {
  if (!is_transient(number)) {
    fatal_error(std::make_exception_ptr(error(number, "recv")), read_failure);
  }
}

void socket_transport::end_of_stream() {
  const auto keep = get_protocol();
  bool stays_open = false;
  try {
    stays_open = speaker_->eof_received();
  } catch (...) {
    fatal_error(std::current_exception(), "Fatal error: protocol.eof_received() call failed.");
    return;
  }
  if (!stays_open) {
    close();
  } else if (!is_closing()) {
    stop_reading();
  }
}

void socket_transport::require_open_end(const char* call) const {
  if (sending_) {
    throw std::runtime_error(std::string("unable to ") + call + "; sendfile is in progress");
  }
  if (eof_) {
    throw std::runtime_error(std::string("Cannot call ") + call + "() after write_eof()");
  }
}

void socket_transport::write(std::string_view data) {
  require_open_end("write");
  if (data.empty() || drop_write_after_loss()) {
    return;
  }
  if (buffer_.empty()) {
    const ssize_t count =
        ::send(descriptor(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && !is_transient(errno)) {
      fatal_error(std::make_exception_ptr(error(errno, "send")), write_failure);
      return;
    }
    data.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (data.empty()) {
      return;
    }
    begin_to_write();
  }
  keep_for_later(data);
}

void socket_transport::keep_for_later(std::string_view rest) {
  buffer_.append(bytes_of(rest));
  maybe_pause_protocol();
}

void socket_transport::writelines(std::span<const std::string_view> lines) {
  require_open_end("writelines");
  std::vector<iovec> parts;
  std::size_t total = 0;
  for (const std::string_view line : lines) {
    if (!line.empty()) {
      parts.push_back({const_cast<char*>(line.data()), line.size()});  // The kernel only reads it.
      total += line.size();
    }
  }
  if (total == 0 || drop_write_after_loss()) {
    return;
  }
  std::size_t sent = 0;
  if (buffer_.empty()) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = std::min<std::size_t>(parts.size(), IOV_MAX);
    const ssize_t count = ::sendmsg(descriptor(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && !is_transient(errno)) {
      fatal_error(std::make_exception_ptr(error(errno, "sendmsg")), write_failure);
      return;
    }
    sent = count > 0 ? static_cast<std::size_t>(count) : 0;
    if (sent == total) {
      return;
    }
    begin_to_write();
  }
  for (const iovec& part : parts) {
    const std::size_t done = std::min(sent, part.iov_len);
    sent -= done;
    buffer_.append({static_cast<const std::byte*>(part.iov_base) + done, part.iov_len - done});
  }
  maybe_pause_protocol();
}

void socket_transport::write_ready() {
  if (is_lost()) {
    return;
  }
  if (buffer_.empty() && sending_) {
    send_of_file();
    return;
  }
  const std::span<const std::byte> left = buffer_.readable();
  const ssize_t count = ::send(descriptor(), left.data(), left.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) {
    if (const int number = errno; !is_transient(number)) {
      stop_writing();
      drop_buffer();
      fatal_error(std::make_exception_ptr(error(number, "send")), write_failure);
    }
    return;
  }
  buffer_.consume(static_cast<std::size_t>(count));
  maybe_resume_protocol();  // Which may write, close or abort.
  if (!buffer_.empty() || descriptor() < 0) {
    return;
  }
  if (sending_ && !is_closing()) {
    send_of_file();
    return;
  }
  stop_writing();
  if (is_closing()) {
    call_connection_lost(nullptr);
  } else if (eof_) {
    shut_down_writing();
  }
}

void socket_transport::write_eof() {
  if (is_closing() || eof_) {
    return;
  }
  eof_ = true;
  if (buffer_.empty() && !sending_) {
    shut_down_writing();
  }
}

void socket_transport::shut_down_writing() noexcept {
  // A peer that is gone is told of by the next read.
  static_cast<void>(::shutdown(descriptor(), SHUT_WR));
}

// -- Files ----------------------------------------------------------------------------------------

future<std::uint64_t> socket_transport::begin_sendfile(int file, std::uint64_t offset,
                                                       std::uint64_t count) {
  if (sending_) {
    throw std::runtime_error("another sendfile is in progress");
  }
  const future<std::uint64_t> done(loop());
  sending_ = file_sending{file, offset, count, 0, done};
  if (buffer_.empty()) {
    send_of_file();
  }
  return done;
}

void socket_transport::end_sendfile() noexcept {
  const bool was_sending = sending_.has_value();
  sending_.reset();
  if (was_sending && buffer_.empty() && descriptor() >= 0 && !is_lost()) {
    stop_writing();
    if (eof_) {
      shut_down_writing();  // It was asked for meanwhile.
    }
  }
}

// As much as there is room for now. More in the turn in which there is more.
void socket_transport::send_of_file() {
  file_sending& own = *sending_;
  if (own.done.done()) {
    stop_writing();  // Cancelled, or sent; end_sendfile() is on its way.
    return;
  }
  const auto piece = std::min<std::uint64_t>(own.left, sendfile_bytes_max);
  const ssize_t count =
      sendfile_without_signal(descriptor(), own.file, own.offset, static_cast<std::size_t>(piece));
  if (count < 0 && !is_transient(static_cast<int>(-count))) {
    file_failed(own.sent == 0
                    ? std::make_exception_ptr(sendfile_not_available_error("sendfile(2) failed"))
                    : std::make_exception_ptr(error(static_cast<int>(-count), "sendfile")));
    return;
  }
  const auto sent = static_cast<std::uint64_t>(std::max<ssize_t>(count, 0));
  own.offset += sent;
  own.sent += sent;
  own.left -= sent;
  if (count == 0 || own.left == 0) {
    stop_writing();
    own.done.set_result(own.sent);
  } else {
    begin_to_write();
  }
}

void socket_transport::file_failed(const std::exception_ptr& error) {
  stop_writing();
  sending_->done.set_exception(error);
}

void socket_transport::fail_waiters() {
  if (sending_ && !sending_->done.done()) {
    sending_->done.set_exception(std::make_exception_ptr(error(ECONNRESET, "sendfile")));
  }
}

}  // namespace jackdaw::io::asyncio
