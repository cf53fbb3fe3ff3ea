// Goal: clients that misbehave, die or come in too great a number leave a healthy server behind that
// burns no CPU; and the promise on system calls holds.

#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/tests/tools/server_process.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

namespace jackdaw::test {
namespace {

class robustness : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, robustness, every_combination(), name_of);

double cpu_us(const nlohmann::json& stats) {
  return stats["cpu_user_us"].get<double>() + stats["cpu_system_us"].get<double>();
}

// The server learns of the end of a client in its own time.
bool forgets_its_clients(raw_client& observer) {
  for (int attempt = 0; attempt < 500; ++attempt) {
    if (server_process::stats(observer)["connections_open"] == 1) {
      return true;
    }
    observer.ask(get("/sleep?ms=10"));
  }
  return false;
}

TEST_P(robustness, too_few_descriptors_stop_new_clients_but_not_the_old_ones_and_cost_no_cpu) {
  server_process process(GetParam(), {}, 128);
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client first = process.connect();
  // Everything once before, the end of a client included: UBSan's first look at a vtable needs a pipe.
  for (const char* const path : {"/", "/stats", "/sleep?ms=1"}) {
    ASSERT_EQ(first.ask(get(path)).status, 200u);
  }
  ASSERT_TRUE(process.healthy());
  ASSERT_TRUE(forgets_its_clients(first));
  {
    constexpr std::size_t crowd_size = 400;
    std::vector<raw_client> crowd;
    crowd.reserve(crowd_size);
    while (crowd.size() < crowd_size) {
      crowd.push_back(process.connect());
    }
    ASSERT_EQ(first.ask(get("/")).status, 200u) << process.words();
    const nlohmann::json stats = server_process::stats(first);
    ASSERT_FALSE(stats.is_null()) << process.words();
    const double before = cpu_us(stats);
    EXPECT_EQ(first.ask(get("/sleep?ms=1000")).status, 200u);
    const double spent = cpu_us(server_process::stats(first)) - before;
    EXPECT_LT(spent, 100'000) << "of 1,000,000 us: the server spins on accept";
  }
  bool served = false;
  for (int attempt = 0; attempt < 20 && !served; ++attempt) {
    raw_client after = process.connect();
    after.send(get("/"));
    served = after.read_reply(1s).status == 200;
  }
  EXPECT_TRUE(served) << process.words();
  EXPECT_TRUE(forgets_its_clients(first));
}

TEST_P(robustness, a_storm_of_resets_leaves_nothing_behind) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client observer = process.connect();
  ASSERT_EQ(observer.ask(get("/")).status, 200u);
  for (int number = 0; number < 2000; ++number) {
    raw_client client = process.connect();
    switch (number % 4) {
      case 0:
        break;
      case 1:
        client.send("GET / HTTP/1.1\r\nHo");
        break;
      case 2:
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
        break;
      default:
        client.send(get("/"));
    }
    client.reset();
  }
  EXPECT_TRUE(process.healthy());
  EXPECT_TRUE(forgets_its_clients(observer));
}

TEST_P(robustness, a_client_killed_in_mid_request_is_forgotten) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client observer = process.connect();
  ASSERT_EQ(observer.ask(get("/")).status, 200u);
  child_process load({JACKDAW_COMMAND, "load", "--connections", "32", "--pipeline", "8",
                      "--duration", "60", process.url() + "/"});
  while (server_process::stats(observer)["requests"] < 1000 && !load.wait(10ms).has_value()) {
  }
  load.send(SIGKILL);
  EXPECT_EQ(load.wait(5s), 128 + SIGKILL);
  EXPECT_TRUE(forgets_its_clients(observer));
  EXPECT_TRUE(process.healthy());
}

TEST_P(robustness, a_slow_reader_is_given_up) {
  server_process process(GetParam(), {"--write-timeout-s", "0.3"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client observer = process.connect();
  raw_client greedy = process.connect();
  const std::string body(1024UL * 1024, 'x');
  std::string requests;
  for (int number = 0; number < 8; ++number) {
    requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + body;
  }
  // It never reads. Either our sending is cut off, or it fits into the buffers in between.
  static_cast<void>(greedy.send(requests));
  EXPECT_TRUE(forgets_its_clients(observer));
}

class system_calls : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, system_calls,
                         testing::Values(combination{"multi", "io_uring", "2"},
                                         combination{"asyncio", "io_uring", "1"}),
                         name_of);

TEST_P(system_calls, at_64_busy_connections_are_at_most_half_a_one_per_request) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client observer = process.connect();
  const auto load = [&](const char* requests) {
    child_process run({JACKDAW_COMMAND, "load", "--connections", "64", "--requests", requests,
                       "--duration", "60", process.url() + "/"});
    EXPECT_EQ(run.wait(60s), 0) << run.error_text();
  };
  load("2000");  // Warm: connections are set up, pools are filled.
  const nlohmann::json before = server_process::stats(observer);
  load("40000");
  const nlohmann::json after = server_process::stats(observer);
  const double requests = after["requests"].get<double>() - before["requests"].get<double>();
  const double calls = after["syscalls"].get<double>() - before["syscalls"].get<double>();
  ASSERT_GE(requests, 40'000);
  // Where a sanitizer slows both sides down, less has come together by the time somebody looks. epoll takes two.
  EXPECT_LE(calls / requests, sanitized ? 1.0 : 0.5);
}

}  // namespace
}  // namespace jackdaw::test
