// The only coroutines of the server that exist per connection.
//
// What an idle connection costs is the frame of serve(), so the frame holds nothing but what the wait needs: requests,
// replies and buffers live in a burst that exists only while there is something to answer. The other coroutines
// are kept from being inlined, or clang would put their frames, which are rarely needed, into the one that every
// idle connection holds.
//
// All that serve() waits for is awaited in its own frame and under one limit of time, which moves on from each wait to
// the next: a coroutine and a timeout() around each read and each write took a tenth of a request's time.

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

  /// Before a read that waits for a new request, and after it.
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

// What has come in is to be refused: it has waited too long.
bool comes_late(delay_watch& delays, int descriptor, time_point at) noexcept {
  if (!delays.wants_measurement(at)) {
    return false;
  }
  const duration waited = age_of_last_byte(descriptor);
  delays.note(waited, at);
  return waited > delays.limit() && delays.stands(at);
}

// What is said on a connection, and when the next thing must be. serve() does the waiting.
class conversation {
 public:
  conversation(server_context& server, const client* who)
      : server_(server),
        who_(who),
        at_(now()),
        deadline_(deadline_after(at_, server.options.header_timeout)) {}

  [[nodiscard]] bool goes_on() const noexcept { return how_ == ending::silence; }
  [[nodiscard]] bool is_idle() const noexcept { return work_ == nullptr; }
  [[nodiscard]] bool waits_in_between() const noexcept {
    return next_ == burst::wish::sleep || next_ == burst::wish::open || next_ == burst::wish::body;
  }
  [[nodiscard]] burst::wish next() const noexcept { return next_; }
  [[nodiscard]] burst& work() noexcept { return *work_; }
  // When what it waits for must have happened. A client that connects and says nothing gets as long as one that
  // begins to speak.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  // The first request may have come together with what preceded it.
  template <class Wire>
  [[nodiscard]] bool needs_bytes(const Wire& wire) const noexcept {
    return next_ == burst::wish::read && (work_ != nullptr || wire.buffered().empty());
  }
  // False if there are none, and never will be.
  [[nodiscard]] bool received(const io::result<std::size_t>& count) noexcept {
    how_ = count.ok() && *count > 0 ? ending::silence : ending::proper;
    return goes_on();
  }

  // The clock is read once per event, and this is one: bytes came, or what was waited for in between.
  void prepare(int descriptor) {
    at_ = now();
    if (next_ == burst::wish::read) {
      const bool late = comes_late(server_.delays, descriptor, at_);
      if (work_ == nullptr) {
        work_ = std::make_unique<burst>(server_, who_);
      }
      work_->set_late(late);
    }
    deadline_ = deadline_after(at_, server_.options.write_timeout);
  }
  template <class Wire>
  void answer(Wire& wire) {
    const burst::step step = work_->advance(wire.buffered(), at_);
    wire.consume(step.consumed);
    next_ = step.next;
    how_ = ending::broken;  // Unless it is sent in time.
  }
  [[nodiscard]] std::span<const std::byte> unsent() const noexcept {
    return std::as_bytes(std::span(work_->output())).subspan(sent_);
  }
  [[nodiscard]] bool took(const io::result<std::size_t>& count) noexcept {
    sent_ += count.ok() ? *count : 0;
    return count.ok();
  }
  void answered(bool anything_left) {
    at_ = now();
    sent_ = 0;
    work_->output().clear();
    if (next_ != burst::wish::body) {
      work_->sent(at_);
    }
    const bool was_last = next_ == burst::wish::close || next_ == burst::wish::abort;
    how_ = was_last ? ending::proper : ending::silence;
    if (next_ != burst::wish::read) {
      return;
    }
    if (!work_->done() || anything_left) {
      deadline_ = work_->deadline();
    } else {
      work_.reset();
      deadline_ = deadline_after(at_, server_.options.idle_timeout);
    }
  }
  void fail() noexcept { how_ = ending::broken; }

  // What comes after it.
  template <class Wire>
  [[gnu::noinline]] task<void> end(Wire& wire);

 private:
  // What it means if nothing more comes of the connection now.
  enum class ending : std::uint8_t {
    silence,  // The client says nothing for too long.
    broken,   // It cannot be talked to.
    proper,   // All was said, or the client has gone.
  };

  server_context& server_;
  const client* who_;
  std::unique_ptr<burst> work_;
  time_point at_;
  time_point deadline_;
  std::size_t sent_ = 0;
  burst::wish next_ = burst::wish::read;
  ending how_ = ending::silence;
};

template <class Wire>
task<void> conversation::end(Wire& wire) {
  if (work_ != nullptr && how_ == ending::silence) {
    next_ = work_->refuse(status::request_timeout);
    const time_point limit = deadline_after(now(), server_.options.write_timeout);
    if (const bool told = co_await send(wire, work_->output(), limit); !told) {
      fail();
    }
  }
  if (work_ != nullptr) {
    work_->sent(now());
    work_.reset();
  }
  if (how_ == ending::broken) {
    co_return;
  }
  if constexpr (Wire::encrypts) {
    co_await wire.say_goodbye(linger_time);
  }
  if (next_ == burst::wish::abort) {
    co_await linger(wire.raw());
  }
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
  conversation talk(server, who.get());
  timeout_scope limit(talk.deadline());
  try {
    while (talk.goes_on()) {
      if (talk.waits_in_between()) {
        const bool unlimited = limit.try_reschedule(std::nullopt);
        if (!unlimited || !co_await do_in_between(server, wire, talk.work(), talk.next())) {
          talk.fail();
          break;
        }
      } else if (talk.needs_bytes(wire)) {
        if (talk.is_idle()) {
          entry.enter_idle();
        }
        const io::result<std::size_t> count = co_await wire.fill();
        entry.leave_idle();
        if (!talk.received(count)) {
          break;
        }
      }
      talk.prepare(stream.native_handle());
      if (!limit.try_reschedule(talk.deadline())) {
        break;
      }
      talk.answer(wire);
      while (!talk.unsent().empty()) {
        const io::result<std::size_t> count = co_await wire.write_some(talk.unsent());
        if (!talk.took(count)) {
          break;
        }
      }
      if (!talk.unsent().empty()) {
        break;
      }
      talk.answered(!wire.buffered().empty());
      if (!limit.try_reschedule(talk.deadline())) {
        break;
      }
    }
    static_cast<void>(limit.leave(false));
  } catch (const cancelled_error&) {
    if (!limit.leave(true)) {
      throw;
    }
  } catch (...) {
    static_cast<void>(limit.leave(false));
    throw;
  }
  co_await talk.end(wire);
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
