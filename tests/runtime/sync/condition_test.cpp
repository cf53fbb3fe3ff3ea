// tests/runtime/sync/condition_test.cpp
//
// Goal: asyncio's condition, and no lost notification where several threads run tasks. Method: traces
// over every runtime; a thread that notifies as fast as it can.
#include "../../support/runtime_test.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <chrono>
#include <thread>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::pool_kinds;

class condition_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(condition_threads_test, pool_kinds());

// A thread that never sleeps leaves the other little of a sanitized program.
constexpr int hand_overs = sanitized ? 50 : 2'000;

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

// Does not sleep while there is room, so that it is there in the very instant in which the other side unlocks. Returns false,
// and makes good for it, if the other side did not notice that it was notified.
bool fill_it(baton& shared) {
  bool noticed = true;
  auto asked_at = std::chrono::steady_clock::now();
  while (!shared.finished.load()) {
    if (!shared.guard.try_lock()) {
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    const bool was_full = shared.full;
    if (!was_full) {
      shared.full = true;
      shared.changed.notify();
      asked_at = now;
    } else if (now - asked_at > 5s) {
      noticed = false;
      shared.changed.notify();
      asked_at = now;
    }
    shared.guard.unlock();
    if (!noticed) {
      break;
    }
    if (was_full) {
      std::this_thread::yield();
    }
  }
  return noticed;
}

TEST_P(condition_threads_test, a_notification_between_unlocking_and_waiting_is_not_lost) {
  const bool noticed = run([]() -> task<bool> {
    baton shared;
    auto emptier = spawn(empty_it(shared, hand_overs));
    const bool noticed = co_await to_thread([&shared] { return fill_it(shared); });
    if (!noticed) {
      emptier.cancel();
    }
    try {
      co_await emptier;
    } catch (const cancelled_error&) {
    }
    co_return noticed;
  }());
  EXPECT_TRUE(noticed) << "waited 5 s for a notification that had been given";
}

}  // namespace
}  // namespace jackdaw
