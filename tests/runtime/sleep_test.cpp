// tests/runtime/sleep_test.cpp
//
// Goal: waiting for time. Method: virtual clocks, so that durations are exact.
#include "../support/runtime_test.hpp"
#include <jackdaw/runtime/runtime.hpp>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::virtual_kinds;

class sleep_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(sleep_test, virtual_kinds());

time_point now() { return this_task::scheduler().now(); }

TEST_P(sleep_test, an_interval_loses_no_tick_when_the_wait_for_it_is_cancelled) {
  run([]() -> task<void> {
    const time_point begin = now();
    interval every(100ms);
    bool timed_out = false;
    try {
      co_await timeout(30ms, every.tick());
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    co_await every.tick();
    EXPECT_EQ(now() - begin, 100ms);
  }());
}

}  // namespace
}  // namespace jackdaw
