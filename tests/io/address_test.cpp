// tests/io/address_test.cpp
//
// Goal: addresses survive the way to text and back, and what is no address is refused with a reason.
// Method: tables.
#include <jackdaw/io/address.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/un.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace jackdaw::io {
namespace {

using namespace std::string_view_literals;

struct good_row {
  const char* text;
  const char* canonical;
  int family;
  std::uint16_t port;
};

constexpr good_row good[] = {
    {"127.0.0.1:80", "127.0.0.1:80", AF_INET, 80},
    {"0.0.0.0:0", "0.0.0.0:0", AF_INET, 0},
    {"255.255.255.255:65535", "255.255.255.255:65535", AF_INET, 65535},
    {"10.0.0.1:00080", "10.0.0.1:80", AF_INET, 80},
    {"[::1]:80", "[::1]:80", AF_INET6, 80},
    {"[::]:0", "[::]:0", AF_INET6, 0},
    {"[2001:DB8:0:0:0:0:0:1]:443", "[2001:db8::1]:443", AF_INET6, 443},
    {"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", AF_INET6, 1},
    {"[fe80::1:2:3:4]:65535", "[fe80::1:2:3:4]:65535", AF_INET6, 65535},
    {"[fe80::1%2]:80", "[fe80::1%2]:80", AF_INET6, 80},
    {"[fe80::1%4294967295]:80", "[fe80::1%4294967295]:80", AF_INET6, 80},
};

TEST(address_test, text_becomes_an_address_and_the_same_text_again) {
  for (const good_row& row : good) {
    const address parsed = address::parse(row.text);
    EXPECT_EQ(parsed.to_string(), row.canonical);
    EXPECT_EQ(parsed.family(), row.family) << row.text;
    EXPECT_EQ(parsed.is_ipv6(), row.family == AF_INET6) << row.text;
    EXPECT_EQ(parsed.port(), row.port) << row.text;
    EXPECT_EQ(address::parse(parsed.to_string()), parsed) << row.text;
  }
}

struct bad_row {
  std::string_view text;
  const char* reason;
};

constexpr bad_row bad[] = {
    {"", "there is no port"},
    {"localhost", "there is no port"},
    {"127.0.0.1", "there is no port"},
    {"localhost:80", "names need resolve()"},
    {":80", "not an IPv4 address"},
    {"127.0.0.1:", "the port is not a number"},
    {"127.0.0.1:65536", "the port is not a number"},
    {"127.0.0.1:-1", "the port is not a number"},
    {"127.0.0.1:+1", "the port is not a number"},
    {"127.0.0.1: 1", "the port is not a number"},
    {"127.0.0.1:1 ", "the port is not a number"},
    {"127.0.0.1:0x50", "the port is not a number"},
    {"127.0.0.1:http", "the port is not a number"},
    {"127.0.0.1:99999999999999999999", "the port is not a number"},
    {"127.0.0:80", "not an IPv4 address"},
    {"127.0.0.256:80", "not an IPv4 address"},
    {" 127.0.0.1:80", "not an IPv4 address"},
    {"127.0.0.1:80:90", "not an IPv4 address"},
    {"::1:80", "IPv6 goes in brackets"},
    {"[::1]", "the port is not a number"},
    {"[::1]80", "the port is not a number"},
    {"[::1:80", "not an IPv4 address"},
    {"[]:80", "not an IPv6 address"},
    {"[127.0.0.1]:80", "not an IPv6 address"},
    {"[::g]:80", "not an IPv6 address"},
    {"[1:2:3:4:5:6:7:8:9]:80", "not an IPv6 address"},
    {"[fe80::1%no-interface]:80", "its scope is neither"},
    {"[fe80::1%]:80", "its scope is neither"},
    {"[fe80::1%0]:80", "its scope is neither"},
    {"[fe80::1%-1]:80", "its scope is neither"},
    {"[fe80::1%4294967296]:80", "its scope is neither"},
    {"[%2]:80", "not an IPv6 address"},
    {"127.0.0.1%2:80", "not an IPv4 address"},
    {"127.0.0.1\0.example.org:80"sv, "NUL"},
    {"[::1\0]:80"sv, "NUL"},
    {"127.0.0.1:80\0"sv, "the port is not a number"},
};

TEST(address_test, what_is_no_address_is_refused_with_the_reason_and_an_example) {
  for (const bad_row& row : bad) {
    try {
      const address parsed = address::parse(row.text);
      ADD_FAILURE() << row.text << " became " << parsed.to_string();
    } catch (const std::invalid_argument& refused) {
      EXPECT_NE(std::string(refused.what()).find(row.reason), std::string::npos) << refused.what();
      EXPECT_NE(std::string(refused.what()).find("127.0.0.1:8080"), std::string::npos)
          << refused.what();
    }
  }
}

TEST(address_test, the_default_is_any_address_and_no_port) {
  EXPECT_EQ(address().to_string(), "0.0.0.0:0");
  EXPECT_EQ(address::any(8080).to_string(), "0.0.0.0:8080");
  EXPECT_EQ(address::loopback(8080).to_string(), "127.0.0.1:8080");
  EXPECT_EQ(address::loopback(8080).host(), "127.0.0.1");
}

TEST(address_test, equal_means_the_same_family_host_and_port) {
  EXPECT_EQ(address::loopback(1), address::parse("127.0.0.1:1"));
  EXPECT_FALSE(address::loopback(1) == address::loopback(2));
  EXPECT_FALSE(address::loopback(1) == address::any(1));
  EXPECT_FALSE(address::parse("[::]:1") == address::any(1));
  EXPECT_FALSE(address::parse("[::1]:1") == address::parse("[::2]:1"));
}

TEST(address_test, the_same_host_on_another_link_is_another_address) {
  const address second = address::parse("[fe80::1%2]:80");
  const address third = address::parse("[fe80::1%3]:80");
  EXPECT_EQ(second, address::parse("[fe80::1%2]:80"));
  EXPECT_FALSE(second == third);
  EXPECT_FALSE(second == address::parse("[fe80::1]:80"));
  EXPECT_EQ(second.host(), "fe80::1%2");
  EXPECT_EQ(address(third.raw(), third.length()).to_string(), "[fe80::1%3]:80");
}

TEST(address_test, a_link_may_be_named) {
  const unsigned number = if_nametoindex("lo");
  if (number == 0) {
    GTEST_SKIP() << "there is no interface \"lo\"";
  }
  EXPECT_EQ(address::parse("[fe80::1%lo]:80").host(), "fe80::1%" + std::to_string(number));
}

TEST(address_test, the_form_of_the_kernel_goes_in_and_comes_out) {
  const address v4 = address::parse("1.2.3.4:5");
  EXPECT_EQ(v4.length(), sizeof(sockaddr_in));
  EXPECT_EQ(address(v4.raw(), v4.length()), v4);
  const address v6 = address::parse("[1::2]:5");
  EXPECT_EQ(v6.length(), sizeof(sockaddr_in6));
  EXPECT_EQ(address(v6.raw(), v6.length()), v6);
  EXPECT_GE(address::capacity, v6.length());
}

TEST(address_test, other_families_and_cut_off_addresses_are_refused) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_THROW(address(reinterpret_cast<const sockaddr*>(&local), sizeof(local)),
               std::invalid_argument);
  const address v4 = address::loopback(1);
  EXPECT_THROW(address(v4.raw(), v4.length() - 1), std::invalid_argument);
  const address v6 = address::parse("[::1]:1");
  EXPECT_THROW(address(v6.raw(), sizeof(sockaddr_in)), std::invalid_argument);
}

}  // namespace
}  // namespace jackdaw::io
