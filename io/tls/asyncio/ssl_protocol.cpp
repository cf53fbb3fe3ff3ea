// Handshake and good-bye. What lies between them is in ssl_protocol_data.cpp.
#include <jackdaw/io/asyncio/selector_transport.hpp>
#include <jackdaw/io/tls/asyncio/ssl_protocol.hpp>
#include <jackdaw/io/tls/tls_context.hpp>
#include <jackdaw/io/tls/tls_error.hpp>
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/exceptions.hpp>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {

using step = tls_engine::step;

ssl_protocol::ssl_protocol(event_loop& loop, const tls_context& context,
                           std::shared_ptr<base_protocol> speaker, const ssl_setup& setup,
                           future<void> waiter)
    : loop_(&loop),
      waiter_(std::move(waiter)),
      handshake_timeout_(setup.handshake_timeout),
      shutdown_timeout_(setup.shutdown_timeout),
      engine_(context, context.is_server() ? std::string() : setup.server_hostname),
      app_state_(setup.tells_connection_made ? app_state::init : app_state::made) {
  extra_.sslcontext = setup.context.shared();
  set_app_protocol(std::move(speaker));
  set_write_limits({}, {});
  byte_buffer arrived;
  arrived.append(std::as_bytes(std::span(setup.arrived.data(), setup.arrived.size())));
  engine_.take_input(arrived);
}

void ssl_protocol::set_app_protocol(std::shared_ptr<base_protocol> next) {
  auto* const plain = dynamic_cast<protocol*>(next.get());
  auto* const buffered = dynamic_cast<buffered_protocol*>(next.get());
  if (plain == nullptr && buffered == nullptr) {
    throw std::invalid_argument("a stream needs a protocol or a buffered_protocol");
  }
  plain_ = plain;
  buffered_ = buffered;
  speaker_ = buffered != nullptr ? static_cast<connection_protocol*>(buffered) : plain;
  app_ = std::move(next);
}

// -- The transport below --------------------------------------------------------------------------

void ssl_protocol::connection_made(const std::shared_ptr<transport>& made) {
  below_ = std::dynamic_pointer_cast<connection_transport>(made);
  JACKDAW_ASSERT(below_ != nullptr);
  if (above_.is_closing()) {
    abort(nullptr);
    return;
  }
  auto context = std::move(extra_.sslcontext);
  extra_ = made->get_extra_info();
  extra_.ssl_object = nullptr;  // It is theirs, of TLS that goes over TLS.
  extra_.sslcontext = std::move(context);
  kept_ = selector::of(*loop_).keep(shared_from_this());
  state_ = state::handshaking;
  handshake_timer_ = loop_->call_later(handshake_timeout_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->handshake_timed_out();
    }
  });
  do_handshake();
}

void ssl_protocol::connection_lost(std::exception_ptr error) {
  backlog_ = byte_buffer();
  ++lost_count_;
  above_.note_closed();
  if (app_state_ == app_state::made || app_state_ == app_state::ended) {
    app_state_ = app_state::lost;
    loop_->call_soon([told = app_, error] { told->connection_lost(error); });
  }
  state_ = state::unwrapped;
  extra_.socket = -1;
  below_ = nullptr;
  app_ = nullptr;
  wake(error);
  cancel_timers();
  if (const auto kept = std::exchange(kept_, std::nullopt)) {
    selector::of(*loop_).release(*kept);
  }
}

void ssl_protocol::abandon() noexcept {
  state_ = state::unwrapped;
  above_.note_closed();
  backlog_ = byte_buffer();
  ++lost_count_;
  kept_.reset();
  waiter_.reset();
  extra_.socket = -1;
  loop_ = nullptr;
}

void ssl_protocol::let_go() noexcept {
  const auto app = std::exchange(app_, nullptr);
  const auto below = std::exchange(below_, nullptr);
}

// What comes is copied before anything else is called, so one memory serves all connections of a loop.
std::span<std::byte> ssl_protocol::get_buffer(std::ptrdiff_t /*size_hint*/) {
  return selector::of(*loop_).scratch();
}

void ssl_protocol::buffer_updated(std::size_t count) {
  byte_buffer arrived;
  arrived.append(selector::of(*loop_).scratch().first(count));
  engine_.take_input(arrived);
  switch (state_) {
    case state::handshaking:
      do_handshake();
      break;
    case state::wrapped:
      do_read();
      break;
    case state::flushing:
      do_flush();
      break;
    case state::shutting_down:
      do_shutdown();
      break;
    case state::unwrapped:
      break;
  }
}

bool ssl_protocol::eof_received() {
  peer_ended_ = true;
  try {
    switch (state_) {
      case state::handshaking:
        handshake_complete(std::make_exception_ptr(error(ECONNRESET, "TLS handshake")));
        break;
      case state::wrapped:
        state_ = state::flushing;
        if (app_reading_paused_) {
          return true;  // What arrived is for later; the end as well.
        }
        do_flush();
        break;
      case state::flushing:
        write_backlog();
        state_ = state::shutting_down;
        do_shutdown();
        break;
      case state::shutting_down:
        do_shutdown();
        break;
      case state::unwrapped:
        break;
    }
  } catch (...) {
    if (below_ != nullptr) {
      below_->close();
    }
    throw;
  }
  return false;
}

