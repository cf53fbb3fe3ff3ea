// Goal: a client has the name that a log wants, and one place, which it gives back.

#include <jackdaw/tools/http/client.hpp>

#include <gtest/gtest.h>

namespace jackdaw::http {
namespace {

TEST(client, is_called_by_its_address_without_port_and_clothes) {
  EXPECT_EQ(client(io::address::parse("192.0.2.1:99")).host(), "192.0.2.1");
  EXPECT_EQ(client(io::address::parse("[2001:db8::1]:99")).host(), "2001:db8::1");
  EXPECT_EQ(client(io::address::parse("[::ffff:192.0.2.1]:99")).host(), "192.0.2.1");
}

TEST(client, gives_back_the_place_that_it_has) {
  address_counts counts;
  const io::address address = io::address::parse("192.0.2.1:99");
  {
    client first(address);
    client second(address);
    EXPECT_TRUE(first.take_place(counts, 1));
    EXPECT_FALSE(second.take_place(counts, 1));
  }
  EXPECT_EQ(counts.size(), 0u);
}

}  // namespace
}  // namespace jackdaw::http
