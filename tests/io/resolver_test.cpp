// tests/io/resolver_test.cpp
//
// Goal: names become addresses or an error in words, and nobody else waits meanwhile. Method: localhost,
// numbers, and a name that RFC 6761 promises never to exist.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::StartsWith;

constexpr const char* unknown_name = "no-such-host.invalid";

class resolver_test : public testing::io_test {};
JACKDAW_OVER_IO(resolver_test, testing::all_io_kinds());

/// The status of the failure, or 0; what it says goes into `text`.
task<int> failure_of(std::string host, std::string service, std::string& text) {
  int status = 0;
  try {
    static_cast<void>(co_await resolve(std::move(host), std::move(service)));
  } catch (const resolve_error& failed) {
    status = failed.status();
    text = failed.what();
  }
  co_return status;
}

TEST_P(resolver_test, localhost_is_this_machine) {
  const std::vector<address> found = run(resolve("localhost", "8080"));
  ASSERT_FALSE(found.empty());
  for (const address& each : found) {
    EXPECT_EQ(each.port(), 8080);
    EXPECT_TRUE(each.host() == "::1" || each.host().starts_with("127.")) << each.to_string();
  }
}

TEST_P(resolver_test, numbers_are_names_too_and_each_address_is_given_once) {
  EXPECT_EQ(run(resolve("127.0.0.1", "80")), std::vector<address>{address::loopback(80)});
  EXPECT_EQ(run(resolve("::1", "443")), std::vector<address>{address::parse("[::1]:443")});
}

TEST_P(resolver_test, an_unknown_name_is_an_error_that_names_it_and_gives_the_reason) {
  std::string text;
  const int status = run(failure_of(unknown_name, "80", text));
  // Without any network the resolver may ask to try again later.
  EXPECT_TRUE(status == EAI_NONAME || status == EAI_AGAIN || status == EAI_FAIL) << status;
  EXPECT_EQ(text, std::string("cannot resolve no-such-host.invalid:80: ") + gai_strerror(status));
}

TEST_P(resolver_test, an_unknown_service_is_an_error) {
  std::string text;
  const int status = run(failure_of("127.0.0.1", "no-such-service", text));
  EXPECT_TRUE(status == EAI_SERVICE || status == EAI_NONAME) << status;
  EXPECT_THAT(text, StartsWith("cannot resolve 127.0.0.1:no-such-service: "));
}

task<void> count_turns(std::atomic<int>& turns, std::atomic<bool>& over) {
  while (!over.load()) {
    ++turns;
    co_await jackdaw::sleep(100us);
  }
}

TEST_P(resolver_test, other_tasks_go_on_during_a_look_up) {
  struct body {
    static task<void> run() {
      std::atomic<int> turns{0};
      std::atomic<bool> over{false};
      std::string text;
      auto ticking = spawn(count_turns(turns, over));
      const int status = co_await failure_of(unknown_name, "80", text);
      const int turns_meanwhile = turns.load();
      over = true;
      co_await ticking;
      EXPECT_NE(status, 0);
      EXPECT_GE(turns_meanwhile, 1);
    }
  };
  run(body::run());
}

TEST_P(resolver_test, several_look_ups_go_on_at_the_same_time) {
  struct body {
    static task<void> run() {
      std::vector<task<std::vector<address>>> look_ups;
      for (int each = 0; each < 8; ++each) {
        look_ups.push_back(resolve("127.0.0.1", std::to_string(1000 + each)));
      }
      const std::vector<std::vector<address>> all = co_await gather(std::move(look_ups));
      EXPECT_EQ(all.size(), 8U);
      for (std::size_t index = 0; index < all.size(); ++index) {
        const auto port = static_cast<std::uint16_t>(1000 + index);
        EXPECT_THAT(all[index], Contains(address::loopback(port)));
      }
    }
  };
  run(body::run());
}

TEST_P(resolver_test, a_cancelled_look_up_is_left_at_once) {
  struct body {
    static task<void> run() {
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(0s, resolve(unknown_name, "80")));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::io
