// tests/support/runtime_test.hpp
//
// The fixture of tests of behaviour: runs a coroutine over the runtime that is the test's parameter,
// and collects what is reported. Write
//
//   class event_test : public runtime_test {};
//   JACKDAW_OVER_KINDS(event_test, all_kinds());
//   TEST_P(event_test, a_sentence_about_behaviour) { run([]() -> task<void> { ... }()); }
#pragma once

#include "leak_check.hpp"
#include "runtime_kind.hpp"
#include <jackdaw/runtime/report.hpp>

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

namespace jackdaw::testing {

/// What the failure handler was told. Threads: any.
class failure_log {
 public:
  [[nodiscard]] failure_handler handler() {
    return [this](const failure& failure) {
      const std::lock_guard guard(lock_);
      failures_.push_back(failure);
    };
  }
  [[nodiscard]] std::vector<failure> all() const {
    const std::lock_guard guard(lock_);
    return failures_;
  }
  /// "message|task|exception", one line each.
  [[nodiscard]] std::string text() const {
    std::string lines;
    for (const failure& failure : all()) {
      lines += failure.message + "|" + failure.task_name + "|" + describe(failure.exception) + "\n";
    }
    return lines;
  }

 private:
  mutable std::mutex lock_;
  std::vector<failure> failures_;
};

class runtime_test : public ::testing::TestWithParam<runtime_kind> {
 protected:
  template <class T>
  T run(task<T> main) {
    run_options options;
    options.on_failure = failures_.handler();
    return run_in(GetParam(), std::move(main), options);
  }

  [[nodiscard]] failure_log& failures() { return failures_; }

  /// A test that expects reports says so; all others must end without any.
  void expect_failures() { failures_expected_ = true; }

  void TearDown() override {
    if (!failures_expected_) {
      EXPECT_EQ(failures_.text(), "") << "reported, but nobody expected it";
    }
  }

 private:
  failure_log failures_;
  bool failures_expected_ = false;
};

struct kind_name {
  std::string operator()(const ::testing::TestParamInfo<runtime_kind>& info) const {
    return info.param.name;
  }
};

}  // namespace jackdaw::testing

#define JACKDAW_OVER_KINDS(suite, kinds) \
  INSTANTIATE_TEST_SUITE_P(over, suite, ::testing::ValuesIn(kinds), ::jackdaw::testing::kind_name())
