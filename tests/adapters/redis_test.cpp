// The real hiredis against a real redis-server: pipelines, cancelled commands, deadlines, a server that dies.
#include "../support/io_runtimes.hpp"
#include "../support/was_cancelled.hpp"
#include "servers.hpp"
#include <jackdaw/adapters/redis.hpp>
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
#include <string>
#include <vector>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;
using connection = std::unique_ptr<redis_connection>;

class redis_test : public testing::io_test {
 protected:
  static void SetUpTestSuite() {
    if (testing::redis_server::missing().empty()) {
      server = std::make_unique<testing::redis_server>();
    }
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    if (server == nullptr) {
      std::cout << "NOT TESTED: " << testing::redis_server::missing() << std::endl;
      GTEST_SKIP() << testing::redis_server::missing();
    }
    io_test::SetUp();
  }
  static inline std::unique_ptr<testing::redis_server> server;
};
JACKDAW_OVER_IO(redis_test, testing::all_io_kinds());

template <class... Words>
std::vector<std::string> words(Words... given) {
  return {given...};
}

task<redis_value> ask(redis_connection& redis, std::vector<std::string> command) {
  co_return co_await redis.command(std::move(command));
}

/// The error's text; "lost: " before it if the connection is.
task<std::string> error_of(redis_connection& redis, std::vector<std::string> command) {
  std::string text;
  try {
    static_cast<void>(co_await redis.command(std::move(command)));
  } catch (const redis_error& error) {
    text = std::string(error.connection_lost() ? "lost: " : "") + error.what();
  }
  co_return text;
}

TEST_P(redis_test, values_of_all_kinds_come_back) {
  struct body {
    static task<void> run(std::string server) {
      const connection redis = co_await redis_connection::connect(server);
      const redis_value set = co_await redis->command("SET", "key", std::string("value"));
      EXPECT_EQ(set.text, "OK");
      const redis_value got = co_await ask(*redis, words("GET", "key"));
      EXPECT_EQ(got.text, "value");
      const redis_value none = co_await ask(*redis, words("GET", "nokey"));
      EXPECT_EQ(none.type, redis_value::kind::nil);
      static_cast<void>(co_await ask(*redis, words("DEL", "list")));
      const redis_value length = co_await ask(*redis, words("RPUSH", "list", "a", "b"));
      EXPECT_EQ(length.integer, 2);
      const redis_value items = co_await ask(*redis, words("LRANGE", "list", "0", "-1"));
      EXPECT_EQ(items.items.size(), 2U);
      EXPECT_EQ(items.items.back().text, "b");
      const std::string wrong = co_await error_of(*redis, words("INCR", "list"));
      EXPECT_EQ(wrong.substr(0, 9), "WRONGTYPE");
      EXPECT_EQ(redis->failure(), "");
    }
  };
  run(body::run(server->socket()));
}

task<void> count_up(redis_connection& redis, int times) {
  for (int each = 0; each < times; ++each) {
    static_cast<void>(co_await ask(redis, words("INCR", "counter")));
  }
}

TEST_P(redis_test, commands_of_many_tasks_share_a_connection) {
  struct body {
    static task<void> run(std::string server) {
      const connection redis = co_await redis_connection::connect(server);
      static_cast<void>(co_await ask(*redis, words("SET", "counter", "0")));
      std::vector<task<void>> counting;
      for (int each = 0; each < 30; ++each) {
        counting.push_back(count_up(*redis, 20));
      }
      co_await gather(std::move(counting));
      const redis_value total = co_await ask(*redis, words("GET", "counter"));
      EXPECT_EQ(total.text, "600");
    }
  };
  run(body::run(server->socket()));
}

TEST_P(redis_test, large_values_pass_in_both_directions) {
  struct body {
    static task<void> run(std::string server) {
      const connection redis = co_await redis_connection::connect(server);
      const std::string large(4'000'000, 'l');
      static_cast<void>(co_await ask(*redis, words("SET", "large", large.c_str())));
      const redis_value got = co_await ask(*redis, words("GET", "large"));
      EXPECT_TRUE(got.text == large);
    }
  };
  run(body::run(server->socket()));
}

TEST_P(redis_test, the_answer_to_a_cancelled_command_is_nobody_elses) {
  struct body {
    static task<void> run(std::string server) {
      const connection redis = co_await redis_connection::connect(server);
      const connection other = co_await redis_connection::connect(server);
      auto popping = spawn(ask(*redis, words("BLPOP", "coming", "0")));
      co_await sleep(1ms);
      popping.cancel();
      const bool cancelled = co_await testing::was_cancelled(popping);
      EXPECT_TRUE(cancelled);
      // Behind the command that waits at the server: answered when that is, and not by its answer.
      auto echoing = spawn(ask(*redis, words("ECHO", "mine")));
      static_cast<void>(co_await ask(*other, words("RPUSH", "coming", "theirs")));
      const redis_value echoed = co_await echoing;
      EXPECT_EQ(echoed.text, "mine");
      static_cast<void>(co_await ask(*other, words("DEL", "coming")));
    }
  };
  run(body::run(server->socket()));
}

