// Goal: requests are late only while a queue stands, and then only those that have waited; a server under more load
// than it can bear answers what it can in time, and refuses the rest. Method: the states, by a clock of the test; a
// server whose only worker is held by others.

#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tools/http/delay.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace jackdaw::test {
namespace {

using http::delay_watch;
using std::chrono::milliseconds;

constexpr milliseconds limit(20);

time_point at(int ms) { return time_point(milliseconds(1'000'000 + ms)); }

TEST(delay_watch, one_long_wait_is_no_queue) {
  delay_watch watch(limit);
  watch.note(milliseconds(500), at(0));
  EXPECT_FALSE(watch.stands(at(1)));
  watch.note(milliseconds(1), at(10));
  EXPECT_FALSE(watch.stands(at(150)));
}

TEST(delay_watch, a_queue_that_lasts_stands_until_it_is_half_as_long) {
  delay_watch watch(limit);
  for (int ms = 0; ms <= 100; ms += 10) {
    EXPECT_EQ(watch.stands(at(ms)), ms == 100) << ms;
    watch.note(milliseconds(20), at(ms));
  }
  watch.note(milliseconds(11), at(110));
  EXPECT_TRUE(watch.stands(at(111))) << "shorter than the limit, but because others were refused";
  watch.note(milliseconds(9), at(120));
  EXPECT_FALSE(watch.stands(at(121)));
}

TEST(delay_watch, what_nobody_has_measured_for_a_second_is_forgotten) {
  delay_watch watch(limit);
  for (int ms = 0; ms <= 200; ms += 10) {
    watch.note(milliseconds(30), at(ms));
  }
  EXPECT_TRUE(watch.stands(at(1'199)));
  EXPECT_FALSE(watch.stands(at(1'200)));
  watch.note(milliseconds(30), at(5'000));
  EXPECT_FALSE(watch.stands(at(5'001))) << "a new one has to last as well";
}

TEST(delay_watch, is_measured_by_one_request_in_a_millisecond_and_by_each_while_a_queue_stands) {
  delay_watch watch(limit);
  EXPECT_TRUE(watch.wants_measurement(at(0)));
  EXPECT_FALSE(watch.wants_measurement(at(0)));
  EXPECT_TRUE(watch.wants_measurement(at(1)));
  for (int ms = 0; ms <= 100; ms += 10) {
    watch.note(milliseconds(20), at(ms));
  }
  EXPECT_TRUE(watch.wants_measurement(at(101)));
  EXPECT_TRUE(watch.wants_measurement(at(101)));
  delay_watch none{duration::zero()};
  EXPECT_FALSE(none.wants_measurement(at(0)));
  EXPECT_FALSE(none.stands(at(0)));
}

class delay : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, delay, every_combination(), name_of);

// Each connection holds its worker for a while; all ask at once, again and again.
struct shares {
  unsigned served = 0;
  unsigned refused = 0;
};
shares overload(const server_process& process, int rounds) {
  constexpr int crowd = 64;
  shares seen;
  for (int round = 0; round < rounds; ++round) {
    std::vector<raw_client> clients;
    for (int number = 0; number < crowd; ++number) {
      clients.push_back(process.connect());
      clients.back().send(get("/cpu?us=10000"));
    }
    for (raw_client& client : clients) {
      const unsigned status = client.read_reply().status;
      seen.served += status == 200 ? 1 : 0;
      seen.refused += status == 503 ? 1 : 0;
    }
  }
  EXPECT_EQ(seen.served + seen.refused, static_cast<unsigned>(crowd * rounds)) << "nobody is left";
  return seen;
}

TEST_P(delay, who_has_waited_too_long_in_a_queue_that_stands_is_refused) {
  server_process process(GetParam(), {"--max-delay-s", "0.02"});
  JACKDAW_REQUIRE_LISTENING(process);
  const shares seen = overload(process, 2);
  EXPECT_GT(seen.served, 0u);
  EXPECT_GT(seen.refused, 0u);
  raw_client later = process.connect();
  const prometheus_reader read(later.ask(get("/metrics")).body);
  EXPECT_EQ(read.value("jackdaw_http_shed_total{reason=\"delay\"}"), seen.refused);
}

TEST_P(delay, without_a_limit_everybody_waits_for_his_turn) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  EXPECT_EQ(overload(process, 1).refused, 0u);
}

}  // namespace
}  // namespace jackdaw::test
