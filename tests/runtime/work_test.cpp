// tests/runtime/work_test.cpp
//
// Goal: run queues hold anything that begins with a work. Method: works of two kinds in one list.
#include <jackdaw/runtime/work.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

struct appends : work {
  appends(std::vector<int>& target, int value)
      : work(&appends::run_it), log(&target), number(value) {}
  static void run_it(work& self) {
    auto& item = static_cast<appends&>(self);
    item.log->push_back(item.number);
  }
  std::vector<int>* log;
  int number;
};

struct deletes_itself : work {
  explicit deletes_itself(int& count) : work(&deletes_itself::run_it), runs(&count) {}
  static void run_it(work& self) {
    const std::unique_ptr<deletes_itself> item(&static_cast<deletes_itself&>(self));
    ++*item->runs;
  }
  int* runs;
};

int run_all(work_list& list) {
  int count = 0;
  while (work* const item = list.pop_front()) {
    item->run(*item);
    ++count;
  }
  return count;
}

TEST(work_test, works_of_different_kinds_run_in_the_order_of_the_list) {
  std::vector<int> log;
  int runs = 0;
  appends first(log, 1);
  appends second(log, 2);
  work_list list;
  list.push_back(first);
  list.push_back(*new deletes_itself(runs));
  list.push_back(second);
  EXPECT_EQ(run_all(list), 3);
  EXPECT_EQ(log, (std::vector{1, 2}));
  EXPECT_EQ(runs, 1);
}

TEST(work_test, a_work_may_queue_itself_again_while_it_runs) {
  struct again : work {
    explicit again(work_list& where) : work(&again::run_it), list(&where) {}
    static void run_it(work& self) {
      auto& item = static_cast<again&>(self);
      if (++item.runs < 3) {
        item.list->push_back(item);
      }
    }
    work_list* list;
    int runs = 0;
  };
  work_list list;
  again item(list);
  list.push_back(item);
  EXPECT_EQ(run_all(list), 3);
  EXPECT_EQ(item.runs, 3);
}

}  // namespace
}  // namespace jackdaw
