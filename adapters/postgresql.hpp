// PostgreSQL by libpq, awaited: its asynchronous functions, and a wait for its descriptor between them.
//
// libpq calls nobody back. It has one descriptor per connection, which may change while it connects, and closes it
// in our own calls only: so readable() and writable() wait for it directly.
#pragma once

#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace jackdaw::adapters {

class postgresql_error : public std::runtime_error {
 public:
  postgresql_error(const std::string& what, std::string state)
      : std::runtime_error(what), state_(std::move(state)) {}
  /// The SQLSTATE, "23505" for instance; "" for what the server did not say: then the connection is lost.
  [[nodiscard]] const std::string& state() const noexcept { return state_; }

 private:
  std::string state_;
};

/// The rows that a statement gave.
class postgresql_result {
 public:
  /// Takes it over.
  explicit postgresql_result(pg_result* got) noexcept : result_(got) {}

  [[nodiscard]] std::size_t rows() const noexcept;
  [[nodiscard]] std::size_t columns() const noexcept;
  /// As text; nullopt is NULL. Valid as long as this. Throws std::out_of_range.
  [[nodiscard]] std::optional<std::string_view> value(std::size_t row, std::size_t column) const;
  /// How many rows were changed, for what changes some.
  [[nodiscard]] std::size_t affected() const noexcept;
  [[nodiscard]] const pg_result* raw() const noexcept { return result_.get(); }

 private:
  struct clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, clear> result_;
};

/// A connection. One task at a time.
///
/// Lifetime      Movable while nothing is awaited. The destructor closes the connection, and never waits.
/// Source        libpq, "Asynchronous Command Processing". Python: asyncpg.
class postgresql_connection {
 public:
  /// Awaits a connection, described as for psql: "host=/run/postgresql dbname=app".
  ///
  /// Suspends      Always. libpq looks up names by a call that blocks: give hostaddr= for a server far away.
  /// Errors        postgresql_error.
  /// Cancellation  Gives the connection up.
  static task<postgresql_connection> connect(std::string description);

  /// Performs one statement, whose $1, $2, ... are `values`.
  ///
  /// Errors        postgresql_error. COPY is not for this: it closes the connection.
  /// Cancellation  Asks the server to stop, and waits until it has: the connection can be used again, and
  ///               unless it was too late the statement had no effect. A second request closes the connection.
  /// Cost          A cancellation is a connection of its own, made by a thread of the blocking pool.
  task<postgresql_result> query(std::string statement,
                                std::vector<std::optional<std::string>> values = {});

  /// False when it was closed, or lost.
  [[nodiscard]] bool usable() const noexcept;

 private:
  struct finish {
    void operator()(pg_conn* connection) const noexcept;
  };
  explicit postgresql_connection(pg_conn* started) noexcept : connection_(started) {}

  task<void> flush();
  task<postgresql_result> last_result();
  task<void> stop_statement();
  [[noreturn]] void fail() const;

  std::unique_ptr<pg_conn, finish> connection_;
};

}  // namespace jackdaw::adapters
