// tests/runtime/sync/condition_test.cpp
//
// Goal: asyncio's condition, and no lost notification where several threads run tasks. Method: traces
// over every runtime; a thread that notifies as fast as it can.
#include "../../support/runtime_test.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>

namespace jackdaw {
namespace {

using testing::pool_kinds;

class condition_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(condition_threads_test, pool_kinds());

// A thread that never sleeps leaves the other little of a sanitized program.
constexpr int hand_overs = sanitized ? 50 : 5'000;

struct baton {
  mutex guard;
  condition changed{guard};
  bool full = false;
  std::atomic<bool> finished{false};
};

task<void> empty_it(baton& shared, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const auto held = co_await shared.guard.scoped_lock();
    co_await shared.changed.wait_for([&] { return shared.full; });
    shared.full = false;
  }
  shared.finished.store(true);
}

// Never waits, so that it is there in the very instant in which the other side unlocks.
void fill_it(baton& shared) {
  while (!shared.finished.load()) {
    if (shared.guard.try_lock()) {
      if (!shared.full) {
        shared.full = true;
        shared.changed.notify();
      }
      shared.guard.unlock();
    }
  }
}

TEST_P(condition_threads_test, a_notification_between_unlocking_and_waiting_is_not_lost) {
  run([]() -> task<void> {
    baton shared;
    const auto filler = spawn([](baton& shared) -> task<void> {
      co_await to_thread([&shared] { fill_it(shared); });
    }(shared));
    co_await empty_it(shared, hand_overs);  // A lost one leaves both waiting for ever.
    co_await filler;
  }());
}

}  // namespace
}  // namespace jackdaw
