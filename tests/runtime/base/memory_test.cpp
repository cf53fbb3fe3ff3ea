// tests/runtime/base/memory_test.cpp
//
// Goal: the lock-free parts take all their atomics from the policy, so that a checker can watch them.
// Method: a policy whose atomics count what is done with them.
#include <jackdaw/runtime/base/memory.hpp>
#include <jackdaw/runtime/multi_thread/idle_set.hpp>
#include <jackdaw/runtime/multi_thread/steal_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <type_traits>

namespace jackdaw {
namespace {

static_assert(std::is_same_v<std_memory::atomic<int>, std::atomic<int>>);
static_assert(std::is_same_v<std_memory::atomic<int*>, std::atomic<int*>>);

int loads = 0;
int changes = 0;

template <class T>
class counted_atomic {
 public:
  counted_atomic() = default;
  // Implicit, as std::atomic's.
  counted_atomic(T value) : value_(value) {}  // NOLINT(google-explicit-constructor)

  T load(std::memory_order) const { return (++loads, value_); }
  void store(T value, std::memory_order) { (++changes, value_ = value); }
  T fetch_or(T bits, std::memory_order) {
    return (++changes, std::exchange(value_, value_ | bits));
  }
  T fetch_and(T bits, std::memory_order) {
    return (++changes, std::exchange(value_, value_ & bits));
  }
  T fetch_sub(T less, std::memory_order) {
    return (++changes, std::exchange(value_, value_ - less));
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order,
                             std::memory_order = std::memory_order_seq_cst) {
    ++changes;
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }

 private:
  T value_{};
};

struct counted_memory {
  template <class T>
  using atomic = counted_atomic<T>;
};

TEST(memory_test, the_steal_queue_runs_on_atomics_of_somebody_else) {
  loads = 0;
  changes = 0;
  steal_queue<int, 4, counted_memory> queue;
  int number = 7;
  const std::array<int*, 1> items{&number};
  EXPECT_EQ(queue.push(items), 1U);
  EXPECT_EQ(changes, 2);  // A slot and the tail.
  EXPECT_EQ(queue.pop(), &number);
  EXPECT_EQ(changes, 3);  // The head.
  EXPECT_GT(loads, 0);
}

TEST(memory_test, the_idle_set_runs_on_atomics_of_somebody_else) {
  changes = 0;
  basic_idle_set<counted_memory> idle(2);
  EXPECT_EQ(idle.claim_one(), 1U);
  EXPECT_EQ(changes, 1);
  EXPECT_TRUE(idle.retract(1));
  EXPECT_TRUE(idle.end_search());
  idle.announce(1);
  EXPECT_EQ(changes, 4);
}

}  // namespace
}  // namespace jackdaw
