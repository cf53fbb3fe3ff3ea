// tests/runtime/exception_group_test.cpp
//
// Goal: which group is made of which errors, that taking one apart loses nothing and keeps its structure,
// and that handlers leave what Python's except* leaves. Method: groups as text, the part compared with
// what CPython prints for the same group (more of that: the conformance case except_star).
#include <jackdaw/runtime/exception_group.hpp>
#include <jackdaw/runtime/report.hpp>

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace jackdaw {
namespace {

struct value_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct key_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class E>
std::exception_ptr error(const char* text) {
  return std::make_exception_ptr(E(text));
}

std::exception_ptr group(const char* message, std::vector<std::exception_ptr> errors) {
  return make_exception_group(message, std::move(errors));
}

// a(v:1 b(k:2 v:3)); a base_exception_group begins with "base-".
std::string shown(const std::exception_ptr& shows) {
  if (shows == nullptr) {
    return "none";
  }
  const bool ordinary = is_ordinary_exception(shows);
  try {
    std::rethrow_exception(shows);
  } catch (const any_exception_group& members) {
    std::string text = (ordinary ? "" : "base-") + members.message() + "(";
    for (const std::exception_ptr& member : members.exceptions()) {
      text += (text.back() == '(' ? "" : " ") + shown(member);
    }
    return text + ")";
  } catch (const value_error& found) {
    return std::string("v:") + found.what();
  } catch (const key_error& found) {
    return std::string("k:") + found.what();
  } catch (const std::exception& found) {
    return std::string("x:") + found.what();
  } catch (const base_exception& found) {
    return "order:" + found.message();
  } catch (...) {
    return "odd";
  }
}

// a(v:1 b(k:2 v:3 order:4))
std::exception_ptr nested() {
  return group(
      "a", {error<value_error>("1"),
            group("b", {error<key_error>("2"), error<value_error>("3"), error<system_exit>("4")})});
}

template <class E>
std::string parts(const std::exception_ptr& whole) {
  const exception_split both = split<E>(whole);
  return shown(both.matched) + " | " + shown(both.rest);
}

// -- Groups ---------------------------------------------------------------------------------------

TEST(exception_group_test, ordinary_errors_make_a_group_that_is_a_std_exception) {  // S113
  const std::exception_ptr made = group("all", {error<value_error>("1"), error<key_error>("2")});
  EXPECT_TRUE(is_error<std::exception>(made));
  EXPECT_TRUE(is_error<exception_group>(made));
  EXPECT_FALSE(is_error<base_exception>(made));
  EXPECT_EQ(shown(made), "all(v:1 k:2)");
}

TEST(exception_group_test, one_cancellation_among_them_makes_it_pass_handlers_of_std_exception) {
  const std::exception_ptr made =
      group("all", {error<value_error>("1"), error<cancelled_error>("2")});
  EXPECT_FALSE(is_error<std::exception>(made));
  EXPECT_TRUE(is_error<base_exception_group>(made));
  EXPECT_TRUE(is_error<base_exception>(made));
}

TEST(exception_group_test, a_group_is_ordinary_if_its_nested_groups_are) {
  EXPECT_TRUE(is_ordinary_exception(group("a", {group("b", {error<value_error>("1")})})));
  EXPECT_FALSE(is_ordinary_exception(group("a", {group("b", {error<system_exit>("1")})})));
}

TEST(exception_group_test, what_is_no_class_is_ordinary) {
  const std::exception_ptr made = group("odd", {std::make_exception_ptr(7)});
  EXPECT_TRUE(is_error<exception_group>(made));
}

TEST(exception_group_test, an_exception_group_takes_ordinary_errors_only) {
  EXPECT_THROW(exception_group("m", {error<system_exit>("1")}), std::invalid_argument);
  EXPECT_NO_THROW(base_exception_group("m", {error<system_exit>("1")}));
}

TEST(exception_group_test, there_is_no_group_of_nothing) {
  EXPECT_THROW(exception_group("m", {}), std::invalid_argument);
  EXPECT_THROW(base_exception_group("m", {}), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(make_exception_group("m", {})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(make_exception_group("m", {nullptr})), std::invalid_argument);
}

TEST(exception_group_test, its_text_is_pythons) {
  const exception_group one("m", {error<value_error>("1")});
  EXPECT_STREQ(one.what(), "m (1 sub-exception)");
  EXPECT_EQ(one.message(), "m");
  const base_exception_group two("m", {error<value_error>("1"), error<system_exit>("2")});
  EXPECT_EQ(two.message(), "m");
  EXPECT_EQ(static_cast<const base_exception&>(two).message(), "m (2 sub-exceptions)");
}

TEST(exception_group_test, a_report_shows_the_text_of_either_kind) {
  EXPECT_EQ(describe(group("m", {error<value_error>("1")})),
            "jackdaw::exception_group: m (1 sub-exception)");
  EXPECT_EQ(describe(group("m", {error<system_exit>("1")})),
            "jackdaw::base_exception_group: m (1 sub-exception)");
}

TEST(exception_group_test, copies_share_the_errors_and_cannot_fail) {
  static_assert(std::is_nothrow_copy_constructible_v<exception_group>);
  const exception_group first("m", {error<value_error>("1")});
  const exception_group copy(first);  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(&copy.exceptions(), &first.exceptions());
}

TEST(exception_group_test, for_each_finds_errors_in_nested_groups_and_not_the_groups) {
  std::string found;
  try {
    std::rethrow_exception(group("a", {group("b", {error<value_error>("1")}), error<key_error>("2"),
                                       error<system_exit>("3"), std::make_exception_ptr(4)}));
  } catch (const any_exception_group& all) {
    all.for_each<std::exception>([&](const std::exception& each) { found += each.what(); });
    all.for_each<base_exception>([&](const base_exception& each) { found += each.message(); });
    all.for_each<int>([&](int each) { found += std::to_string(each); });
    all.for_each<std::bad_alloc>([&](const std::bad_alloc&) { found += "never"; });
  }
  EXPECT_EQ(found, "1234");
}

TEST(exception_group_test, for_each_lets_exceptions_of_the_function_pass) {
  const exception_group all("m", {error<value_error>("1"), error<value_error>("2")});
  int calls = 0;
  EXPECT_THROW(all.for_each<value_error>([&](const value_error&) {
    ++calls;
    throw std::logic_error("enough");
  }),
               std::logic_error);
  EXPECT_EQ(calls, 1);
}

// -- split ------------------------------------------------------------------------------------------

TEST(split_test, both_parts_keep_structure_and_messages) {
  EXPECT_EQ(parts<value_error>(nested()), "a(v:1 b(v:3)) | base-a(base-b(k:2 order:4))");
  EXPECT_EQ(parts<key_error>(nested()), "a(b(k:2)) | base-a(v:1 base-b(v:3 order:4))");
}

TEST(split_test, a_part_without_orders_to_end_becomes_ordinary) {
  EXPECT_EQ(parts<base_exception>(nested()), "base-a(base-b(order:4)) | a(v:1 b(k:2 v:3))");
}

TEST(split_test, what_does_not_match_at_all_is_the_rest_as_it_is) {
  const std::exception_ptr whole = nested();
  const exception_split both = split<std::bad_alloc>(whole);
  EXPECT_EQ(both.matched, nullptr);
  EXPECT_EQ(both.rest, whole);
}

TEST(split_test, what_matches_in_all_its_errors_is_taken_as_it_is) {
  const std::exception_ptr whole = group("a", {error<value_error>("1"), error<key_error>("2")});
  const exception_split both = split<std::exception>(whole);
  EXPECT_EQ(both.matched, whole);
  EXPECT_EQ(both.rest, nullptr);
}

TEST(split_test, groups_are_matched_themselves_if_it_is_groups_that_are_asked_for) {
  const std::exception_ptr mixed =
      group("a", {group("b", {error<value_error>("1")}), error<system_exit>("2")});
  EXPECT_EQ(parts<exception_group>(mixed), "a(b(v:1)) | base-a(order:2)");
}

TEST(split_test, errors_of_base_classes_match) {
  EXPECT_EQ(parts<std::runtime_error>(nested()), "a(v:1 b(k:2 v:3)) | base-a(base-b(order:4))");
}

TEST(split_test, an_error_that_is_no_group_is_one_of_the_parts) {
  EXPECT_EQ(parts<value_error>(error<value_error>("1")), "v:1 | none");
  EXPECT_EQ(parts<key_error>(error<value_error>("1")), "none | v:1");
  EXPECT_EQ(parts<key_error>(nullptr), "none | none");
}

TEST(split_test, the_errors_themselves_are_not_copied) {
  const std::exception_ptr inner = error<value_error>("1");
  const exception_split both = split<value_error>(group("a", {inner, error<key_error>("2")}));
  try {
    std::rethrow_exception(both.matched);
  } catch (const exception_group& matched) {
    EXPECT_EQ(matched.exceptions().front(), inner);
  }
}

// -- except_star ------------------------------------------------------------------------------------

const auto ignore = [](const any_exception_group&) {};

TEST(except_star_test, each_handler_gets_its_part_once_and_the_rest_is_thrown) {
  std::string seen;
  const auto notes = [&](const any_exception_group&) {
    seen += shown(std::current_exception()) + ";";
  };
  std::exception_ptr left;
  try {
    std::rethrow_exception(nested());
  } catch (...) {
    left = except_star().on<value_error>(notes).on<std::runtime_error>(notes).rest();
  }
  EXPECT_EQ(seen, "a(v:1 b(v:3));a(b(k:2));");
  EXPECT_EQ(shown(left), "base-a(base-b(order:4))");
}

TEST(except_star_test, a_handler_is_not_called_for_nothing) {
  bool called = false;
  const auto notes = [&](const any_exception_group&) { called = true; };
  EXPECT_EQ(shown(except_star(error<value_error>("1")).on<key_error>(notes).rest()), "v:1");
  except_star(nullptr).on<key_error>(notes).raise_rest();
  EXPECT_FALSE(called);
}

TEST(except_star_test, nothing_is_thrown_when_all_was_taken) {
  EXPECT_NO_THROW(
      except_star(nested()).on<std::exception>(ignore).on<base_exception>(ignore).raise_rest());
}

TEST(except_star_test, handlers_take_the_kind_of_group_that_their_errors_make) {
  std::string texts;
  except_star(nested())
      .on<std::exception>([&](const exception_group& matched) { texts += matched.what(); })
      .on<system_exit>([&](const base_exception_group& matched) { texts += matched.message(); })
      .raise_rest();
  EXPECT_EQ(texts, "a (2 sub-exceptions)a");
}

TEST(except_star_test, an_error_that_is_no_group_comes_as_a_group_without_a_message) {
  std::string seen;
  except_star(error<system_exit>("1"))
      .on<system_exit>([&](const base_exception_group&) { seen = shown(std::current_exception()); })
      .raise_rest();
  EXPECT_EQ(seen, "base-(order:1)");
}

TEST(except_star_test, an_error_that_no_handler_took_is_thrown_as_it_is) {
  const std::exception_ptr raised = error<value_error>("1");
  EXPECT_EQ(except_star(raised).on<key_error>(ignore).rest(), raised);
}

TEST(except_star_test, what_is_thrown_again_goes_back_to_its_place) {
  const auto again = [](const any_exception_group&) { throw; };
  const std::exception_ptr left =
      except_star(nested()).on<value_error>(again).on<key_error>(ignore).rest();
  EXPECT_EQ(shown(left), "base-a(v:1 base-b(v:3 order:4))");
}

TEST(except_star_test, new_errors_and_the_rest_are_thrown_together) {
  const auto fails = [](const any_exception_group&) { throw std::logic_error("new"); };
  const std::exception_ptr left =
      except_star(nested()).on<value_error>(fails).on<key_error>(fails).rest();
  EXPECT_EQ(shown(left), "base-(x:new x:new base-a(base-b(order:4)))");
  EXPECT_EQ(shown(except_star(error<key_error>("1")).on<key_error>(fails).rest()), "x:new");
}

TEST(except_star_test, handlers_may_be_added_to_one_that_has_a_name) {
  except_star handlers(nested());
  handlers.on<value_error>(ignore);
  handlers.on<key_error>(ignore);
  EXPECT_EQ(shown(handlers.rest()), "base-a(base-b(order:4))");
  EXPECT_THROW(handlers.raise_rest(), base_exception_group);
}

}  // namespace
}  // namespace jackdaw
