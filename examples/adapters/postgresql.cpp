// PostgreSQL by libpq, awaited: two connections at once, and a statement that takes too long. The argument describes
// the server, as for psql.
#include <jackdaw/adapters/postgresql.hpp>
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace adapters = jackdaw::adapters;
namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<std::string> sum_to(std::string server, std::string last) {
  auto database = co_await adapters::postgresql_connection::connect(server);
  std::vector<std::optional<std::string>> values;
  values.push_back(last);
  const auto found = co_await database.query(
      "SELECT sum(n) FROM generate_series(1, $1::bigint) AS n", std::move(values));
  co_return std::string(found.value(0, 0).value());
}

task<void> sums(std::string server) {
  const auto [small, large] =
      co_await jackdaw::gather(sum_to(server, "10"), sum_to(server, "100000"));
  std::printf("%s and %s\n", small.c_str(), large.c_str());

  auto database = co_await adapters::postgresql_connection::connect(server);
  try {
    co_await jackdaw::timeout(50ms, database.query("SELECT pg_sleep(3600)"));
  } catch (const jackdaw::timeout_error&) {
    std::printf("stopped\n");  // By the server: the connection goes on.
  }
  const auto again = co_await database.query("SELECT 'as good as new'");
  std::printf("%s\n", std::string(again.value(0, 0).value()).c_str());
}

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s <connection string>\n", arguments[0]);
    return 2;
  }
  io::run(sums(arguments[1]));
}
