// tests/runtime/current_test.cpp
//
// Goal: each thread knows what runs on it. Method: threads, and a task of a scheduler driven by hand.
#include "../support/leak_check.hpp"
#include "manual_scheduler.hpp"
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace jackdaw {
namespace {

using testing::manual_scheduler;

task<void> look_around(scheduler*& found_scheduler, task_record*& found_task) {
  found_scheduler = &current_scheduler();
  found_task = &current_task();
  co_return;
}

struct looks_around : work {
  looks_around() : work(&looks_around::run_it) {}
  static void run_it(work& self) {
    auto& item = static_cast<looks_around&>(self);
    item.found_scheduler = current_context().scheduler;
    item.found_task = current_context().task;
  }
  scheduler* found_scheduler = nullptr;
  task_record* found_task = nullptr;
};

TEST(current_test, a_thread_of_nobody_has_an_empty_context) {
  std::thread([] {
    EXPECT_EQ(current_context().scheduler, nullptr);
    EXPECT_EQ(current_context().driver, nullptr);
    EXPECT_EQ(current_context().task, nullptr);
    EXPECT_FALSE(current_context().task_ended);
  }).join();
}

TEST(current_test, every_thread_has_its_own_context_and_keeps_it) {
  execution_context* const mine = &current_context();
  EXPECT_EQ(mine, &current_context());
  std::thread([mine] { EXPECT_NE(mine, &current_context()); }).join();
}

TEST(current_test, outside_of_a_runtime_asking_for_the_scheduler_says_what_to_do) {
  try {
    static_cast<void>(current_scheduler());
    FAIL() << "no exception";
  } catch (const std::logic_error& error) {
    EXPECT_NE(std::string(error.what()).find("inside run()"), std::string::npos);
  }
}

TEST(current_test, outside_of_a_task_asking_for_the_task_is_a_bug) {
  EXPECT_DEATH(static_cast<void>(current_task()), "task != nullptr");
}

TEST(current_test, a_task_finds_itself_and_its_scheduler) {
  manual_scheduler scheduler;
  jackdaw::scheduler* found_scheduler = nullptr;
  task_record* found_task = nullptr;
  const auto handle = spawn_on(scheduler, look_around(found_scheduler, found_task));
  scheduler.run_all();
  EXPECT_EQ(found_scheduler, &scheduler);
  EXPECT_EQ(found_task, &handle.record());
  EXPECT_EQ(current_context().scheduler, nullptr) << "the scope is over";
}

TEST(current_test, a_callback_after_a_task_finds_no_task) {
  manual_scheduler scheduler;
  jackdaw::scheduler* found_scheduler = nullptr;
  task_record* found_task = nullptr;
  looks_around callback;
  spawn_on(scheduler, look_around(found_scheduler, found_task));
  scheduler.schedule(callback);
  scheduler.run_all();
  EXPECT_NE(found_task, nullptr);
  EXPECT_EQ(callback.found_scheduler, &scheduler);
  EXPECT_EQ(callback.found_task, nullptr);
}

}  // namespace
}  // namespace jackdaw
