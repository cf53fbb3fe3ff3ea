// tests/io/unix_address_test.cpp
//
// Goal: a path, an abstract name and no name are told apart and come back as they were. Method: values
// against each other and against what the kernel says of sockets bound to them.
#include <jackdaw/io/unix_address.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace jackdaw::io {
namespace {

std::string reason(unix_address (*make)(std::string_view), std::string_view name) {
  try {
    static_cast<void>(make(name));
  } catch (const std::invalid_argument& rejected) {
    return rejected.what();
  }
  return "";
}

TEST(unix_address_test, a_path_a_name_and_nothing_are_told_apart) {
  const auto path = unix_address::path("/run/x");
  EXPECT_TRUE(path.is_path() && !path.is_abstract() && !path.is_unnamed());
  EXPECT_EQ(path.name(), "/run/x");
  EXPECT_EQ(path.to_string(), "/run/x");
  const auto abstract = unix_address::abstract("/run/x");
  EXPECT_TRUE(!abstract.is_path() && abstract.is_abstract() && !abstract.is_unnamed());
  EXPECT_EQ(abstract.name(), "/run/x");
  EXPECT_EQ(abstract.to_string(), "@/run/x");
  const unix_address unnamed;
  EXPECT_TRUE(!unnamed.is_path() && !unnamed.is_abstract() && unnamed.is_unnamed());
  EXPECT_EQ(unnamed.to_string(), "unnamed");
  EXPECT_NE(path, abstract);
  EXPECT_NE(path, unnamed);
  EXPECT_NE(abstract, unix_address::abstract("/run/y"));
  EXPECT_EQ(path, unix_address::path("/run/x"));
}

TEST(unix_address_test, an_abstract_name_is_any_bytes) {
  const std::string name("a\0b", 3);
  const auto made = unix_address::abstract(name);
  EXPECT_EQ(made.name(), name);
  EXPECT_EQ(made.to_string(), "@a@b");
  EXPECT_NE(made, unix_address::abstract("a"));
  EXPECT_NE(unix_address::abstract(""), unix_address());
}

TEST(unix_address_test, what_cannot_be_a_path_is_refused_with_the_reason) {
  EXPECT_EQ(reason(&unix_address::path, ""), "local address \"\": the path is empty");
  EXPECT_EQ(reason(&unix_address::path, std::string_view("a\0b", 3)),
            "local address \"a\": the path contains a NUL");
  const std::string longest(unix_address::name_max, 'x');
  EXPECT_EQ(unix_address::path(longest).name(), longest);
  EXPECT_EQ(unix_address::abstract(longest).name(), longest);
  EXPECT_NE(reason(&unix_address::path, longest + "x"), "");
  EXPECT_NE(reason(&unix_address::abstract, longest + "x"), "");
}

TEST(unix_address_test, the_kernel_gives_back_what_it_was_given) {
  const auto name = unix_address::abstract("jackdaw-" + std::to_string(getpid()));
  const int bound = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(bound, 0);
  ASSERT_EQ(::bind(bound, name.raw(), name.length()), 0);
  sockaddr_un found{};
  socklen_t length = sizeof(found);
  auto* const raw = reinterpret_cast<sockaddr*>(&found);
  ASSERT_EQ(getsockname(bound, raw, &length), 0);
  EXPECT_EQ(unix_address(raw, length), name);
  close(bound);
}

TEST(unix_address_test, other_families_are_refused) {
  sockaddr_in internet{};
  internet.sin_family = AF_INET;
  EXPECT_THROW(unix_address(reinterpret_cast<const sockaddr*>(&internet), sizeof(internet)),
               std::invalid_argument);
}

}  // namespace
}  // namespace jackdaw::io
