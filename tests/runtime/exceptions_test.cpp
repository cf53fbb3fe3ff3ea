// tests/runtime/exceptions_test.cpp
//
// Goal: which handler catches what. Method: the types, and what they say.
#include <jackdaw/runtime/exceptions.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace jackdaw {
namespace {

static_assert(!std::derived_from<base_exception, std::exception>);
static_assert(std::derived_from<cancelled_error, base_exception>);
static_assert(std::derived_from<keyboard_interrupt, base_exception>);
static_assert(std::derived_from<system_exit, base_exception>);
static_assert(std::derived_from<timeout_error, std::runtime_error>);
static_assert(std::derived_from<invalid_state_error, std::runtime_error>);
static_assert(std::has_virtual_destructor_v<base_exception>);

template <class Error>
std::string caught_as(const Error& error) {
  try {
    throw error;
  } catch (const std::exception&) {
    return "std::exception";
  } catch (const cancelled_error&) {
    return "cancelled_error";
  } catch (const base_exception&) {
    return "base_exception";
  }
}

TEST(exceptions_test, a_handler_for_std_exception_lets_a_cancellation_pass) {
  EXPECT_EQ(caught_as(cancelled_error("why")), "cancelled_error");
  EXPECT_EQ(caught_as(keyboard_interrupt()), "base_exception");
  EXPECT_EQ(caught_as(system_exit()), "base_exception");
}

TEST(exceptions_test, errors_of_operations_are_ordinary_exceptions) {
  EXPECT_EQ(caught_as(timeout_error()), "std::exception");
  EXPECT_EQ(caught_as(invalid_state_error("Result is not set.")), "std::exception");
}

TEST(exceptions_test, a_base_exception_keeps_its_message_also_in_copies) {
  const cancelled_error original("stop it");
  const cancelled_error copy = original;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(original.message(), "stop it");
  EXPECT_EQ(copy.message(), "stop it");
  cancelled_error assigned;
  EXPECT_EQ(assigned.message(), "");
  assigned = copy;
  EXPECT_EQ(assigned.message(), "stop it");
}

TEST(exceptions_test, a_message_survives_the_throw) {
  try {
    throw cancelled_error("from far away");
  } catch (const base_exception& caught) {
    EXPECT_EQ(caught.message(), "from far away");
  }
}

TEST(exceptions_test, a_timeout_says_so_unless_it_is_told_what_to_say) {
  EXPECT_STREQ(timeout_error().what(), "the operation timed out");
  EXPECT_STREQ(timeout_error("no answer").what(), "no answer");
}

}  // namespace
}  // namespace jackdaw
