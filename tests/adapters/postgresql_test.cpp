// The real libpq against a real PostgreSQL: statements, errors, cancellation at the server, servers that go away.
#include "../support/io_runtimes.hpp"
#include "../support/was_cancelled.hpp"
#include "servers.hpp"
#include <jackdaw/adapters/postgresql.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;
using values = std::vector<std::optional<std::string>>;

class postgresql_test : public testing::io_test {
 protected:
  static void SetUpTestSuite() {
    if (testing::postgresql_server::missing().empty()) {
      server = std::make_unique<testing::postgresql_server>();
    }
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    if (server == nullptr) {
      std::cout << "NOT TESTED: " << testing::postgresql_server::missing() << std::endl;
      GTEST_SKIP() << testing::postgresql_server::missing();
    }
    io_test::SetUp();
  }
  static inline std::unique_ptr<testing::postgresql_server> server;
};
JACKDAW_OVER_IO(postgresql_test, testing::all_io_kinds());

task<std::string> first_of(postgresql_connection& database, std::string statement) {
  const postgresql_result found = co_await database.query(std::move(statement));
  co_return std::string(found.value(0, 0).value());
}

task<std::string> state_of(postgresql_connection& database, std::string statement) {
  std::string state = "no error";
  try {
    static_cast<void>(co_await database.query(std::move(statement)));
  } catch (const postgresql_error& error) {
    state = error.state();
  }
  co_return state;
}

