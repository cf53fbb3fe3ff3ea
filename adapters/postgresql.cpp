// libpq's state machines, with a wait between two steps.
#include <jackdaw/adapters/postgresql.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <utility>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;

std::string without_newline(std::string text) {
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

// Blocks: it connects, and waits for the server to close that connection.
bool ask_to_cancel(const std::shared_ptr<PGcancel>& request) {
  std::array<char, 256> complaint{};
  return PQcancel(request.get(), complaint.data(), static_cast<int>(complaint.size())) == 1;
}

bool is_copy(const PGresult* result) noexcept {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

}  // namespace

void postgresql_result::clear::operator()(pg_result* result) const noexcept { PQclear(result); }

std::size_t postgresql_result::rows() const noexcept {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::size_t postgresql_result::columns() const noexcept {
  return static_cast<std::size_t>(PQnfields(result_.get()));
}

std::optional<std::string_view> postgresql_result::value(std::size_t row,
                                                         std::size_t column) const {
  if (row >= rows() || column >= columns()) {
    throw std::out_of_range("there is no such field in the result");
  }
  const int at = static_cast<int>(row);
  const int field = static_cast<int>(column);
  if (PQgetisnull(result_.get(), at, field) != 0) {
    return std::nullopt;
  }
  return std::string_view(PQgetvalue(result_.get(), at, field),
                          static_cast<std::size_t>(PQgetlength(result_.get(), at, field)));
}

std::size_t postgresql_result::affected() const noexcept {
  const std::string_view text = PQcmdTuples(result_.get());
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

void postgresql_connection::finish::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

bool postgresql_connection::usable() const noexcept {
  return connection_ != nullptr && PQstatus(connection_.get()) == CONNECTION_OK;
}

void postgresql_connection::fail() const {
  throw postgresql_error(without_newline(PQerrorMessage(connection_.get())), "");
}

task<postgresql_connection> postgresql_connection::connect(std::string description) {
  postgresql_connection made(PQconnectStart(description.c_str()));
  PGconn* const connection = made.connection_.get();
  if (connection == nullptr || PQstatus(connection) == CONNECTION_BAD) {
    made.fail();
  }
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    // Asked for anew each time: the next address to be tried has another descriptor.
    const int events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    static_cast<void>(co_await io::readiness_operation(PQsocket(connection), events));
    wanted = PQconnectPoll(connection);
    if (wanted == PGRES_POLLING_FAILED) {
      made.fail();
    }
  }
  if (PQsetnonblocking(connection, 1) != 0) {
    made.fail();
  }
  co_return made;
}

// Reads meanwhile: a server whose answers nobody reads does not read either.
task<void> postgresql_connection::flush() {
  PGconn* const connection = connection_.get();
  while (true) {
    const int left = PQflush(connection);
    if (left < 0) {
      fail();
    }
    if (left == 0) {
      co_return;
    }
    io::result<int> ready =
        co_await io::readiness_operation(PQsocket(connection), POLLIN | POLLOUT);
    const int events = ready.value();
    if ((events & ~POLLOUT) != 0 && PQconsumeInput(connection) == 0) {
      fail();
    }
  }
}

// Of one statement there are at least one result and the end.
task<postgresql_result> postgresql_connection::last_result() {
  PGconn* const connection = connection_.get();
  postgresql_result last(nullptr);
  while (true) {
    while (PQisBusy(connection) != 0) {
      static_cast<void>(co_await io::readable(PQsocket(connection)));
      if (PQconsumeInput(connection) == 0) {
        fail();
      }
    }
    postgresql_result next(PQgetResult(connection));
    if (next.raw() == nullptr) {
      co_return last;
    }
    if (is_copy(next.raw())) {
      connection_.reset();  // It would be the next result for ever.
      throw postgresql_error("COPY is not for query()", "0A000");
    }
    last = std::move(next);
  }
}

// A request that comes before the server has read the statement is ignored: so it is made again and again.
task<void> postgresql_connection::stop_statement() {
  co_await flush();
  bool stopped = false;
  for (duration patience = 1ms; !stopped; patience = std::min<duration>(2 * patience, 1s)) {
    const std::shared_ptr<PGcancel> request(PQgetCancel(connection_.get()), &PQfreeCancel);
    if (request == nullptr) {
      fail();
    }
    const bool asked = co_await to_thread(&ask_to_cancel, request);
    if (!asked) {
      fail();
    }
    try {
      const postgresql_result dropped = co_await timeout(patience, last_result());
      stopped = true;
    } catch (const timeout_error&) {
    }
  }
}

task<postgresql_result> postgresql_connection::query(
    std::string statement, std::vector<std::optional<std::string>> values) {
  if (!usable()) {
    throw postgresql_error("the connection is closed", "");
  }
  std::vector<const char*> texts;
  for (const std::optional<std::string>& each : values) {
    texts.push_back(each.has_value() ? each->c_str() : nullptr);
  }
  PGconn* const connection = connection_.get();
  if (PQsendQueryParams(connection, statement.c_str(), static_cast<int>(texts.size()), nullptr,
                        texts.data(), nullptr, nullptr, 0) == 0) {
    fail();
  }
  postgresql_result got(nullptr);
  std::exception_ptr cancelled;
  try {
    co_await flush();
    got = co_await last_result();
  } catch (const cancelled_error&) {
    cancelled = std::current_exception();
  }
  if (cancelled != nullptr) {
    bool stopped = false;
    try {
      co_await stop_statement();
      stopped = true;
    } catch (const postgresql_error&) {
    } catch (...) {
      connection_.reset();
      throw;
    }
    if (!stopped) {
      connection_.reset();
    }
    std::rethrow_exception(cancelled);
  }
  const ExecStatusType status = PQresultStatus(got.raw());  // Of null: a fatal error.
  if (status == PGRES_BAD_RESPONSE || status == PGRES_FATAL_ERROR) {
    const char* const state = PQresultErrorField(got.raw(), PG_DIAG_SQLSTATE);
    throw postgresql_error(without_newline(PQerrorMessage(connection)),
                           state != nullptr ? state : "");
  }
  co_return got;
}

}  // namespace jackdaw::adapters
