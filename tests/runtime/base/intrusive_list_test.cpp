// tests/runtime/base/intrusive_list_test.cpp
//
// Goal: order, and removal from anywhere. Method: units, and random operations beside a std::list.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/intrusive_list.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

struct item : list_links {
  explicit item(int value) : number(value) {}
  int number;
};

std::vector<int> numbers(const intrusive_list<item>& list) {
  std::vector<int> result;
  for (const item* at = list.front(); at != nullptr; at = list.next_of(*at)) {
    result.push_back(at->number);
  }
  return result;
}

void clear(intrusive_list<item>& list) {
  while (list.pop_front() != nullptr) {
  }
}

TEST(intrusive_list_test, a_new_list_is_empty) {
  intrusive_list<item> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.front(), nullptr);
  EXPECT_EQ(list.pop_front(), nullptr);
  EXPECT_EQ(list.count(), 0U);
}

TEST(intrusive_list_test, items_come_out_in_the_order_in_which_they_went_in) {
  intrusive_list<item> list;
  item one{1};
  item two{2};
  item three{3};
  for (item* const next : {&one, &two, &three}) {
    list.push_back(*next);
  }
  EXPECT_EQ(numbers(list), (std::vector{1, 2, 3}));
  EXPECT_EQ(list.count(), 3U);
  EXPECT_EQ(list.pop_front(), &one);
  EXPECT_EQ(list.pop_front(), &two);
  EXPECT_EQ(list.pop_front(), &three);
  EXPECT_TRUE(list.empty());
}

TEST(intrusive_list_test, first_middle_and_last_can_be_removed) {
  for (const int removed : {0, 1, 2}) {
    intrusive_list<item> list;
    std::array items{item{0}, item{1}, item{2}};
    for (item& next : items) {
      list.push_back(next);
    }
    intrusive_list<item>::remove(items[static_cast<std::size_t>(removed)]);
    std::vector expected{0, 1, 2};
    expected.erase(expected.begin() + removed);
    EXPECT_EQ(numbers(list), expected);
    clear(list);
  }
}

TEST(intrusive_list_test, an_item_knows_whether_it_is_linked_and_may_go_to_another_list) {
  intrusive_list<item> first;
  intrusive_list<item> second;
  item only{1};
  EXPECT_FALSE(only.linked());
  first.push_back(only);
  EXPECT_TRUE(only.linked());
  intrusive_list<item>::remove(only);
  EXPECT_FALSE(only.linked());
  EXPECT_TRUE(first.empty());
  second.push_back(only);
  EXPECT_EQ(second.pop_front(), &only);
}

TEST(intrusive_list_test, misuse_is_caught) {
  item only{1};
  intrusive_list<item> list;
  EXPECT_DEATH(intrusive_list<item>::remove(only), "links\\.linked\\(\\)");
  list.push_back(only);
  EXPECT_DEATH(list.push_back(only), "!links\\.linked\\(\\)");
  EXPECT_DEATH({ list.~intrusive_list(); }, "empty\\(\\)");
  clear(list);
}

TEST(intrusive_list_test, an_item_goes_behind_another_one_or_to_the_front) {
  std::vector<item> items;
  for (int number = 0; number < 4; ++number) {
    items.emplace_back(number);
  }
  intrusive_list<item> list;
  EXPECT_EQ(list.back(), nullptr);
  list.insert_after(nullptr, items[2]);
  list.insert_after(nullptr, items[0]);
  list.insert_after(&items[0], items[1]);
  list.insert_after(list.back(), items[3]);
  EXPECT_EQ(numbers(list), (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(list.back(), &items[3]);
  EXPECT_EQ(list.previous_of(items[3]), &items[2]);
  EXPECT_EQ(list.previous_of(items[0]), nullptr);
  clear(list);
}

TEST(intrusive_list_test, random_operations_agree_with_a_std_list) {
  auto random = testing::random_numbers(1);
  intrusive_list<item> list;
  std::list<int> oracle;
  std::vector<item> items;
  for (int number = 0; number < 40; ++number) {
    items.emplace_back(number);
  }
  for (int step = 0; step < testing::scaled(20'000); ++step) {
    item& chosen = items[random() % items.size()];
    if (random() % 8 == 0) {
      const item* const popped = list.pop_front();
      ASSERT_EQ(popped == nullptr, oracle.empty());
      if (popped != nullptr) {
        ASSERT_EQ(popped->number, oracle.front());
        oracle.pop_front();
      }
    } else if (chosen.linked()) {
      intrusive_list<item>::remove(chosen);
      oracle.remove(chosen.number);
    } else {
      list.push_back(chosen);
      oracle.push_back(chosen.number);
    }
    ASSERT_TRUE(std::ranges::equal(numbers(list), oracle)) << "step " << step;
    ASSERT_EQ(list.count(), oracle.size());
  }
  clear(list);
}

}  // namespace
}  // namespace jackdaw
