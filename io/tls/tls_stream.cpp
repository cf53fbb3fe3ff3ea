// Moving bytes between the engine and the stream below.
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/io/tls/tls_stream.hpp>
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/sync/mutex.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>

namespace jackdaw::io {

struct tls_stream::parts {
  parts(tls_context context, std::unique_ptr<tls_transport> stream, const std::string& server_name)
      : engine(std::move(context), server_name), below(std::move(stream)), name(server_name) {}

  tls_engine engine;
  std::unique_ptr<tls_transport> below;
  std::string name;
  tls_session session;
  bool is_open = false;

  byte_buffer arrived;  // The reading task's.
  mutex turn;
  byte_buffer sending;  // Of whoever has the turn.
  bool said_goodbye = false;

  mutable std::mutex problem_lock;  // A reader and a writer may fail at once.
  tls_problem last_problem;
};

tls_stream::tls_stream() noexcept = default;
tls_stream::tls_stream(tls_context context, std::unique_ptr<tls_transport> below,
                       const std::string& server_name)
    : parts_(std::make_unique<parts>(std::move(context), std::move(below), server_name)) {}
tls_stream::tls_stream(tls_stream&& other) noexcept = default;
tls_stream& tls_stream::operator=(tls_stream&& other) noexcept = default;
tls_stream::~tls_stream() = default;

const tls_session& tls_stream::session() const noexcept {
  JACKDAW_ASSERT(parts_ != nullptr);
  return parts_->session;
}

tls_problem tls_stream::problem() const {
  JACKDAW_ASSERT(parts_ != nullptr);
  const std::lock_guard held(parts_->problem_lock);
  return parts_->last_problem;
}

void tls_stream::close() noexcept {
  if (parts_ != nullptr) {
    parts_->below->close();
  }
}

// -- Failures in words ----------------------------------------------------------------------------

// "TLS handshake with example.org at 10.0.0.1:443: why".
tls_problem tls_stream::problem_while(const char* doing) const {
  tls_problem found = parts_->engine.problem();
  const std::string address = parts_->below->peer();
  std::string text = std::string("TLS ") + doing;
  if (!parts_->name.empty()) {
    text += " with " + parts_->name;
  }
  if (!address.empty()) {
    text += (parts_->name.empty() ? " with " : " at ") + address;
  }
  found.text = text + ": " + found.text;
  return found;
}

tls_problem tls_stream::lower_problem(const char* doing, int number) const {
  tls_problem problem = problem_while(doing);
  if (!problem.happened()) {
    problem.kind = tls_failure::lower;
    problem.number = number;
    problem.text += std::strerror(number);
  }
  return problem;
}

result<void> tls_stream::as_result(const tls_problem& problem, const char* call) {
  if (!problem.happened()) {
    return {result<void>::stored{}};
  }
  const std::lock_guard held(parts_->problem_lock);
  parts_->last_problem = problem;
  return failure_cause{problem.number, call};
}

// -- Sending --------------------------------------------------------------------------------------

// The caller has the turn. An errno, or 0.
task<int> tls_stream::send_pending() {
  parts& own = *parts_;
  while (own.engine.begin_send(own.sending)) {
    const result<std::size_t> count = co_await own.below->send(own.sending.readable());
    if (!count.ok()) {
      co_return count.error_number();
    }
    own.sending.consume(*count);
  }
  co_return 0;
}

// What others made while we had the turn, and left because of that, is ours to send.
task<int> tls_stream::send_in_turn() {
  parts& own = *parts_;
  int failure = 0;
  while (failure == 0 && own.engine.has_output()) {
    const mutex::guard held = co_await own.turn.scoped_lock();
    failure = co_await send_pending();
  }
  co_return failure;
}

task<int> tls_stream::send_if_free() {
  parts& own = *parts_;
  int failure = 0;
  while (failure == 0 && own.engine.has_output() && own.turn.try_lock()) {
    const mutex::guard held(own.turn);
    failure = co_await send_pending();
  }
  co_return failure;
}

// -- Receiving ------------------------------------------------------------------------------------

task<tls_problem> tls_stream::receive(const char* doing) {
  parts& own = *parts_;
  const result<std::size_t> count = co_await own.below->receive(own.arrived);
  if (!count.ok()) {
    own.engine.fail(tls_failure::lower, count.error_number(), std::strerror(count.error_number()));
    co_return problem_while(doing);
  }
  if (*count == 0) {
    own.engine.fail(tls_failure::truncated, 0, "the connection ended without a farewell");
    co_return problem_while(doing);
  }
  own.engine.take_input(own.arrived);
  co_return tls_problem();
}

// -- Handshake ------------------------------------------------------------------------------------

task<tls_problem> tls_stream::exchange() {
  static constexpr const char* doing = "handshake";
  parts& own = *parts_;
  while (true) {
    const tls_engine::step next = own.engine.handshake();
    const int failure = co_await send_in_turn();
    if (next == tls_engine::step::failed) {
      co_return problem_while(doing);  // Whether the peer got our alert does not matter.
    }
    if (next == tls_engine::step::done) {
      if (failure != 0) {
        co_return lower_problem(doing, failure);
      }
      own.session = own.engine.session();
      own.is_open = true;
      co_return tls_problem();
    }
    // A peer that closed while we were sending may have said why before.
    tls_problem problem = co_await receive(doing);
    if (problem.happened()) {
      co_return problem;
    }
  }
}

task<tls_problem> tls_stream::handshake_within(duration limit) {
  JACKDAW_ASSERT(parts_ != nullptr);
  JACKDAW_ASSERT(!parts_->is_open);
  tls_problem problem;
  try {
    problem = co_await timeout(limit, exchange());
  } catch (const base_exception&) {
    parts_->engine.fail(tls_failure::lower, ECANCELED, "the handshake was cancelled");
    throw;
  } catch (const timeout_error&) {
    parts_->engine.fail(tls_failure::lower, ETIMEDOUT, "the deadline of the handshake passed");
    throw;
  }
  co_return problem;
}

task<void> tls_stream::handshake(duration limit) {
  const tls_problem problem = co_await handshake_within(limit);
  if (const result<void> done = as_result(problem, "TLS handshake"); !done.ok()) {
    throw tls_error(problem);
  }
}

task<result<void>> tls_stream::try_handshake(duration limit) {
  tls_problem problem;
  try {
    problem = co_await handshake_within(limit);
  } catch (const timeout_error&) {
    problem = problem_while("handshake");
  }
  co_return as_result(problem, "TLS handshake");
}

// -- Reading --------------------------------------------------------------------------------------

task<tls_problem> tls_stream::read_into(std::span<std::byte> into, std::size_t& count) {
  static constexpr const char* doing = "read";
  JACKDAW_ASSERT(parts_ != nullptr);
  JACKDAW_ASSERT(parts_->is_open);
  count = 0;
  if (into.empty()) {
    co_return tls_problem();
  }
  while (true) {
    const tls_engine::step next = parts_->engine.read(into, count);
    if (next == tls_engine::step::done || next == tls_engine::step::ended) {
      co_return tls_problem();
    }
    // An answer that the protocol asks for, or the alert. If it cannot be sent, receiving tells why.
    static_cast<void>(co_await send_if_free());
    if (next == tls_engine::step::failed) {
      co_return problem_while(doing);
    }
    tls_problem problem = co_await receive(doing);
    if (problem.happened()) {
      co_return problem;
    }
  }
}

task<std::size_t> tls_stream::read_some(std::span<std::byte> into) {
  std::size_t count = 0;
  const tls_problem problem = co_await read_into(into, count);
  if (const result<void> done = as_result(problem, "TLS read"); !done.ok()) {
    throw tls_error(problem);
  }
  co_return count;
}

task<result<std::size_t>> tls_stream::try_read_some(std::span<std::byte> into) {
  std::size_t count = 0;
  const tls_problem problem = co_await read_into(into, count);
  if (const result<void> done = as_result(problem, "TLS read"); !done.ok()) {
    co_return done.cause();
  }
  co_return count;
}

// -- Writing --------------------------------------------------------------------------------------

task<tls_problem> tls_stream::write_from(std::span<const std::byte> from, std::size_t& count) {
  static constexpr const char* doing = "write";
  JACKDAW_ASSERT(parts_ != nullptr);
  JACKDAW_ASSERT(parts_->is_open);
  parts& own = *parts_;
  count = 0;
  if (own.said_goodbye) {
    const int number = error_number_of(tls_failure::finished);
    co_return tls_problem(tls_failure::finished, number, "TLS write after shutdown_write()");
  }
  if (from.empty()) {
    co_return tls_problem();
  }
  // What a cancelled write has left goes first: so no more than one piece is ever waiting.
  int failure = 0;
  if (own.engine.has_output()) {
    failure = co_await send_in_turn();
  }
  if (failure == 0) {
    if (own.engine.write(from, count) == tls_engine::step::failed) {
      co_return problem_while(doing);
    }
    try {
      failure = co_await send_in_turn();
    } catch (const cancelled_error&) {
      // Taken is taken: as an operation of the kernel's that succeeded although it was cancelled.
      current_task().owe_cancellation();
    }
  }
  if (failure != 0) {
    co_return lower_problem(doing, failure);
  }
  co_return tls_problem();
}

task<std::size_t> tls_stream::write_some(std::span<const std::byte> from) {
  std::size_t count = 0;
  const tls_problem problem = co_await write_from(from, count);
  if (const result<void> done = as_result(problem, "TLS write"); !done.ok()) {
    throw tls_error(problem);
  }
  co_return count;
}

task<result<std::size_t>> tls_stream::try_write_some(std::span<const std::byte> from) {
  std::size_t count = 0;
  const tls_problem problem = co_await write_from(from, count);
  if (const result<void> done = as_result(problem, "TLS write"); !done.ok()) {
    co_return done.cause();
  }
  co_return count;
}

task<void> tls_stream::write_all(std::span<const std::byte> from) {
  std::size_t written = 0;
  while (written < from.size()) {
    written += co_await write_some(from.subspan(written));
  }
}

task<result<std::size_t>> tls_stream::try_write_all(std::span<const std::byte> from) {
  std::size_t written = 0;
  while (written < from.size()) {
    const result<std::size_t> count = co_await try_write_some(from.subspan(written));
    if (!count.ok()) {
      co_return count;
    }
    written += *count;
  }
  co_return written;
}

// -- Ending ---------------------------------------------------------------------------------------

task<tls_problem> tls_stream::say_goodbye() {
  static constexpr const char* doing = "shutdown";
  JACKDAW_ASSERT(parts_ != nullptr);
  JACKDAW_ASSERT(parts_->is_open);
  parts_->said_goodbye = true;
  if (parts_->engine.say_goodbye() == tls_engine::step::failed) {
    co_return problem_while(doing);
  }
  const int failure = co_await send_in_turn();
  if (failure != 0) {
    co_return lower_problem(doing, failure);
  }
  co_return tls_problem();
}

task<void> tls_stream::shutdown_write() {
  const tls_problem problem = co_await say_goodbye();
  if (const result<void> done = as_result(problem, "TLS shutdown"); !done.ok()) {
    throw tls_error(problem);
  }
}

task<result<void>> tls_stream::try_shutdown_write() {
  const tls_problem problem = co_await say_goodbye();
  co_return as_result(problem, "TLS shutdown");
}

task<bool> tls_stream::shutdown() {
  co_await shutdown_write();
  std::array<std::byte, 4096> unwanted;
  while (true) {
    std::size_t count = 0;
    const tls_problem problem = co_await read_into(unwanted, count);
    if (problem.kind == tls_failure::truncated || problem.kind == tls_failure::lower) {
      co_return false;
    }
    if (problem.happened()) {
      throw tls_error(problem);
    }
    if (count == 0) {
      co_return true;
    }
  }
}

// -- Beginning ------------------------------------------------------------------------------------

task<tls_stream> start_tls(std::unique_ptr<tls_transport> below, tls_context context,
                           std::string server_name, duration handshake_timeout) {
  tls_stream made(std::move(context), std::move(below), server_name);
  co_await made.handshake(handshake_timeout);
  co_return made;
}

task<tls_stream> tls_stream::connect(std::string host, std::string service, tls_context context,
                                     duration handshake_timeout) {
  const std::vector<address> found = co_await resolve(host, std::move(service));
  if (found.empty()) {
    throw error(EADDRNOTAVAIL, "connect to", host);
  }
  std::optional<tcp_stream> connected;
  std::exception_ptr failure;
  for (const address& each : found) {
    try {
      connected.emplace(co_await tcp_stream::connect(each));
      break;
    } catch (const error&) {
      failure = std::current_exception();
    }
  }
  if (!connected.has_value()) {
    std::rethrow_exception(failure);
  }
  tls_stream made = co_await start_tls(std::move(*connected), std::move(context), std::move(host),
                                       handshake_timeout);
  co_return made;
}

}  // namespace jackdaw::io