void ssl_protocol::resume_writing() {
  below_paused_us_ = false;
  send_output();
}

// -- Handshake ------------------------------------------------------------------------------------

void ssl_protocol::do_handshake() {
  switch (engine_.handshake()) {
    case step::done:
      handshake_complete(nullptr);
      break;
    case step::failed:
      send_output();  // The alert.
      handshake_complete(problem());
      break;
    default:
      send_output();
      break;
  }
}

void ssl_protocol::handshake_complete(const std::exception_ptr& error) {
  if (const auto timer = std::exchange(handshake_timer_, {})) {
    timer.cancel();
  }
  if (error != nullptr) {
    state_ = state::unwrapped;
    fatal_error(error, "SSL handshake failed");
    wake(error);
    return;
  }
  state_ = state::wrapped;
  extra_.ssl_object = std::make_shared<tls_session>(engine_.session());
  if (app_state_ == app_state::init) {
    app_state_ = app_state::made;
    const auto keep = app_;
    speaker_->connection_made(app_transport());
  }
  wake(nullptr);
  do_read();
  send_output();  // Also if the protocol has paused reading.
}

void ssl_protocol::handshake_timed_out() {
  if (state_ == state::handshaking) {
    fatal_error(std::make_exception_ptr(error(ECONNABORTED, "TLS handshake, too slow,")),
                "SSL handshake timed out");
  }
}

// -- The end --------------------------------------------------------------------------------------

void ssl_protocol::start_shutdown() {
  if (state_ != state::handshaking && state_ != state::wrapped) {
    return;
  }
  above_.note_closed();
  if (state_ == state::handshaking) {
    abort(nullptr);
    return;
  }
  state_ = state::flushing;
  shutdown_timer_ = loop_->call_later(shutdown_timeout_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->shutdown_timed_out();
    }
  });
  do_flush();
}

void ssl_protocol::do_flush() {
  do_read();
  if (state_ == state::flushing) {
    state_ = state::shutting_down;
    do_shutdown();
  }
}

void ssl_protocol::do_shutdown() {
  if (!peer_ended_) {
    const step next = unwrap();
    send_output();
    if (next == step::input) {
      return;
    }
    if (next == step::failed) {
      shutdown_complete(problem());
      return;
    }
  }
  send_output();
  tell_end();
  shutdown_complete(nullptr);
}

// Says good-bye, once, and looks for the peer's.
step ssl_protocol::unwrap() {
  if (engine_.say_goodbye() == step::failed) {
    return step::failed;
  }
  std::array<std::byte, 1> unexpected{};
  std::size_t count = 0;
  const step next = engine_.read(unexpected, count);
  if (next != step::done) {
    return next;
  }
  engine_.fail(tls_failure::protocol, 0, "application data after close notify");
  return step::failed;
}

void ssl_protocol::shutdown_complete(const std::exception_ptr& error) {
  if (const auto timer = std::exchange(shutdown_timer_, {})) {
    timer.cancel();
  }
  if (error != nullptr) {
    fatal_error(error, "Fatal error on transport");
  } else if (below_ != nullptr) {
    loop_->call_soon([below = below_] { below->close(); });
  }
}

void ssl_protocol::shutdown_timed_out() {
  if (below_ != nullptr && (state_ == state::flushing || state_ == state::shutting_down)) {
    below_->force_close(std::make_exception_ptr(timeout_error("SSL shutdown timed out")));
  }
}

void ssl_protocol::abort(const std::exception_ptr& error) {
  state_ = state::unwrapped;
  if (below_ != nullptr) {
    below_->force_close(error);
  }
}

void ssl_protocol::fatal_error(const std::exception_ptr& error, const char* message) {
  if (below_ != nullptr) {
    below_->force_close(error);
  }
  if (!is_os_error(error) && !is_error<cancelled_error>(error)) {
    loop_->report({message, {}, error});
  }
}

void ssl_protocol::wake(const std::exception_ptr& error) {
  const auto waiter = std::exchange(waiter_, std::nullopt);
  if (!waiter || waiter->done()) {
    return;
  }
  if (error == nullptr) {
    waiter->set_result();
  } else {
    waiter->set_exception(error);
  }
}

void ssl_protocol::cancel_timers() noexcept {
  for (auto* const timer : {&handshake_timer_, &shutdown_timer_}) {
    if (const auto cancelled = std::exchange(*timer, {})) {
      cancelled.cancel();
    }
  }
}

std::exception_ptr ssl_protocol::problem() const {
  return std::make_exception_ptr(tls_error(engine_.problem()));
}

}  // namespace jackdaw::io::asyncio
