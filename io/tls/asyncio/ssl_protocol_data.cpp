// Bytes: what arrives is decrypted for the program's protocol, what it writes is encrypted.
#include <jackdaw/io/tls/asyncio/ssl_protocol.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using step = tls_engine::step;

constexpr std::size_t write_high_water_default = std::size_t{512} * 1024;
constexpr std::size_t input_high_water = std::size_t{256} * 1024;
constexpr std::size_t input_low_water = input_high_water / 4;
constexpr std::size_t record_bytes_max = std::size_t{16} * 1024;
constexpr unsigned dropped_writes_until_warning = 5;  // S207.

constexpr const char* protocol_failure = "Fatal error on SSL protocol";

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// In a handler: what ends the loop goes on its way.
std::exception_ptr current_failure() {
  std::exception_ptr error = std::current_exception();
  if (is_order_to_end(error)) {
    std::rethrow_exception(error);
  }
  return error;
}

void warn(const char* message) {
  if (current_context().scheduler != nullptr) {
    failure warning;
    warning.message = message;
    warning.level = failure_level::warning;
    current_context().scheduler->report(warning);
  }
}

}  // namespace

// -- Reading --------------------------------------------------------------------------------------

void ssl_protocol::do_read() {
  if (state_ != state::wrapped && state_ != state::flushing) {
    return;
  }
  try {
    if (!app_reading_paused_) {
      if (buffered_ != nullptr) {
        read_into_buffer_of_app();
      } else {
        read_and_pass_on();
      }
      write_backlog();
    }
    control_reading_below();
  } catch (...) {
    fatal_error(current_failure(), protocol_failure);
  }
}

// One record is passed on from here; of several, the whole.
void ssl_protocol::read_and_pass_on() {
  std::array<std::byte, record_bytes_max> record;
  std::string all;
  std::size_t count = 0;
  step last = engine_.read(record, count);
  std::string_view first;
  if (last == step::done && engine_.pending_input() == 0) {
    first = text_of(std::span(record).first(count));
    last = step::input;
  }
  while (last == step::done) {
    all.append(text_of(std::span(record).first(count)));
    last = engine_.read(record, count);
  }
  if (last == step::failed) {
    after_read(last);
  }
  const std::string_view data = all.empty() ? first : std::string_view(all);
  if (!data.empty()) {
    const auto keep = app_;
    plain_->data_received(data);
  }
  after_read(last);
}

void ssl_protocol::read_into_buffer_of_app() {
  const auto keep = app_;
  buffered_protocol& told = *buffered_;
  const std::span<std::byte> room =
      told.get_buffer(static_cast<std::ptrdiff_t>(engine_.pending_input()));
  if (room.empty()) {
    throw std::runtime_error("get_buffer() returned an empty buffer");
  }
  std::size_t filled = 0;
  step last = step::done;
  while (last == step::done && filled < room.size()) {
    std::size_t count = 0;
    last = engine_.read(room.subspan(filled), count);
    filled += last == step::done ? count : 0;
  }
  if (last == step::failed) {
    after_read(last);
  }
  if (last == step::done) {
    loop_->call_soon([self = shared_from_this()] { self->do_read(); });
  }
  if (filled > 0) {
    told.buffer_updated(filled);
  }
  after_read(last);
}

void ssl_protocol::after_read(step last) {
  if (last == step::failed) {
    send_output();  // The alert.
    std::rethrow_exception(problem());
  }
  if (last == step::ended) {
    tell_end();
    start_shutdown();
  }
}

void ssl_protocol::tell_end() {
  if (app_state_ != app_state::made) {
    return;
  }
  app_state_ = app_state::ended;
  const auto keep = app_;
  try {
    if (speaker_->eof_received()) {
      warn("returning true from eof_received() has no effect when using ssl");
    }
  } catch (...) {
    fatal_error(current_failure(), "Error calling eof_received()");
  }
}

void ssl_protocol::resume_app_reading() {
  if (!app_reading_paused_) {
    return;
  }
  app_reading_paused_ = false;
  if (state_ == state::unwrapped) {
    return;
  }
  loop_->call_soon([self = shared_from_this()] {
    switch (self->state_) {
      case state::wrapped:
        self->do_read();
        break;
      case state::flushing:
        self->do_flush();
        break;
      case state::shutting_down:
        self->do_shutdown();
        break;
      default:
        break;
    }
  });
}

void ssl_protocol::control_reading_below() {
  const std::size_t size = engine_.pending_input();
  if (below_ == nullptr) {
    return;
  }
  if (size >= input_high_water && !below_reading_paused_) {
    below_reading_paused_ = true;
    below_->pause_reading();
  } else if (size <= input_low_water && below_reading_paused_) {
    below_reading_paused_ = false;
    below_->resume_reading();
  }
}

// -- Writing --------------------------------------------------------------------------------------

void ssl_protocol::write_app_data(std::span<const std::string_view> lines) {
  if (drop_write()) {
    return;
  }
  try {
    for (const std::string_view line : lines) {
      if (state_ == state::wrapped && backlog_.empty()) {
        encrypt(line);
      } else {
        backlog_.append(bytes_of(line));
      }
    }
    if (state_ == state::wrapped) {
      write_backlog();
    }
  } catch (...) {
    fatal_error(current_failure(), protocol_failure);
  }
}

bool ssl_protocol::drop_write() {
  if (state_ == state::wrapped || state_ == state::handshaking) {
    return false;
  }
  if (lost_count_ >= dropped_writes_until_warning) {
    warn("SSL connection is closed");
  }
  ++lost_count_;
  return true;
}

void ssl_protocol::encrypt(std::string_view data) {
  while (!data.empty()) {
    std::size_t count = 0;
    if (engine_.write(bytes_of(data), count) != step::done) {
      std::rethrow_exception(problem());
    }
    data.remove_prefix(count);
  }
}

void ssl_protocol::write_backlog() {
  const byte_buffer written = std::exchange(backlog_, byte_buffer());
  encrypt(text_of(written.readable()));
  send_output();
}

void ssl_protocol::send_output() {
  if (!below_paused_us_ && below_ != nullptr) {
    byte_buffer sending;
    if (engine_.begin_send(sending)) {
      below_->write(text_of(sending.readable()));
    }
  }
  control_app_writing();
}

void ssl_protocol::set_write_limits(std::optional<std::size_t> high,
                                    std::optional<std::size_t> low) {
  write_limits_ = write_buffer_limits_of(high, low, write_high_water_default);
  control_app_writing();
}

void ssl_protocol::control_app_writing() {
  const std::size_t size = write_buffer_size();
  const auto told = app_;
  if (told == nullptr || app_state_ == app_state::init) {
    return;
  }
  const char* call = "protocol.pause_writing() failed";
  try {
    if (size >= write_limits_.high && !app_writing_paused_) {
      app_writing_paused_ = true;
      told->pause_writing();
    } else if (size <= write_limits_.low && app_writing_paused_) {
      app_writing_paused_ = false;
      call = "protocol.resume_writing() failed";
      told->resume_writing();
    }
  } catch (...) {
    loop_->report({call, {}, current_failure()});
  }
}

}  // namespace jackdaw::io::asyncio
