// Beginning, pausing, closing.
#include <jackdaw/io/asyncio/selector_transport.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <system_error>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

constexpr std::size_t high_water_default = std::size_t{64} * 1024;
// From this write on a program is told that it writes to nobody (S207).
constexpr unsigned dropped_writes_until_warning = 5;

// Orders to end leave the loop from wherever they come; everything else is the handler's.
void report_unless_order(event_loop& loop, const char* message, const std::exception_ptr& error) {
  if (is_order_to_end(error)) {
    std::rethrow_exception(error);
  }
  loop.report({message, {}, error});
}

}  // namespace

bool is_os_error(const std::exception_ptr& error) noexcept {
  return is_error<std::system_error>(error) || is_error<timeout_error>(error);
}

selector_transport::selector_transport(event_loop& loop, jackdaw::io::socket connected,
                                       std::shared_ptr<transport_counter> counter)
    : loop_(&loop),
      socket_(std::move(connected)),
      extra_{socket_.native_handle(), local_name_of(socket_.native_handle()),
             peer_name_of(socket_.native_handle())},
      counter_(std::move(counter)),
      limits_(write_buffer_limits_of({}, {}, high_water_default)) {}

selector_transport::~selector_transport() = default;

void selector_transport::begin(std::function<void()> made, std::optional<future<void>> waiter) {
  const auto self = shared_from_this();
  kept_ = selects().keep(self);
  if (counter_ != nullptr) {
    counter_->attach(*this);
  }
  loop_->call_soon(std::move(made));
  loop_->call_soon([self] { self->begin_to_read(); });
  if (waiter) {
    loop_->call_soon([woken = *std::move(waiter)] {
      if (!woken.done()) {
        woken.set_result();
      }
    });
  }
}

void selector_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  protocol_ = std::move(next);
}

void selector_transport::reader::ready(ready_callback& self) {
  const auto keep = static_cast<reader&>(self).owner->shared_from_this();
  keep->read_ready();
}

void selector_transport::writer::ready(ready_callback& self) {
  const auto keep = static_cast<writer&>(self).owner->shared_from_this();
  keep->write_ready();
}

void selector_transport::begin_to_read() {
  if (!closing_ && !paused_) {
    selects().add_reader(descriptor(), reader_);
  }
}

void selector_transport::stop_reading() noexcept { selects().remove_reader(descriptor()); }
void selector_transport::begin_to_write() { selects().add_writer(descriptor(), writer_); }
void selector_transport::stop_writing() noexcept { selects().remove_writer(descriptor()); }

void selector_transport::set_write_buffer_limits(std::optional<std::size_t> high,
                                                 std::optional<std::size_t> low) {
  limits_ = write_buffer_limits_of(high, low, high_water_default);
  maybe_pause_protocol();
}

void selector_transport::maybe_pause_protocol() {
  if (protocol_paused_ || get_write_buffer_size() <= limits_.high || protocol_ == nullptr) {
    return;
  }
  protocol_paused_ = true;
  try {
    protocol_->pause_writing();
  } catch (...) {
    report_unless_order(*loop_, "protocol.pause_writing() failed", std::current_exception());
  }
}

void selector_transport::maybe_resume_protocol() {
  if (!protocol_paused_ || get_write_buffer_size() > limits_.low || protocol_ == nullptr) {
    return;
  }
  protocol_paused_ = false;
  try {
    protocol_->resume_writing();
  } catch (...) {
    report_unless_order(*loop_, "protocol.resume_writing() failed", std::current_exception());
  }
}

void selector_transport::close() {
  if (closing_) {
    return;
  }
  closing_ = true;
  stop_reading();
  if (get_write_buffer_size() == 0) {
    ++lost_count_;
    stop_writing();
    loop_->call_soon([self = shared_from_this()] { self->call_connection_lost(nullptr); });
  }
}

void selector_transport::fatal_error(const std::exception_ptr& error, const char* message) {
  if (is_order_to_end(error)) {
    std::rethrow_exception(error);
  }
  if (!is_os_error(error)) {
    loop_->report({message, {}, error});
  }
  lose(error);
}

void selector_transport::lose(const std::exception_ptr& error) {
  if (is_lost()) {
    return;
  }
  if (get_write_buffer_size() > 0) {
    drop_buffer();
    stop_writing();
  }
  if (!closing_) {
    closing_ = true;
    stop_reading();
  }
  ++lost_count_;
  loop_->call_soon([self = shared_from_this(), error] { self->call_connection_lost(error); });
}

bool selector_transport::drop_write_after_loss() {
  if (!is_lost()) {
    return false;
  }
  if (lost_count_ >= dropped_writes_until_warning && current_context().scheduler != nullptr) {
    failure warning;
    warning.message = "socket.send() raised exception.";
    warning.level = failure_level::warning;
    current_context().scheduler->report(warning);
  }
  ++lost_count_;
  return true;
}

void selector_transport::call_connection_lost(const std::exception_ptr& error) {
  if (loop_ == nullptr) {
    return;  // abort() inside of the resume_writing() before the last byte: it has been called.
  }
  lost_count_ += lost_count_ == 0 ? 1 : 0;
  const auto keep = shared_from_this();
  const std::shared_ptr<base_protocol> told = protocol_;
  std::exception_ptr thrown;
  try {
    if (told != nullptr) {
      told->connection_lost(error);
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  release();
  fail_waiters();
  if (thrown != nullptr) {
    std::rethrow_exception(thrown);
  }
}

void selector_transport::release() noexcept {
  if (loop_ == nullptr) {
    return;
  }
  selector& selects = selector::of(*loop_);
  selects.remove_reader(extra_.socket);
  selects.remove_writer(extra_.socket);
  socket_.close();
  extra_.socket = -1;
  loop_ = nullptr;
  protocol_ = nullptr;
  if (const auto counter = std::exchange(counter_, nullptr)) {
    counter->detach(*this);
  }
  if (const auto kept = std::exchange(kept_, std::nullopt)) {
    selects.release(*kept);
  }
}

// The selector that keeps us is being destroyed, and holds us until this returns.
void selector_transport::abandon() noexcept {
  closing_ = true;
  ++lost_count_;
  kept_.reset();
  drop_buffer();
  socket_.close();
  extra_.socket = -1;
  loop_ = nullptr;
}

void selector_transport::let_go() noexcept {
  const auto protocol = std::exchange(protocol_, nullptr);
  if (const auto counter = std::exchange(counter_, nullptr)) {
    counter->detach(*this);
  }
}

}  // namespace jackdaw::io::asyncio
