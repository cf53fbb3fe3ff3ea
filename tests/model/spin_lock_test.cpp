// tests/model/spin_lock_test.cpp
//
// Goal: the lock excludes, hands over what was written under it, and unlock() touches it last. Method: all
// executions of two and three threads that write a plain number under it, and of one that then destroys it.
#include "exploration.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include <jackdaw/runtime/base/spin_lock.hpp>

#include <gtest/gtest.h>

#include <mutex>
#include <optional>

namespace jackdaw::model {
namespace {

template <class Memory, unsigned Threads>
void counts(execution& run) {
  basic_spin_lock<Memory> lock;
  plain<unsigned> count(0);
  for (unsigned index = 0; index < Threads; ++index) {
    run.thread("adder " + std::to_string(index), [&] {
      const std::lock_guard guard(lock);
      count.set(count.get() + 1);
    });
  }
  run.join();
  check(count.get() == Threads, "no addition is lost");
}

// As with an event that is destroyed by the task that was woken from it.
template <class Memory>
void destroyed_by_the_next(execution& run) {
  std::optional<basic_spin_lock<Memory>> lock(std::in_place);
  plain<bool> done(false);
  run.thread("waker", [&] {
    lock->lock();
    done.set(true);
    lock->unlock();
  });
  run.thread("woken", [&] {
    lock->lock();
    const bool is_over = done.get();
    lock->unlock();
    if (is_over) {
      lock.reset();
    }
  });
  run.join();
}

TEST(spin_lock_model, additions_under_the_lock_are_not_lost) {
  EXPECT_TRUE(always_holds(counts<memory, 2>));
  EXPECT_TRUE(always_holds(counts<memory, 3>));
}

TEST(spin_lock_model, who_has_had_the_lock_may_destroy_it) {
  EXPECT_TRUE(always_holds(destroyed_by_the_next<memory>));
}

TEST(spin_lock_model, canary_without_orders_it_excludes_nothing) {
  EXPECT_TRUE(fails(counts<relaxed_memory, 2>, "a race"));
  EXPECT_TRUE(fails(destroyed_by_the_next<relaxed_memory>));
}

}  // namespace
}  // namespace jackdaw::model
