// tests/runtime/sync/barrier_test.cpp
//
// Goal: asyncio's barrier: groups of exactly so many, one after the other, that can be broken and
// mended (S149). Method: traces over every runtime, order over the loop; on several
// workers each looks at how far the others are.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <array>
#include <atomic>
#include <stdexcept>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::line_up;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class barrier_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(barrier_test, all_kinds());
class barrier_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(barrier_order_test, order_kinds());
class barrier_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(barrier_threads_test, parallel_kinds());

// Writes the index it got, or what it got instead.
task<void> arrive(barrier& meeting, trace& log) {
  try {
    const std::size_t index = co_await meeting.wait();
    log.add("", static_cast<long long>(index));
  } catch (const broken_barrier_error&) {
    log.add("broken");
  } catch (const cancelled_error&) {
    log.add("cancelled");
  }
}

TEST_P(barrier_test, nobody_goes_before_the_group_is_complete) {  // S149
  run([]() -> task<void> {
    barrier meeting(3);
    trace log;
    EXPECT_EQ(meeting.parties(), 3U);
    const auto line = co_await line_up(2, arrive, meeting, log);
    EXPECT_EQ(log, "");
    EXPECT_EQ(meeting.waiting(), 2U);
    const auto last = co_await line_up(1, arrive, meeting, log);
    EXPECT_EQ(log.sorted(), "0 1 2");
    EXPECT_EQ(meeting.waiting(), 0U);
    EXPECT_FALSE(meeting.broken());
  }());
}

TEST_P(barrier_order_test, the_last_to_arrive_goes_on_at_once_and_the_others_follow) {  // S149
  run([]() -> task<void> {
    barrier meeting(4);
    trace log;
    const auto line = co_await line_up(3, arrive, meeting, log);
    co_await arrive(meeting, log);
    EXPECT_EQ(log, "3");
    co_await settled();
    EXPECT_EQ(log, "3 0 1 2");
  }());
}

TEST_P(barrier_test, groups_follow_each_other) {  // S149
  run([]() -> task<void> {
    barrier meeting(2);
    trace log;
    for (int round = 0; round < 5; ++round) {
      const auto line = co_await line_up(2, arrive, meeting, log);
      EXPECT_EQ(log.sorted(), "0 1") << "round " << round;
      log.clear();
    }
  }());
}

TEST_P(barrier_order_test, a_group_that_is_leaving_keeps_the_next_one_out) {  // S149
  run([]() -> task<void> {
    barrier meeting(2);
    trace log;
    const auto line = co_await line_up(1, arrive, meeting, log);
    co_await arrive(meeting, log);  // The first one has not left yet.
    auto early = spawn(arrive(meeting, log));
    co_await arrive(meeting, log);
    co_await early;
    EXPECT_EQ(log, "1 0 1 0");
  }());
}

