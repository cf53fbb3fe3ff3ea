// The accountant: a listener that compares live_frames() before and after each test.
#include "leak_check.hpp"

#include <jackdaw/runtime/frame_allocator.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace jackdaw::testing {
namespace {

class accountant final : public ::testing::EmptyTestEventListener {
 public:
  void OnTestStart(const ::testing::TestInfo&) override { before_ = live_frames(); }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    const std::int64_t left = live_frames() - before_;
    EXPECT_EQ(left, 0) << "frames or task records outlived " << test.name();
  }

 private:
  std::int64_t before_ = 0;
};

}  // namespace

bool count_leaks() {
  static const bool registered = [] {
    // Before the printer, which then reports a leak as part of the test.
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    auto* const printer = listeners.Release(listeners.default_result_printer());
    listeners.Append(new accountant);
    listeners.Append(printer);
    return true;
  }();
  return registered;
}

}  // namespace jackdaw::testing
