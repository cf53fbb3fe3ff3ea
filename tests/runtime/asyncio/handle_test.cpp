// tests/runtime/asyncio/handle_test.cpp
//
// Goal: who holds a callback, who may cancel it, and when it goes (S11). Method: callbacks that own
// something whose life can be seen.
#include "../../support/leak_check.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/asyncio/handle.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;
using jackdaw::testing::trace;

class handle_test : public ::testing::Test {
 protected:
  static loop_options options(virtual_world& world, const virtual_clock& clock) {
    loop_options options;
    options.make_driver = [&world](unsigned) { return std::make_unique<virtual_driver>(world); };
    options.time_source = &clock;
    return options;
  }

  /// Runs the callbacks that are ready now.
  void run_one_turn() {
    loop.stop();
    loop.run_forever();
  }

  virtual_clock clock;
  virtual_world world{clock};
  event_loop loop{options(world, clock)};
  trace log;
};

TEST_F(handle_test, a_default_one_holds_nothing) {
  const handle nothing;
  EXPECT_FALSE(nothing);
  const handle something = loop.call_soon([] {});
  EXPECT_TRUE(something);
}

TEST_F(handle_test, dropping_it_has_no_effect_on_the_callback) {
  loop.call_soon([this] { log.add("ran"); });
  run_one_turn();
  EXPECT_EQ(log, "ran");
}

TEST_F(handle_test, a_cancelled_callback_does_not_run_and_what_it_held_is_destroyed_at_once) {
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  const handle held = loop.call_soon([this, owned = std::move(owned)] { log.add("ran"); });
  EXPECT_FALSE(held.cancelled());
  held.cancel();
  EXPECT_TRUE(held.cancelled());
  EXPECT_TRUE(watch.expired());
  held.cancel();
  run_one_turn();
  EXPECT_EQ(log, "");
}

TEST_F(handle_test, a_callback_may_cancel_one_that_is_due_in_the_same_turn) {
  handle later;
  loop.call_soon([&] {
    log.add("first");
    later.cancel();
  });
  later = loop.call_soon([this] { log.add("second"); });
  loop.call_soon([this] { log.add("third"); });
  run_one_turn();
  EXPECT_EQ(log, "first third");
}

TEST_F(handle_test, cancelling_after_it_ran_changes_nothing) {
  const handle held = loop.call_soon([this] { log.add("ran"); });
  run_one_turn();
  held.cancel();
  EXPECT_TRUE(held.cancelled());
  run_one_turn();
  EXPECT_EQ(log, "ran");
}

TEST_F(handle_test,
       what_a_callback_held_is_destroyed_when_it_is_cancelled_while_it_runs_or_after_it_ran) {
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  handle own;
  own = loop.call_soon([&own, &watch, owned = std::move(owned)] {
    own.cancel();
    EXPECT_FALSE(watch.expired()) << "destroyed under its own feet";
  });
  run_one_turn();
  EXPECT_TRUE(watch.expired());
  auto other = std::make_shared<int>(2);
  const std::weak_ptr<int> other_watch = other;
  const handle later = loop.call_soon([other = std::move(other)] {});
  run_one_turn();
  EXPECT_FALSE(other_watch.expired());
  later.cancel();
  EXPECT_TRUE(other_watch.expired());
}

TEST_F(handle_test, copies_are_the_same_callback) {
  const handle one = loop.call_soon([this] { log.add("ran"); });
  const handle two = one;  // NOLINT(performance-unnecessary-copy-initialization)
  two.cancel();
  EXPECT_TRUE(one.cancelled());
}

TEST_F(handle_test, a_moved_one_leaves_nothing_behind) {
  handle one = loop.call_soon([] {});
  handle two = std::move(one);
  EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): the promise under test.
  EXPECT_TRUE(two);
  handle& same = two;
  two = same;
  EXPECT_TRUE(two);
  two = handle();
  EXPECT_FALSE(two);
}

TEST_F(handle_test, a_timer_tells_its_deadline) {
  const handle held = loop.call_at(time_point(5s), [this] {
    log.add("ran");
    loop.stop();
  });
  EXPECT_EQ(held.when(), time_point(5s));
  loop.run_forever();
  EXPECT_EQ(clock.now(), time_point(5s));
  EXPECT_EQ(held.when(), time_point(5s));
  EXPECT_EQ(log, "ran");
}

TEST_F(handle_test, a_cancelled_timer_does_not_run_and_is_not_waited_for) {
  const handle held = loop.call_at(time_point(1s), [this] { log.add("cancelled"); });
  loop.call_at(time_point(5s), [this] {
    log.add("ran");
    loop.stop();
  });
  held.cancel();
  loop.run_forever();
  EXPECT_EQ(log, "ran");
}

TEST_F(handle_test, a_handle_may_outlive_the_loop) {
  handle held;
  {
    virtual_world other_world(clock);
    event_loop other(options(other_world, clock));
    held = other.call_soon([] {});
  }
  EXPECT_TRUE(held);
  held.cancel();
  EXPECT_TRUE(held.cancelled());
}

TEST_F(handle_test, a_timer_handle_may_be_cancelled_after_the_loop_has_gone) {
  handle held;
  {
    virtual_world other_world(clock);
    event_loop other(options(other_world, clock));
    held = other.call_at(time_point(1h), [] {});
  }
  held.cancel();
  EXPECT_TRUE(held.cancelled());
}

}  // namespace
}  // namespace jackdaw::asyncio
