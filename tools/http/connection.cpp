// The only coroutines of the server that exist per connection.
//
// What an idle connection costs is the frame of serve_connection() and of the wait in it, so the
// frame holds nothing else: requests, replies and buffers live in a burst that exists only while
// there is something to answer. The other coroutines are kept from being inlined, or clang would put
// their frames, which are rarely needed, into the one that every idle connection holds.

#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/tools/http/burst.hpp>
#include <jackdaw/tools/http/connection.hpp>
#include <jackdaw/tools/http/delay.hpp>
#include <jackdaw/tools/http/file_body.hpp>
#include <jackdaw/tools/http/proxy_header.hpp>
#include <jackdaw/tools/http/wire.hpp>

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace jackdaw::http {

namespace {

// How long, and for how many bytes, a client that was refused may go on sending. Closing with unread
// bytes resets the connection, and a reset may overtake the reply (RFC 9112, 9.6).
constexpr duration linger_time = std::chrono::seconds(2);
constexpr std::size_t linger_bytes_max = 256UL * 1024;

// The entry in the registry, for as long as the connection's coroutine lives.
class registration {
 public:
  registration(server_context& server, int descriptor) : server_(server), entry_(descriptor) {
    server_.registry.add(entry_);  // Was counted when the connection was accepted.
  }
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  ~registration() {
    const bool last = server_.registry.remove(entry_);
    // seq_cst, as the count that `last` comes from: see connection_registry.cpp.
    if (last && server_.draining.load(std::memory_order_seq_cst)) {
      server_.all_closed.set();
    }
  }

  /// Before a read that waits for a new request.
  void enter_idle() noexcept {
    entry_.idle.store(true, std::memory_order_seq_cst);       // C1
    if (server_.ends_idle.load(std::memory_order_seq_cst)) {  // C2
      static_cast<void>(shutdown(entry_.descriptor, SHUT_RD));
    }
  }
  void leave_idle() noexcept { entry_.idle.store(false, std::memory_order_seq_cst); }  // C3

 private:
  server_context& server_;
  open_connection entry_;
};

time_point now() { return current_scheduler().now(); }

enum class arrival : std::uint8_t { bytes, end, late };

// What may take until a deadline. For timeout_at(), which does not read the clock, as timeout() does.
template <class Wire>
class reading {
 public:
  explicit reading(Wire& wire) noexcept : wire_(&wire) {}
  JACKDAW_CORO_WRAPPER auto operator()(timeout_scope& /*unused*/) const { return wire_->fill(); }

 private:
  Wire* wire_;
};

template <class Wire>
class writing {
 public:
  writing(Wire& wire, std::span<const std::byte> bytes) noexcept : wire_(&wire), bytes_(bytes) {}
  JACKDAW_CORO_WRAPPER auto operator()(timeout_scope& /*unused*/) const {
    return wire_->write_all(bytes_);
  }

 private:
  Wire* wire_;
  std::span<const std::byte> bytes_;
};

constexpr bool waits_in_between(burst::wish next) noexcept {
  return next == burst::wish::sleep || next == burst::wish::open || next == burst::wish::body;
}

template <class Wire>
task<arrival> await_bytes(Wire& wire, time_point deadline) {
  try {
    const io::result<std::size_t> count = co_await timeout_at(deadline, reading<Wire>(wire));
    co_return count.ok() && *count > 0 ? arrival::bytes : arrival::end;
  } catch (const timeout_error&) {
    co_return arrival::late;
  }
}

// Writes all of `output` and empties it. False if the client has gone, or reads too slowly.
template <class Wire>
[[gnu::noinline]] task<bool> send(Wire& wire, std::string& output, time_point deadline) {
  if (output.empty()) {
    co_return true;
  }
  bool sent = false;
  try {
    const auto bytes = std::as_bytes(std::span(output));
    const io::result<std::size_t> count = co_await timeout_at(deadline, writing<Wire>(wire, bytes));
    sent = count.ok();
  } catch (const timeout_error&) {
    sent = false;
  }
  output.clear();
  co_return sent;
}

// Reads and forgets until the client has seen the end, or has had its time.
[[gnu::noinline]] task<void> linger(plain_wire& wire) {
  static_cast<void>(shutdown(wire.native_handle(), SHUT_WR));  // Fails if the client has gone.
  const time_point deadline = deadline_after(now(), linger_time);
  std::size_t drained = 0;
  do {
    drained += wire.buffered().size();
    wire.consume(wire.buffered().size());
  } while (drained < linger_bytes_max && co_await await_bytes(wire, deadline) == arrival::bytes);
}

// Asks the disk, in another thread, for the file that the request wants.
[[gnu::noinline]] task<void> look_up_file(server_context& server, burst& work) {
  file_tree* const files = server.files.get();
  const looked_up found =
      co_await to_thread(&file_tree::look_up, files, std::string(work.file_path()), now());
  work.opened(found);
}

// What comes after what was written. False if the connection is of no use any more.
template <class Wire>
[[gnu::noinline]] task<bool> do_in_between(server_context& server, Wire& wire, burst& work,
                                           burst::wish next) {
  bool can_go_on = true;
  if (next == burst::wish::sleep) {
    co_await sleep(work.delay());
  } else if (next == burst::wish::open) {
    co_await look_up_file(server, work);
  } else if (next == burst::wish::body) {
    can_go_on =
        co_await send_body(wire, work.pending_body(), server.options.write_timeout, server.metrics);
    work.sent(now());
  }
  co_return can_go_on;
}

// Reads whom the connection is for. Nothing if nobody said so, properly and in time.
[[gnu::noinline]] task<std::optional<proxy_header>> await_proxy_header(plain_wire& wire,
                                                                       time_point deadline) {
  proxy_header found = read_proxy_header(wire.buffered());
  while (found.outcome == proxy_progress::need_more) {
    const arrival arrived = co_await await_bytes(wire, deadline);
    if (arrived != arrival::bytes) {
      co_return std::nullopt;
    }
    found = read_proxy_header(wire.buffered());
  }
  if (found.outcome == proxy_progress::malformed) {
    co_return std::nullopt;
  }
  wire.consume(found.size);
  co_return found;
}

// The client is whoever the proxy says, and counts as that one.
[[gnu::noinline]] task<bool> meet_client(server_context& server, plain_wire& wire,
                                         io::tcp_stream& stream, std::unique_ptr<client>& who) {
  const time_point deadline = deadline_after(now(), server.options.header_timeout);
  const std::optional<proxy_header> header = co_await await_proxy_header(wire, deadline);
  if (!header.has_value()) {
    server.metrics.count_refusal();
    co_return false;
  }
  if (!server.options.wants_clients()) {
    co_return true;
  }
  bool placed = false;
  try {
    placed = place(server, header->source.value_or(stream.peer_address()), who);
  } catch (const io::error&) {
    co_return false;  // It has gone.
  }
  if (!placed) {
    server.metrics.count_shed(shed::address);
    std::string output;
    append_refusal(output, status::service_unavailable);
    const time_point limit = deadline_after(now(), linger_time);
    if (!server.tls.has_value() && co_await send(wire, output, limit)) {
      co_await linger(wire);
    }
  }
  co_return placed;
}

// What comes before the first request. False if that is not as it should be.
template <class Wire>
[[gnu::noinline]] task<bool> begin(server_context& server, Wire& wire, io::tcp_stream& stream,
                                   std::unique_ptr<client>& who) {
  bool begun = true;
  if (server.options.proxy_protocol) {
    begun = co_await meet_client(server, wire.raw(), stream, who);
  }
  if constexpr (Wire::encrypts) {
    if (begun) {
      begun = co_await wire.handshake(*server.tls, server.options.header_timeout);
      if (!begun) {
        server.metrics.count_refusal();
      }
    }
  }
  co_return begun;
}

// What comes after the last reply.
template <class Wire>
[[gnu::noinline]] task<void> end(Wire& wire, burst::wish last) {
  if constexpr (Wire::encrypts) {
    co_await wire.say_goodbye(linger_time);
  }
  if (last == burst::wish::abort) {
    co_await linger(wire.raw());
  }
}

// Answers what has arrived, or that nothing has.
template <class Wire>
burst::wish answer(burst& work, Wire& wire, arrival arrived, time_point at) {
  if (arrived == arrival::late) {
    return work.refuse(status::request_timeout);
  }
  const burst::step step = work.advance(wire.buffered(), at);
  wire.consume(step.consumed);
  return step.next;
}

// What has come in is to be refused: it has waited too long.
bool comes_late(delay_watch& delays, int descriptor, time_point at) noexcept {
  if (!delays.wants_measurement(at)) {
    return false;
  }
  const duration waited = age_of_last_byte(descriptor);
  delays.note(waited, at);
  return waited > delays.limit() && delays.stands(at);
}

// Something has come in.
void take_up(std::unique_ptr<burst>& work, server_context& server, const client* who, bool late) {
  if (work == nullptr) {
    work = std::make_unique<burst>(server, who);
  }
  work->set_late(late);
}

template <class Wire>
task<void> serve(server_context& server, io::tcp_stream stream, std::unique_ptr<client> who) {
  registration entry(server, stream.native_handle());
  Wire wire(stream);
  if (Wire::encrypts || server.options.proxy_protocol) {
    if (const bool begun = co_await begin(server, wire, stream, who); !begun) {
      co_return;
    }
  }
  std::unique_ptr<burst> work;
  // A client that connects and says nothing gets as long as one that begins to speak.
  time_point at = now();  // Of the last event: the clock is read once per event.
  time_point deadline = deadline_after(at, server.options.header_timeout);
  auto next = burst::wish::read;

  while (next == burst::wish::read) {
    if (work == nullptr) {
      entry.enter_idle();
    }
    auto arrived = arrival::bytes;
    // The first request may have come together with what preceded it.
    if (work != nullptr || wire.buffered().empty()) {
      try {
        // Not await_bytes(): a coroutine in between would be one more frame per idle connection.
        const io::result<std::size_t> count = co_await timeout_at(deadline, reading<Wire>(wire));
        arrived = count.ok() && *count > 0 ? arrival::bytes : arrival::end;
      } catch (const timeout_error&) {
        arrived = arrival::late;
      }
    }
    entry.leave_idle();
    at = now();
    if (arrived == arrival::end || (arrived == arrival::late && work == nullptr)) {
      break;
    }
    take_up(work, server, who.get(), comes_late(server.delays, stream.native_handle(), at));
    do {
      next = answer(*work, wire, arrived, at);
      const time_point limit = deadline_after(at, server.options.write_timeout);
      const bool sent = co_await send(wire, work->output(), limit);
      at = now();
      if (!sent) {
        work->sent(at);
        co_return;
      }
      if (next != burst::wish::body) {
        work->sent(at);
      }
      if (waits_in_between(next)) {
        if (!co_await do_in_between(server, wire, *work, next)) {
          co_return;
        }
        at = now();
      }
    } while (next == burst::wish::write || waits_in_between(next));

    if (!work->done() || !wire.buffered().empty()) {
      deadline = work->deadline();
    } else {
      work.reset();
      deadline = deadline_after(at, server.options.idle_timeout);
    }
  }
  work.reset();
  if (Wire::encrypts || next == burst::wish::abort) {
    co_await end(wire, next);
  }
}

}  // namespace

JACKDAW_CORO_WRAPPER task<void> serve_connection(server_context& server, io::tcp_stream stream,
                                                 std::unique_ptr<client> who) {
  if (server.tls.has_value()) {
    return serve<tls_wire>(server, std::move(stream), std::move(who));
  }
  return serve<plain_wire>(server, std::move(stream), std::move(who));
}

task<void> turn_away(server_context& server, io::tcp_stream stream) {
  plain_wire wire(stream);
  std::string output;
  append_refusal(output, status::service_unavailable);
  if (co_await send(wire, output, deadline_after(now(), linger_time))) {
    co_await linger(wire);
  }
  server.turning_away.fetch_sub(1, std::memory_order_relaxed);  // Only bounds their number.
}

}  // namespace jackdaw::http
