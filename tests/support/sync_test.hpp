// tests/support/sync_test.hpp
//
// What the tests of synchronisation share: waiters in a known order, something that happens in the gap
// between looking and waiting, cancellations at random, waiters that destroy what they waited for.
#pragma once

#include "runtime_kind.hpp"
#include "stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::testing {

/// Spawns `body(arguments...)` so many times, each when the one before waits: they queue in this order on
/// any runtime. A body with one parameter more is told its name: "a", "b", "c" ...
template <class Result, class... Parameters, class... Arguments>
task<std::vector<join_handle<Result>>> line_up(int count, task<Result> (*body)(Parameters...),
                                               Arguments&... arguments) {
  std::vector<join_handle<Result>> line;
  for (int index = 0; index < count; ++index) {
    if constexpr (sizeof...(Parameters) > sizeof...(Arguments)) {
      line.push_back(spawn(body(arguments..., std::string(1, static_cast<char>('a' + index)))));
    } else {
      line.push_back(spawn(body(arguments...)));
    }
    co_await settled();
  }
  co_return line;
}

/// Awaits, and acts in the gap between looking (await_ready) and waiting (await_suspend).
template <class Awaiter, class Act>
class in_the_gap {
 public:
  in_the_gap(Awaiter awaiter, Act act) : inner_(std::move(awaiter)), act_(std::move(act)) {}

  [[nodiscard]] bool await_ready() noexcept {
    const bool ready = inner_.await_ready();
    act_();
    return ready;
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return inner_.await_suspend(awaiting);
  }
  auto await_resume() { return inner_.await_resume(); }

 private:
  Awaiter inner_;
  Act act_;
};

/// Cancels members at random until all are done. Hangs if a wake-up gets lost. Begins when all have begun:
/// one that is cancelled before its first step never runs.
inline task<void> cancel_at_random(const std::vector<join_handle<void>>& members,
                                   const std::atomic<int>& begun) {
  while (begun.load() < static_cast<int>(members.size())) {
    co_await yield();
  }
  auto random = random_numbers();
  const auto pending = [](const join_handle<void>& member) { return !member.done(); };
  while (std::any_of(members.begin(), members.end(), pending)) {
    members[random() % members.size()].cancel();
    co_await yield();
  }
}

/// Again and again: a task waits in a primitive that it owns and destroys it as soon as it is through,
/// while `let_through`, which ends the wait, may not have returned yet. B26.
template <class Primitive>
task<void> let_waiters_destroy(std::unique_ptr<Primitive> (*make)(),
                               task<void> (*wait_then_destroy)(std::unique_ptr<Primitive>),
                               void (*let_through)(Primitive&)) {
  for (int round = 0; round < scaled(10'000); ++round) {
    auto made = make();
    Primitive& shared = *made;
    const auto owner = spawn(wait_then_destroy(std::move(made)));
    if (round % 2 == 0) {
      co_await yield();
    }
    let_through(shared);
    co_await owner;
  }
}

}  // namespace jackdaw::testing
