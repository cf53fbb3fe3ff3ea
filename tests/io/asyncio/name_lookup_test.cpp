// tests/io/asyncio/name_lookup_test.cpp
//
// Goal: names become addresses and addresses names, as the system says; families take turns as RFC 8305 has it.
// Method: names that every machine knows, numbers, and lists of our own.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/asyncio/name_lookup.hpp>
#include <jackdaw/io/error.hpp>

#include <gtest/gtest.h>
#include <netdb.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

class name_lookup_test : public testing::io_test {};
JACKDAW_OVER_IO(name_lookup_test, testing::loop_kinds());

task<> addresses_of_this_machine() {
  address_query query;
  query.family = AF_INET;
  query.type = SOCK_DGRAM;
  query.flags = AI_CANONNAME;
  const auto found = co_await getaddrinfo("localhost", "80", query);
  EXPECT_FALSE(found.empty());
  for (const address_info& each : found) {
    EXPECT_EQ(each.family, AF_INET);
    EXPECT_EQ(each.type, SOCK_DGRAM);
    EXPECT_EQ(each.proto, IPPROTO_UDP);
    EXPECT_EQ(each.address.to_string(), "127.0.0.1:80");
  }
  EXPECT_NE(found.front().canonical_name, "");
  address_query any;
  any.type = SOCK_STREAM;
  any.family = AF_INET6;
  any.flags = AI_PASSIVE | AI_NUMERICSERV;
  const auto ours = co_await getaddrinfo("", "7", any);
  EXPECT_EQ(ours.front().address.to_string(), "[::]:7");
}

TEST_P(name_lookup_test, a_host_has_addresses) { run(addresses_of_this_machine()); }

task<int> unknown() {
  address_query query;
  query.flags = AI_NUMERICHOST;
  int status = 0;
  try {
    co_await getaddrinfo("no number", "", query);
  } catch (const resolve_error& failed) {
    status = failed.status();
  }
  co_return status;
}

TEST_P(name_lookup_test, a_name_that_is_none_is_an_error) { EXPECT_EQ(run(unknown()), EAI_NONAME); }

task<std::string> named() {
  const auto names =
      co_await getnameinfo(address::parse("127.0.0.1:12345"), NI_NUMERICHOST | NI_NUMERICSERV);
  co_return names.host + " " + names.service;
}

TEST_P(name_lookup_test, an_address_has_a_name) { EXPECT_EQ(run(named()), "127.0.0.1 12345"); }

task<> endpoints() {
  const endpoint_name known(address::loopback(5));
  EXPECT_EQ(known.known()->address(), address::loopback(5));
  const auto same = co_await known.addresses(AF_UNSPEC);
  EXPECT_EQ(same, std::vector<address>(1, address::loopback(5)));
  auto none = known.addresses(AF_INET6);
  EXPECT_THROW(co_await std::move(none), error);
  const endpoint_name named("localhost", 6);
  EXPECT_EQ(named.known(), nullptr);
  const auto found = co_await named.addresses(AF_INET);
  EXPECT_EQ(found.front(), address::loopback(6));
  const endpoint_name path(socket_name("/a/path"));
  auto no_address = path.addresses(AF_UNSPEC);
  EXPECT_THROW(co_await std::move(no_address), std::invalid_argument);
}

TEST_P(name_lookup_test, an_endpoint_is_looked_up_if_it_is_a_name) { run(endpoints()); }

std::string order_of(const std::vector<address>& all) {
  std::string text;
  for (const address& each : all) {
    text += (each.is_ipv6() ? "s" : "f") + std::to_string(each.port());
  }
  return text;
}

address four(std::uint16_t number) { return address::loopback(number); }
address six(std::uint16_t number) { return address::parse("[::1]:" + std::to_string(number)); }

TEST(interleaved_test, families_take_turns_behind_the_first_ones) {
  const std::vector<address> all = {six(1), six(2), six(3), four(1), four(2)};
  EXPECT_EQ(order_of(interleaved(all, 1)), "s1f1s2f2s3");
  EXPECT_EQ(order_of(interleaved(all, 2)), "s1s2f1s3f2");
  EXPECT_EQ(order_of(interleaved(all, 3)), "s1s2s3f1f2");
  EXPECT_EQ(order_of(interleaved(all, 9)), "s1s2s3f1f2");
  EXPECT_EQ(order_of(interleaved({four(1), four(2)}, 1)), "f1f2");
  EXPECT_EQ(order_of(interleaved({}, 1)), "");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
