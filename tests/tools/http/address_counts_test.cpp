// Goal: places are counted per IPv4 address and per IPv6 network, and given back.

#include <jackdaw/tools/http/address_counts.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <thread>
#include <vector>

namespace jackdaw::http {
namespace {

address_block block(std::string_view text) { return address_block(io::address::parse(text)); }

TEST(address_counts, an_ipv4_address_is_one_whatever_the_port) {
  EXPECT_EQ(block("192.0.2.1:1"), block("192.0.2.1:2"));
  EXPECT_NE(block("192.0.2.1:1"), block("192.0.2.2:1"));
  EXPECT_NE(block("192.0.2.1:1"), block("193.0.2.1:1"));
}

TEST(address_counts, an_ipv6_network_is_one) {
  EXPECT_EQ(block("[2001:db8:1:2::1]:1"), block("[2001:db8:1:2:ffff::2]:9"));
  EXPECT_NE(block("[2001:db8:1:2::1]:1"), block("[2001:db8:1:3::1]:1"));
  EXPECT_NE(block("[::c000:201]:1"), block("192.0.2.1:1"));
}

TEST(address_counts, an_ipv4_address_in_ipv6_clothes_is_what_it_is) {
  EXPECT_EQ(block("[::ffff:192.0.2.1]:1"), block("192.0.2.1:1"));
  EXPECT_NE(block("[::ffff:192.0.2.1]:1"), block("[::ffff:192.0.2.2]:1"));
}

TEST(address_counts, places_end_at_the_cap_and_are_given_back) {
  address_counts counts;
  const address_block one = block("192.0.2.1:1");
  const address_block other = block("[2001:db8::]:1");
  EXPECT_FALSE(counts.reserve(one, 0));
  EXPECT_EQ(counts.size(), 0u);
  EXPECT_TRUE(counts.reserve(one, 2));
  EXPECT_TRUE(counts.reserve(one, 2));
  EXPECT_FALSE(counts.reserve(one, 2));
  EXPECT_TRUE(counts.reserve(other, 2));
  EXPECT_EQ(counts.size(), 2u);
  counts.release(one);
  EXPECT_TRUE(counts.reserve(one, 2));
  counts.release(one);
  counts.release(one);
  counts.release(other);
  EXPECT_EQ(counts.size(), 0u);  // Who has gone leaves nothing behind.
}

TEST(address_counts, the_cap_holds_among_threads) {
  address_counts counts;
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int number = 0; number < 1000; ++number) {
        admitted += counts.reserve(block("192.0.2.1:1"), 1234) ? 1 : 0;
      }
    });
  }
  for (std::thread& each : threads) {
    each.join();
  }
  EXPECT_EQ(admitted, 1234);
}

}  // namespace
}  // namespace jackdaw::http
