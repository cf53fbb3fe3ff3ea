// tests/model/fork_stack_test.cpp
//
// Goal: the claims of fork_stack.hpp: a fork is run once, by its owner or a thief, who sees what the forker wrote;
// and who goes to sleep sees a fork, or is seen. Method: all executions of an owner that forks and joins while
// one or two thieves take what is shown.
#include "exploration.hpp"
#include "item.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include <jackdaw/runtime/fork_stack.hpp>

#include <gtest/gtest.h>

#include <array>

namespace jackdaw::model {
namespace {

// What a worker would be told: nothing that these models need.
struct silent_host final : fork_host {
  void fork_shown() noexcept override {}
  void fork_taken_back() noexcept override {}
  bool forks_should_yield() noexcept override { return false; }
  void set_aside(task_record&) noexcept override {}
  void serve_outside() noexcept override {}
};

struct fork_item : fork {
  fork_item() : fork(nullptr, nullptr) {}
  plain<int> input{0};
  plain<int> runs{0};

  void run_once() { runs.set(runs.get() + input.get()); }
};

template <class Memory>
struct scene {
  silent_host host;
  basic_fork_stack<Memory> stack{host, true};
  std::array<fork_item, 3> forks;

  void push(unsigned index) {
    forks[index].input.set(1);
    stack.push(forks[index]);
  }
  // As call_fork::take_back(): the newest, or the one that was shown.
  bool join(unsigned index) {
    fork_item& item = forks[index];
    if (&stack.top() == &item) {
      stack.pop();
    } else if (!stack.remove(item) && !stack.take_back(item)) {
      return false;
    }
    item.run_once();
    return true;
  }
  bool steal() {
    fork* const found = stack.take();
    if (found != nullptr) {
      static_cast<fork_item*>(found)->run_once();
    }
    return found != nullptr;
  }
  void expect_run_once(unsigned count) {
    for (unsigned index = 0; index < count; ++index) {
      check(forks[index].runs.get() == 1, "a fork is run once");
    }
  }
};

template <class Memory, unsigned Forks, unsigned Thieves>
void forked_and_stolen(execution& run) {
  scene<Memory> at;
  run.thread("owner", [&] {
    for (unsigned index = 0; index < Forks; ++index) {
      at.push(index);
    }
    for (unsigned index = Forks; index-- > 0;) {
      at.join(index);
    }
  });
  for (unsigned index = 0; index < Thieves; ++index) {
    run.thread("thief " + std::to_string(index), [&] { at.steal(); });
  }
  run.join();
  at.expect_run_once(Forks);
}

// Another fork is shown at an address that a thief has read before.
template <class Memory>
void shown_again(execution& run) {
  scene<Memory> at;
  int rounds = 0;
  run.thread("owner", [&] {
    at.push(0);
    if (at.join(0)) {
      rounds = 1;
      at.push(0);
      at.join(0);
    }
  });
  run.thread("thief", [&] { at.steal(); });
  run.join();
  check(at.forks[0].runs.get() == 1 + rounds, "each is run once");
}

// F1 and F5 are P1 and I2 of "No lost wake-up".
template <class Memory>
void shown_and_looked_at(execution& run) {
  scene<Memory> at;
  typename Memory::template atomic<int> asleep(0);
  bool seen_asleep = false;
  bool seen_fork = false;
  run.thread("owner", [&] {
    at.push(0);
    seen_asleep = asleep.load(std::memory_order_seq_cst) != 0;
  });
  run.thread("sleeper", [&] {
    asleep.exchange(1, std::memory_order_seq_cst);
    seen_fork = at.stack.shows_something();
  });
  run.join();
  check(seen_asleep || seen_fork, "one of the two sees the other");
}

// A stack that nobody may take from shows nothing.
template <class Memory>
void without_others(execution& run) {
  silent_host host;
  basic_fork_stack<Memory> stack(host, false);
  fork_item item;
  run.thread("owner", [&] {
    stack.push(item);
    check(&stack.top() == &item, "it stays in the list");
  });
  run.thread("thief", [&] {
    check(!stack.shows_something(), "nothing is shown");
    check(stack.take() == nullptr, "nothing is taken");
  });
  run.join();
}

TEST(fork_stack_model, a_fork_is_run_once_by_its_owner_or_a_thief) {
  EXPECT_TRUE(always_holds(forked_and_stolen<memory, 1, 1>));
  EXPECT_TRUE(always_holds(forked_and_stolen<memory, 3, 1>));
  EXPECT_TRUE(always_holds(forked_and_stolen<memory, 2, 2>));
}

TEST(fork_stack_model, an_address_that_is_shown_again_may_be_taken_by_who_saw_it_before) {
  EXPECT_TRUE(always_holds(shown_again<memory>));
}

TEST(fork_stack_model, either_the_forker_sees_the_sleeper_or_the_sleeper_the_fork) {
  EXPECT_TRUE(always_holds(shown_and_looked_at<memory>));
}

TEST(fork_stack_model, a_worker_without_others_shows_nothing) {
  EXPECT_TRUE(always_holds(without_others<memory>));
}

// -- Canaries ----------------------------------------------------------------------------------------

TEST(fork_stack_model, canary_without_orders_a_fork_is_taken_before_it_is_filled) {
  EXPECT_TRUE(fails(forked_and_stolen<relaxed_memory, 1, 1>, "a race"));
}

TEST(fork_stack_model, canary_without_seq_cst_forker_and_sleeper_miss_each_other) {
  EXPECT_TRUE(fails(shown_and_looked_at<unordered_memory>, "one of the two sees the other"));
}

}  // namespace
}  // namespace jackdaw::model
