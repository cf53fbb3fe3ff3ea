// Draining, closing, and what a protocol passes on.
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/stream_writer.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <algorithm>
#include <cerrno>

namespace jackdaw::io::asyncio {

connection_lost_error::connection_lost_error() : error(ECONNRESET, "Connection lost") {}

struct stream_writer::state {
  state(std::shared_ptr<asyncio::transport> writes, std::shared_ptr<stream_reader_protocol> told,
        std::optional<stream_reader> from)
      : transport(std::move(writes)), protocol(std::move(told)), reader(std::move(from)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    if (!transport->is_closing()) {
      close_forgotten();
    }
  }

  // A transport of a loop that is closed is closing, so there is a loop.
  void close_forgotten() noexcept {
    try {
      transport->close();
      auto* const loop = dynamic_cast<jackdaw::asyncio::event_loop*>(current_context().scheduler);
      if (loop != nullptr && loop->get_debug()) {
        failure warning;
        warning.message = "unclosed stream_writer";
        warning.level = failure_level::warning;
        loop->report(warning);
      }
    } catch (...) {
      transport->abort();
    }
  }

  std::shared_ptr<asyncio::transport> transport;
  std::shared_ptr<stream_reader_protocol> protocol;
  std::optional<stream_reader> reader;
};

stream_writer::stream_writer(std::shared_ptr<asyncio::transport> writes,
                             std::shared_ptr<stream_reader_protocol> told,
                             std::optional<stream_reader> reader)
    : state_(std::make_shared<state>(std::move(writes), std::move(told), std::move(reader))) {}

transport& stream_writer::transport() const noexcept { return *state_->transport; }

task<void> stream_writer::drain_of(std::shared_ptr<state> from) {
  if (from->reader) {
    if (const std::exception_ptr error = from->reader->exception()) {
      std::rethrow_exception(error);
    }
  }
  if (from->transport->is_closing()) {
    // connection_lost() may be next: who writes and drains in a loop would never see it.
    co_await yield();
  }
  co_await from->protocol->wait_while_paused();
}

task<void> stream_writer::start_tls_of(std::shared_ptr<state> from, ssl_context ssl,
                                       start_tls_options options) {
  co_await drain_of(from);
  ssl_setup setup(std::move(ssl), options);
  require_ready_for_tls(from->transport.get(), setup);  // Before anything is taken from the reader.
  if (from->reader) {
    setup.arrived = from->reader->take_unread();
  }
  const auto secured = co_await begin_tls(from->transport, from->protocol, std::move(setup));
  from->transport = secured;
  from->protocol->begin_tls(secured);
}

task<void> stream_writer::wait_closed_of(std::shared_ptr<state> from) {
  co_await from->protocol->closed();
}

stream_reader_protocol::stream_reader_protocol(stream_reader reader,
                                               jackdaw::asyncio::event_loop& loop,
                                               stream_handler handler)
    : loop_(&loop), reader_(std::move(reader)), handler_(std::move(handler)), closed_(loop) {}

// That nobody waited for the end of the connection is no failure.
stream_reader_protocol::~stream_reader_protocol() {
  if (closed_.done()) {
    closed_.state().mark_retrieved();
  }
}

void stream_reader_protocol::connection_made(const std::shared_ptr<transport>& made) {
  reader_.set_transport(made);
  over_tls_ = made->get_extra_info().ssl_object != nullptr;
  if (handler_) {
    const auto handling = handler_(reader_, stream_writer(made, shared_from_this(), reader_));
    if (handling) {
      watch_handler(*handling, made);
    }
  }
}

void stream_reader_protocol::watch_handler(const join_handle<void>& handling,
                                           const std::shared_ptr<transport>& served) {
  static_cast<void>(
      handling.add_done_callback([loop = loop_, served](const join_handle<void>& ended) {
        if (ended.cancelled()) {
          served->close();
        } else if (const std::exception_ptr error = ended.exception()) {
          loop->report({"Unhandled exception in client_connected_cb", {}, error});
          served->close();
        }
      }));
}

void stream_reader_protocol::connection_lost(std::exception_ptr error) {
  if (error == nullptr) {
    reader_.feed_eof();
  } else {
    reader_.set_exception(error);
  }
  if (!closed_.done()) {
    if (error == nullptr) {
      closed_.set_result();
    } else {
      closed_.set_exception(error);
    }
  }
  lost_ = true;
  if (!paused_) {
    return;
  }
  for (const future<void>& waiter : drain_waiters_) {
    if (waiter.done()) {
      continue;
    }
    if (error == nullptr) {
      waiter.set_result();
    } else {
      waiter.set_exception(error);
    }
  }
}

// TLS ends with its first end, and says so to those who wish it otherwise.
bool stream_reader_protocol::eof_received() {
  reader_.feed_eof();
  return !over_tls_;
}

void stream_reader_protocol::begin_tls(const std::shared_ptr<transport>& secured) {
  over_tls_ = true;
  reader_.replace_transport(secured);
}

void stream_reader_protocol::resume_writing() {
  paused_ = false;
  for (const future<void>& waiter : drain_waiters_) {
    if (!waiter.done()) {
      waiter.set_result();
    }
  }
}

task<void> stream_reader_protocol::wait_while_paused() {
  if (lost_) {
    throw connection_lost_error();
  }
  if (!paused_) {
    co_return;
  }
  const future<void> waiter(*loop_);
  const auto place = drain_waiters_.insert(drain_waiters_.end(), waiter);
  std::exception_ptr error;
  try {
    co_await waiter;
  } catch (...) {
    error = std::current_exception();
  }
  drain_waiters_.erase(place);
  if (error != nullptr) {
    std::rethrow_exception(error);
  }
}

}  // namespace jackdaw::io::asyncio
