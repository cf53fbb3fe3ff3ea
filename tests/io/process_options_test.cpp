// tests/io/process_options_test.cpp
//
// Goal: the child's variables are the parent's with changes, or only its own; what cannot be said is
// refused. Method: a variable of this process that nobody else uses.
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/process_options.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace jackdaw::io {
namespace {

using namespace std::string_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr const char* name = "JACKDAW_PROCESS_OPTIONS_TEST";

class process_options_test : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(setenv(name, "parent", 1), 0); }
  void TearDown() override { unsetenv(name); }
};

int error_of(const process_options& options) {
  try {
    options.check();
    return 0;
  } catch (const error& refused) {
    EXPECT_EQ(std::string(refused.what()).find("spawn "), 0U) << refused.what();
    return refused.number();
  }
}

TEST_F(process_options_test, variables_are_the_parents_unless_they_are_replaced) {
  process_options options("true");
  EXPECT_THAT(options.environment_of_child(), Contains(name + "=parent"s));
  options.environment.emplace_back(name, "child");
  options.environment.emplace_back("JACKDAW_PROCESS", "a prefix of the other");
  EXPECT_THAT(options.environment_of_child(), Contains(name + "=child"s));
  EXPECT_THAT(options.environment_of_child(), Not(Contains(name + "=parent"s)));
}

TEST_F(process_options_test, an_empty_environment_has_only_what_is_set) {
  process_options options("true");
  options.empty_environment = true;
  EXPECT_TRUE(options.environment_of_child().empty());
  options.environment.emplace_back("A", "");
  EXPECT_THAT(options.environment_of_child(), ElementsAre("A="));
}

TEST_F(process_options_test, strings_that_the_kernel_would_cut_are_refused) {
  EXPECT_EQ(error_of(process_options("true")), 0);
  EXPECT_EQ(error_of(process_options("true", {"fine"})), 0);
  EXPECT_EQ(error_of(process_options("tr\0ue"s)), EINVAL);
  EXPECT_EQ(error_of(process_options("true", {"fine", "cu\0t"s})), EINVAL);
  for (const auto& [key, value] : {std::pair(""s, "x"s), std::pair("A=B"s, "x"s),
                                   std::pair("A\0"s, "x"s), std::pair("A"s, "\0"s)}) {
    process_options options("true");
    options.environment.emplace_back(key, value);
    EXPECT_EQ(error_of(options), EINVAL);
  }
  process_options elsewhere("true");
  elsewhere.directory = "/\0"s;
  EXPECT_EQ(error_of(elsewhere), EINVAL);
}

}  // namespace
}  // namespace jackdaw::io