TEST_P(barrier_test, a_barrier_for_one_holds_nobody_up) {
  run([]() -> task<void> {
    barrier meeting(1);
    const auto before = this_task::scheduler().statistics().resumptions;
    for (int round = 0; round < 10; ++round) {
      const std::size_t index = co_await meeting.wait();
      EXPECT_EQ(index, 0U);
    }
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST(barrier_construction_test, a_barrier_for_nobody_is_refused) {
  EXPECT_THROW(barrier(0), std::invalid_argument);
}

TEST_P(barrier_test, a_cancelled_waiter_leaves_and_its_place_is_free) {  // S149
  run([]() -> task<void> {
    barrier meeting(2);
    trace log;
    const auto line = co_await line_up(1, arrive, meeting, log);
    line[0].cancel();
    co_await settled();
    EXPECT_EQ(log, "cancelled");
    EXPECT_EQ(meeting.waiting(), 0U);
    EXPECT_FALSE(meeting.broken());
    log.clear();
    const auto next = co_await line_up(2, arrive, meeting, log);
    EXPECT_EQ(log.sorted(), "0 1");
  }());
}

TEST_P(barrier_order_test, one_cancelled_while_the_group_leaves_does_not_hold_the_next_up) {
  run([]() -> task<void> {
    barrier meeting(3);
    trace log;
    const auto line = co_await line_up(2, arrive, meeting, log);
    co_await arrive(meeting, log);
    line[0].cancel();  // Its group is complete, but it has not run.
    co_await settled();
    EXPECT_EQ(log, "2 cancelled 1");
    log.clear();
    const auto next = co_await line_up(3, arrive, meeting, log);
    EXPECT_EQ(log.sorted(), "0 1 2");
  }());
}

TEST_P(barrier_order_test, one_cancelled_at_the_door_is_not_counted) {
  run([]() -> task<void> {
    barrier meeting(2);
    trace log;
    const auto line = co_await line_up(1, arrive, meeting, log);
    co_await arrive(meeting, log);
    const auto early = spawn(arrive(meeting, log));
    // Behind the one that leaves, so it is at the door when the cancellation finds it.
    auto canceller = spawn([](join_handle<void> waiter) -> task<void> {
      waiter.cancel();
      co_return;
    }(early));
    co_await canceller;
    co_await settled();
    EXPECT_EQ(meeting.waiting(), 0U);
    EXPECT_EQ(log, "1 0 cancelled");
  }());
}

TEST_P(barrier_test, abort_throws_everybody_out_for_good) {  // S149
  run([]() -> task<void> {
    barrier meeting(3);
    trace log;
    const auto line = co_await line_up(2, arrive, meeting, log);
    meeting.abort();
    EXPECT_TRUE(meeting.broken());
    EXPECT_EQ(meeting.waiting(), 0U);
    co_await settled();
    EXPECT_EQ(log, "broken broken");
    co_await arrive(meeting, log);
    EXPECT_EQ(log, "broken broken broken");
    EXPECT_TRUE(meeting.broken());
  }());
}

TEST_P(barrier_test, reset_throws_out_those_who_wait_and_leaves_it_usable) {  // S149
  run([]() -> task<void> {
    barrier meeting(3);
    trace log;
    const auto line = co_await line_up(2, arrive, meeting, log);
    meeting.reset();
    EXPECT_FALSE(meeting.broken());
    co_await settled();
    EXPECT_EQ(log, "broken broken");
    log.clear();
    const auto next = co_await line_up(3, arrive, meeting, log);
    EXPECT_EQ(log.sorted(), "0 1 2");
  }());
}

TEST_P(barrier_test, reset_mends_a_broken_barrier) {  // S149
  run([]() -> task<void> {
    barrier meeting(2);
    trace log;
    meeting.abort();
    meeting.reset();
    EXPECT_FALSE(meeting.broken());
    const auto line = co_await line_up(2, arrive, meeting, log);
    EXPECT_EQ(log.sorted(), "0 1");
    meeting.reset();  // Nobody waits: nothing happens.
    EXPECT_FALSE(meeting.broken());
  }());
}

TEST_P(barrier_order_test, whoever_comes_during_a_reset_waits_for_the_next_group) {  // S149
  run([]() -> task<void> {
    barrier meeting(2);
    trace log;
    const auto line = co_await line_up(1, arrive, meeting, log);
    meeting.reset();  // The one inside has not been thrown out yet.
    auto early = spawn(arrive(meeting, log));
    co_await arrive(meeting, log);
    co_await early;
    EXPECT_EQ(log, "broken 1 0");
  }());
}

// Threads.

struct meeting_place {
  static constexpr std::size_t parties = 4;
  barrier meeting{parties};
  std::array<std::atomic<int>, parties> rounds{};
};

task<void> walk(meeting_place& place, std::size_t self, int rounds) {
  for (int round = 1; round <= rounds; ++round) {
    place.rounds[self].store(round);
    const std::size_t index = co_await place.meeting.wait();
    EXPECT_LT(index, std::size_t{meeting_place::parties});
    for (const std::atomic<int>& other : place.rounds) {
      const int seen = other.load();
      EXPECT_TRUE(seen == round || seen == round + 1) << seen << " in round " << round;
    }
  }
}

TEST_P(barrier_threads_test, no_task_is_a_round_ahead_of_another) {
  run([]() -> task<void> {
    meeting_place place;
    std::vector<task<void>> all;
    for (std::size_t self = 0; self < meeting_place::parties; ++self) {
      all.push_back(walk(place, self, scaled(3'000)));
    }
    co_await gather(std::move(all));
    EXPECT_EQ(place.meeting.waiting(), 0U);
  }());
}

// More tasks than places: groups form, leave, and keep others at the door, all at once.
struct crossing {
  static constexpr std::size_t parties = 3;
  barrier meeting{parties};
  std::array<std::atomic<int>, parties> passed{};
  std::atomic<int> too_many{0};
};

task<void> cross_until_broken(crossing& place, int groups) {
  while (true) {
    try {
      const std::size_t index = co_await place.meeting.wait();
      if (index >= crossing::parties) {
        place.too_many.fetch_add(1);
        place.meeting.abort();
      } else if (place.passed[index].fetch_add(1) + 1 == groups) {
        place.meeting.abort();
      }
    } catch (const broken_barrier_error&) {
      co_return;
    }
  }
}

TEST_P(barrier_threads_test, no_group_has_more_members_than_places) {
  run([]() -> task<void> {
    crossing place;
    std::vector<task<void>> all;
    for (int index = 0; index < 8; ++index) {
      all.push_back(cross_until_broken(place, scaled(20'000)));
    }
    co_await gather(std::move(all));
    EXPECT_EQ(place.too_many.load(), 0);
    // The groups that were leaving when it was aborted are incomplete; no others.
    const auto [fewest, most] =
        std::minmax({place.passed[0].load(), place.passed[1].load(), place.passed[2].load()});
    EXPECT_LE(most - fewest, 1);
  }());
}

}  // namespace
}  // namespace jackdaw
