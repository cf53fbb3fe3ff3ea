// tests/runtime/sync/condition_test.cpp
//
// Goal: asyncio's condition, and no lost notification where several threads run tasks. Method: traces
// over every runtime; hand-offs between tasks on different workers.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"

#include <jackdaw/runtime/runtime.hpp>

#include <array>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::scaled;

class condition_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(condition_test, all_kinds());

struct baton {
  mutex guard;
  condition changed{guard};
  int turn = 0;
};

// Two players, one baton: each waits for its turn and gives it to the other.
task<void> play(baton& shared, int me, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const auto held = co_await shared.guard.scoped_lock();
    co_await shared.changed.wait_for([&] { return shared.turn == me; });
    shared.turn = 1 - me;
    shared.changed.notify();
  }
}

TEST_P(condition_test, a_notification_between_the_unlocking_and_the_waiting_is_not_lost) {
  run([]() -> task<void> {
    const int rounds = scaled(5'000);
    std::array<baton, 4> shared;
    std::vector<task<void>> players;
    for (baton& each : shared) {
      players.push_back(play(each, 0, rounds));
      players.push_back(play(each, 1, rounds));
    }
    co_await gather(std::move(players));
  }());
}

}  // namespace
}  // namespace jackdaw
