// tests/runtime/scheduler_test.cpp
//
// Goal: what all schedulers share: time, reports, the registry. Method: a scheduler driven by hand.
#include "../support/leak_check.hpp"
#include "manual_scheduler.hpp"
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::manual_scheduler;

task<int> answer() { co_return 42; }

task<void> fails() {
  throw std::runtime_error("boom");
  co_return;
}

template <class Function>
std::string stderr_of(Function function) {
  ::testing::internal::CaptureStderr();
  function();
  return ::testing::internal::GetCapturedStderr();
}

TEST(scheduler_test, its_time_is_that_of_its_clock) {
  manual_scheduler scheduler;
  EXPECT_EQ(&scheduler.time_source(), &scheduler.time());
  EXPECT_EQ(scheduler.now(), time_point{});
  scheduler.time().advance_to(time_point(7s));
  EXPECT_EQ(scheduler.now(), time_point(7s));
}

TEST(scheduler_test, a_note_of_whoever_put_it_together_is_kept) {
  manual_scheduler scheduler;
  EXPECT_EQ(scheduler.owner(), nullptr);
  int owner = 0;
  scheduler.set_owner(&owner);
  EXPECT_EQ(scheduler.owner(), &owner);
}

TEST(scheduler_test, a_spawned_task_runs_when_the_scheduler_says_so_and_its_result_stays) {
  manual_scheduler scheduler;
  const auto handle = spawn_on(scheduler, answer());
  EXPECT_FALSE(handle.done());
  EXPECT_EQ(&handle.record().home(), &scheduler);
  EXPECT_EQ(scheduler.tasks().alive(), 1U);
  scheduler.run_all();
  EXPECT_EQ(handle.result(), 42);
  EXPECT_EQ(scheduler.tasks().alive(), 0U);
}

TEST(scheduler_test, reports_go_to_the_handler) {
  std::vector<std::string> messages;
  manual_scheduler scheduler([&](const failure& failure) { messages.push_back(failure.message); });
  const std::string printed = stderr_of([&] { scheduler.report({"first", {}, nullptr}); });
  EXPECT_EQ(messages, (std::vector<std::string>{"first"}));
  EXPECT_EQ(printed, "");
}

TEST(scheduler_test, without_a_handler_reports_go_to_stderr) {
  manual_scheduler scheduler;
  EXPECT_EQ(stderr_of([&] { scheduler.report({"something", "name", nullptr}); }),
            "jackdaw: something (task name)\n");
  EXPECT_EQ(stderr_of([] { report_with(nullptr, {"nobody listens", {}, nullptr}); }),
            "jackdaw: nobody listens\n");
}

TEST(scheduler_test, a_handler_that_throws_is_itself_reported) {
  manual_scheduler scheduler([](const failure&) { throw std::runtime_error("handler broke"); });
  const std::string printed = stderr_of([&] { scheduler.report({"something", "name", nullptr}); });
  EXPECT_NE(printed.find("Unhandled error in exception handler (task name)"), std::string::npos);
  EXPECT_NE(printed.find("handler broke"), std::string::npos);
}

TEST(scheduler_test, the_handler_may_outlive_its_scheduler_where_an_exception_still_waits) {
  std::vector<std::string> messages;
  std::optional<join_handle<void>> handle;
  {
    manual_scheduler scheduler(
        [&](const failure& failure) { messages.push_back(failure.message); });
    handle = spawn_on(scheduler, fails());
    scheduler.run_all();
  }
  EXPECT_TRUE(messages.empty());
  handle.reset();
  EXPECT_EQ(messages, (std::vector<std::string>{"Task exception was never retrieved"}));
}

}  // namespace
}  // namespace jackdaw