/// The query that pg_sleep() is busy with runs at the server.
task<void> until_it_sleeps(postgresql_connection& other) {
  std::string sleeping = "0";
  while (sleeping == "0") {
    sleeping = co_await first_of(
        other, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
  }
}

TEST_P(postgresql_test, rows_and_nulls_come_back) {
  struct body {
    static task<void> run(std::string server) {
      auto database = co_await postgresql_connection::connect(server);
      values given;
      given.emplace_back("it's");
      given.emplace_back(std::nullopt);
      const postgresql_result found = co_await database.query(
          "SELECT $1::text, $2::text, n FROM generate_series(1, 3) AS n", std::move(given));
      EXPECT_EQ(found.rows(), 3U);
      EXPECT_EQ(found.columns(), 3U);
      EXPECT_EQ(found.value(0, 0), "it's");
      EXPECT_EQ(found.value(1, 1), std::nullopt);
      EXPECT_EQ(found.value(2, 2), "3");
      EXPECT_THROW(static_cast<void>(found.value(3, 0)), std::out_of_range);
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, changes_are_counted_and_errors_have_a_state) {
  struct body {
    static task<void> run(std::string server) {
      auto database = co_await postgresql_connection::connect(server);
      static_cast<void>(co_await database.query("CREATE TEMPORARY TABLE t (n int UNIQUE)"));
      const postgresql_result added =
          co_await database.query("INSERT INTO t SELECT generate_series(1, 5)");
      EXPECT_EQ(added.affected(), 5U);
      const std::string twice = co_await state_of(database, "INSERT INTO t VALUES (5)");
      EXPECT_EQ(twice, "23505");
      const std::string nonsense = co_await state_of(database, "SELEKT");
      EXPECT_EQ(nonsense, "42601");
      EXPECT_TRUE(database.usable());
      const std::string copy = co_await state_of(database, "COPY t FROM STDIN");
      EXPECT_EQ(copy, "0A000");
      EXPECT_FALSE(database.usable());
      const std::string closed = co_await state_of(database, "SELECT 1");
      EXPECT_EQ(closed, "");
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, what_is_larger_than_all_buffers_passes) {
  struct body {
    static task<void> run(std::string server) {
      auto database = co_await postgresql_connection::connect(server);
      values given;
      given.emplace_back(std::string(8'000'000, 'l'));
      const postgresql_result found =
          co_await database.query("SELECT $1::text || 'x'", std::move(given));
      EXPECT_EQ(found.value(0, 0).value_or("").size(), 8'000'001U);
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, connections_wait_at_the_same_time) {
  struct body {
    static task<std::string> ask(std::string server, int number) {
      auto database = co_await postgresql_connection::connect(server);
      co_return co_await first_of(
          database, "SELECT pg_sleep(0.02)::text || " + std::to_string(number) + "::text");
    }
    static task<void> run(std::string server) {
      std::vector<task<std::string>> asking;
      for (int each = 0; each < 8; ++each) {
        asking.push_back(ask(server, each));
      }
      const std::vector<std::string> answers = co_await gather(std::move(asking));
      for (std::size_t each = 0; each < answers.size(); ++each) {
        EXPECT_EQ(answers[each], std::to_string(each));
      }
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, a_cancelled_statement_is_stopped_at_the_server) {
  struct body {
    static task<void> run(std::string server) {
      auto database = co_await postgresql_connection::connect(server);
      auto other = co_await postgresql_connection::connect(server);
      auto sleeping = spawn(first_of(database, "SELECT pg_sleep(3600)"));
      co_await until_it_sleeps(other);
      sleeping.cancel();
      const bool cancelled = co_await testing::was_cancelled(sleeping);
      EXPECT_TRUE(cancelled);
      EXPECT_TRUE(database.usable());
      const std::string one = co_await first_of(database, "SELECT 1");
      EXPECT_EQ(one, "1");
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, a_statement_can_have_a_deadline_again_and_again) {
  struct body {
    static task<void> run(std::string server) {
      auto database = co_await postgresql_connection::connect(server);
      for (int round = 0; round < 5; ++round) {
        bool timed_out = false;
        try {
          static_cast<void>(co_await timeout(std::chrono::milliseconds(round),
                                             first_of(database, "SELECT pg_sleep(60)")));
        } catch (const timeout_error&) {
          timed_out = true;
        }
        EXPECT_TRUE(timed_out);
        const std::string number = co_await first_of(database, "SELECT " + std::to_string(round));
        EXPECT_EQ(number, std::to_string(round));
      }
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, connecting_can_be_cancelled_and_fail) {
  struct body {
    static task<std::string> error_of(std::string description) {
      std::string error;
      try {
        static_cast<void>(co_await postgresql_connection::connect(description));
      } catch (const postgresql_error& failed) {
        error = failed.what();
      }
      co_return error;
    }
    static task<void> run(std::string server) {
      for (int turns = 0; turns < 4; ++turns) {
        auto connecting = spawn(postgresql_connection::connect(server));
        for (int turn = 0; turn < turns; ++turn) {
          co_await yield();
        }
        connecting.cancel();
        try {
          static_cast<void>(co_await connecting);
        } catch (const cancelled_error&) {
        }
      }
      const std::string nobody = co_await error_of("host=/nowhere");
      EXPECT_NE(nobody.find("No such file"), std::string::npos) << nobody;
      const std::string stranger = co_await error_of(server + " dbname=strange");
      EXPECT_NE(stranger.find("strange"), std::string::npos) << stranger;
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, a_backend_that_goes_away_is_an_error) {
  struct body {
    static task<void> run(std::string server) {
      auto database = co_await postgresql_connection::connect(server);
      auto other = co_await postgresql_connection::connect(server);
      auto sleeping = spawn(state_of(database, "SELECT pg_sleep(3600)"));
      co_await until_it_sleeps(other);
      static_cast<void>(co_await first_of(
          other,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = "
          "'PgSleep'"));
      const std::string state = co_await sleeping;
      EXPECT_TRUE(state == "57P01" || state.empty()) << state;
      const std::string lost = co_await state_of(database, "SELECT 1");
      EXPECT_EQ(lost, "");
      EXPECT_FALSE(database.usable());
    }
  };
  run(body::run(server->description()));
}

TEST_P(postgresql_test, a_server_that_dies_and_comes_back) {
  struct body {
    static task<void> run(testing::postgresql_server& server) {
      auto database = co_await postgresql_connection::connect(server.description());
      auto other = co_await postgresql_connection::connect(server.description());
      auto sleeping = spawn(state_of(database, "SELECT pg_sleep(3600)"));
      co_await until_it_sleeps(other);
      server.kill();
      const std::string state = co_await sleeping;
      EXPECT_TRUE(state == "57P02" || state.empty()) << state;
      server.start();
      std::string one;
      while (one.empty()) {  // It may still recover.
        try {
          auto again = co_await postgresql_connection::connect(server.description());
          one = co_await first_of(again, "SELECT 1");
        } catch (const postgresql_error&) {
        }
      }
      EXPECT_EQ(one, "1");
    }
  };
  run(body::run(*server));
}

TEST(postgresql_test_example, prints_what_it_promises) {
  if (!testing::postgresql_server::missing().empty()) {
    GTEST_SKIP() << testing::postgresql_server::missing();
  }
  const testing::postgresql_server server;
  const std::string command = std::string(JACKDAW_EXAMPLE) + " '" + server.description() + "'";
  FILE* const program = popen(command.c_str(), "re");
  std::string printed;
  std::array<char, 256> piece{};
  while (const std::size_t count = fread(piece.data(), 1, piece.size(), program)) {
    printed.append(piece.data(), count);
  }
  EXPECT_EQ(pclose(program), 0);
  std::ifstream expected("examples/adapters/postgresql.expected");
  EXPECT_EQ(printed, std::string(std::istreambuf_iterator<char>(expected), {}));
}

}  // namespace
}  // namespace jackdaw::adapters
