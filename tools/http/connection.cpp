// The only coroutines of the server that exist per connection.
//
// What an idle connection costs is the frame of serve_connection() and of the wait in it, so the
// frame holds nothing else: requests, replies and buffers live in a burst that exists only while
// there is something to answer. The other coroutines are kept from being inlined, or clang would put
// their frames, which are rarely needed, into the one that every idle connection holds.

#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/tools/http/burst.hpp>
#include <jackdaw/tools/http/connection.hpp>

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
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
    entry_.idle.store(true, std::memory_order_seq_cst);      // C1
    if (server_.draining.load(std::memory_order_seq_cst)) {  // C2
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

[[gnu::noinline]] task<void> pause(duration time) { co_await sleep(time); }

task<arrival> await_bytes(io::buffered_reader& reader, time_point deadline) {
  try {
    const io::result<std::size_t> count = co_await timeout(deadline - now(), reader.fill());
    co_return count.ok() && *count > 0 ? arrival::bytes : arrival::end;
  } catch (const timeout_error&) {
    co_return arrival::late;
  }
}

// Writes all of `output` and empties it. False if the client has gone, or reads too slowly.
[[gnu::noinline]] task<bool> send(io::tcp_stream& stream, std::string& output, duration limit) {
  if (output.empty()) {
    co_return true;
  }
  bool sent = false;
  try {
    const auto bytes = std::as_bytes(std::span(output));
    const io::result<std::size_t> count = co_await timeout(limit, stream.try_write_all(bytes));
    sent = count.ok();
  } catch (const timeout_error&) {
    sent = false;
  }
  output.clear();
  co_return sent;
}

// Reads and forgets until the client has seen the end, or has had its time.
[[gnu::noinline]] task<void> linger(io::tcp_stream& stream, io::buffered_reader& reader) {
  static_cast<void>(shutdown(stream.native_handle(), SHUT_WR));  // Fails if the client has gone.
  const time_point deadline = deadline_after(now(), linger_time);
  std::size_t drained = 0;
  do {
    drained += reader.buffered().size();
    reader.consume(reader.buffered().size());
  } while (drained < linger_bytes_max && co_await await_bytes(reader, deadline) == arrival::bytes);
}

}  // namespace

task<void> serve_connection(server_context& server, io::tcp_stream stream,
                            std::unique_ptr<client> who) {
  registration entry(server, stream.native_handle());
  io::buffered_reader reader(stream);
  std::unique_ptr<burst> work;
  // A client that connects and says nothing gets as long as one that begins to speak.
  time_point at = now();  // Of the last event: the clock is read once per event.
  time_point deadline = deadline_after(at, server.options.header_timeout);
  auto next = burst::wish::read;

  while (next == burst::wish::read) {
    if (work == nullptr) {
      entry.enter_idle();
    }
    auto arrived = arrival::end;
    try {
      // Not await_bytes(): a coroutine in between would be one more frame per idle connection.
      const io::result<std::size_t> count = co_await timeout(deadline - at, reader.fill());
      arrived = count.ok() && *count > 0 ? arrival::bytes : arrival::end;
    } catch (const timeout_error&) {
      arrived = arrival::late;
    }
    entry.leave_idle();
    at = now();
    if (arrived == arrival::end || (arrived == arrival::late && work == nullptr)) {
      break;
    }
    if (work == nullptr) {
      work = std::make_unique<burst>(server);
    }
    do {
      if (arrived == arrival::late) {
        next = work->refuse(status::request_timeout);
      } else {
        const burst::step step = work->advance(reader.buffered(), at);
        reader.consume(step.consumed);
        next = step.next;
      }
      if (!co_await send(stream, work->output(), server.options.write_timeout)) {
        co_return;
      }
      at = now();
      work->sent(at);
      if (next == burst::wish::sleep) {
        co_await pause(work->delay());
        at = now();
      }
    } while (next == burst::wish::write || next == burst::wish::sleep);

    if (!work->done() || !reader.buffered().empty()) {
      deadline = work->deadline();
    } else {
      work.reset();
      deadline = deadline_after(at, server.options.idle_timeout);
    }
  }
  if (next == burst::wish::abort) {
    work.reset();
    co_await linger(stream, reader);
  }
}

task<void> turn_away(server_context& server, io::tcp_stream stream) {
  io::buffered_reader reader(stream);
  std::string output;
  append_refusal(output, status::service_unavailable);
  if (co_await send(stream, output, linger_time)) {
    co_await linger(stream, reader);
  }
  server.turning_away.fetch_sub(1, std::memory_order_relaxed);  // Only bounds their number.
}

}  // namespace jackdaw::http