TEST_P(redis_test, a_command_can_have_a_deadline) {
  struct body {
    static task<void> run(std::string server) {
      const connection redis = co_await redis_connection::connect(server);
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(10ms, ask(*redis, words("BLPOP", "never", "0"))));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
  };
  run(body::run(server->socket()));
}

TEST_P(redis_test, the_others_go_on_when_the_driver_is_cancelled) {
  struct body {
    static task<void> run(std::string server) {
      const connection redis = co_await redis_connection::connect(server);
      auto driver = spawn(ask(*redis, words("BLPOP", "never", "0.02")));
      co_await sleep(1ms);
      auto passenger = spawn(ask(*redis, words("ECHO", "here")));
      co_await sleep(1ms);
      driver.cancel();
      const redis_value echoed = co_await passenger;
      EXPECT_EQ(echoed.text, "here");
      const bool cancelled = co_await testing::was_cancelled(driver);
      EXPECT_TRUE(cancelled);
    }
  };
  run(body::run(server->socket()));
}

TEST_P(redis_test, a_server_that_is_not_there_is_an_error) {
  struct body {
    static task<std::string> error_of_connecting(std::string to, int port) {
      std::string text;
      try {
        static_cast<void>(co_await redis_connection::connect(to, port));
      } catch (const redis_error& error) {
        text = error.what();
      }
      co_return text;
    }
    static task<void> run() {
      const std::string no_socket = co_await error_of_connecting("/nowhere/redis.sock", 0);
      EXPECT_NE(no_socket.find("No such file"), std::string::npos) << no_socket;
      const std::string no_port = co_await error_of_connecting("127.0.0.1", 1);
      EXPECT_NE(no_port.find("refused"), std::string::npos) << no_port;
    }
  };
  run(body::run());
}

TEST_P(redis_test, a_server_that_dies_ends_all_commands) {
  struct body {
    static task<void> run(testing::redis_server& mortal) {
      const connection redis = co_await redis_connection::connect(mortal.socket());
      auto one = spawn(error_of(*redis, words("BLPOP", "never", "0")));
      auto two = spawn(error_of(*redis, words("BLPOP", "never", "0")));
      co_await sleep(2ms);
      mortal.kill();
      const std::string first = co_await one;
      EXPECT_EQ(first.substr(0, 6), "lost: ") << first;
      const std::string second = co_await two;
      EXPECT_EQ(second.substr(0, 6), "lost: ") << second;
      const std::string third = co_await error_of(*redis, words("PING"));
      EXPECT_EQ(third.substr(0, 6), "lost: ") << third;
      EXPECT_NE(redis->failure(), "");
    }
    // Nobody waits when it dies: the next command finds out, by a write that must not raise SIGPIPE.
    static task<void> run_idle(testing::redis_server& mortal) {
      const connection redis = co_await redis_connection::connect(mortal.socket());
      mortal.kill();
      const std::string lost = co_await error_of(*redis, words("PING"));
      EXPECT_EQ(lost.substr(0, 6), "lost: ") << lost;
    }
  };
  auto mortal = std::make_unique<testing::redis_server>();
  run(body::run(*mortal));
  mortal = std::make_unique<testing::redis_server>();
  run(body::run_idle(*mortal));
}

TEST_P(redis_test, a_run_ends_while_commands_wait) {
  struct body {
    static task<void> forever(std::shared_ptr<redis_connection> redis) {
      static_cast<void>(co_await ask(*redis, words("BLPOP", "never", "0")));
    }
    static task<void> run(std::string server) {
      std::shared_ptr<redis_connection> redis = co_await redis_connection::connect(server);
      spawn(forever(redis));
      spawn(forever(redis));
      redis.reset();
      co_await sleep(1ms);
    }
  };
  run(body::run(server->socket()));
}

TEST(redis_test_example, prints_what_it_promises) {
  if (!testing::redis_server::missing().empty()) {
    GTEST_SKIP() << testing::redis_server::missing();
  }
  const testing::redis_server server;
  const std::string command = std::string(JACKDAW_EXAMPLE) + " " + server.socket();
  FILE* const program = popen(command.c_str(), "re");
  std::string printed;
  std::array<char, 256> piece{};
  while (const std::size_t count = fread(piece.data(), 1, piece.size(), program)) {
    printed.append(piece.data(), count);
  }
  EXPECT_EQ(pclose(program), 0);
  std::ifstream expected("examples/adapters/redis.expected");
  EXPECT_EQ(printed, std::string(std::istreambuf_iterator<char>(expected), {}));
}

}  // namespace
}  // namespace jackdaw::adapters
