// tests/model/wake_permit_test.cpp
//
// Goal: no wake-up is lost between a driver that goes to sleep and those who wake it, and its owner sees what
// they did before. Method: all executions of an owner that parks, and of one or two that wake it.
#include "exploration.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include <jackdaw/io/wake_permit.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>

namespace jackdaw::model {
namespace {

// Each waker says something and wakes. The owner parks until it has heard all.
template <class Memory, unsigned Wakers>
void all_messages_arrive(execution& run) {
  io::permit_state<Memory> permit;
  doorbell event;
  // Relaxed, so that the permit alone orders the messages.
  std::array<atomic<bool>, Wakers> sent;
  for (unsigned index = 0; index < Wakers; ++index) {
    run.thread("waker " + std::to_string(index), [&, index] {
      sent[index].store(true, std::memory_order_relaxed);
      if (permit.permit()) {
        event.ring();
      }
    });
  }
  run.thread("owner", [&] {
    std::array<bool, Wakers> seen{};
    for (unsigned left = Wakers; left > 0;) {
      const bool slept = permit.prepare_to_sleep();
      if (slept) {
        event.wait();
      }
      permit.woke_up();
      for (unsigned index = 0; index < Wakers; ++index) {
        if (!seen[index] && sent[index].load(std::memory_order_relaxed)) {
          seen[index] = true;
          --left;
        }
      }
    }
  });
  run.join();
}

// One wake, one park: what the waker wrote is there after it.
template <class Memory>
void the_permit_carries_what_was_written(execution& run) {
  io::permit_state<Memory> permit;
  doorbell event;
  plain<int> message(0);
  run.thread("waker", [&] {
    message.set(7);
    if (permit.permit()) {
      event.ring();
    }
  });
  run.thread("owner", [&] {
    if (permit.prepare_to_sleep()) {
      event.wait();
    }
    permit.woke_up();
    check(message.get() == 7, "what was written before the wake is there after the park");
  });
  run.join();
}

// A park that only looks around must not swallow the permit of the next one.
template <class Memory>
void a_look_around_leaves_later_permits(execution& run) {
  io::permit_state<Memory> permit;
  doorbell event;
  typename Memory::template atomic<bool> work(false);
  run.thread("waker", [&] {
    work.store(true, std::memory_order_relaxed);
    if (permit.permit()) {
      event.ring();
    }
  });
  run.thread("owner", [&] {
    permit.woke_up();
    if (!work.load(std::memory_order_relaxed)) {
      if (permit.prepare_to_sleep()) {
        event.wait();
      }
      permit.woke_up();
    }
  });
  run.join();
}

TEST(wake_permit_model, the_messages_of_all_wakers_arrive) {
  EXPECT_TRUE(always_holds(all_messages_arrive<memory, 1>));
  EXPECT_TRUE(always_holds(all_messages_arrive<memory, 2>));
}

TEST(wake_permit_model, a_permit_carries_what_was_written_before_it) {
  EXPECT_TRUE(always_holds(the_permit_carries_what_was_written<memory>));
}

TEST(wake_permit_model, a_look_around_does_not_swallow_a_permit_that_comes_after_it) {
  EXPECT_TRUE(always_holds(a_look_around_leaves_later_permits<memory>));
}

TEST(wake_permit_model, canary_without_orders_the_message_is_not_there) {
  EXPECT_TRUE(fails(the_permit_carries_what_was_written<relaxed_memory>, "a race"));
}

// The owner looks whether there is a permit, and then says that it sleeps.
TEST(wake_permit_model, canary_checking_and_then_sleeping_loses_a_wake_up) {
  EXPECT_TRUE(fails(
      [](execution& run) {
        atomic<int> state(0);
        doorbell event;
        run.thread("waker", [&] {
          if (state.exchange(2, std::memory_order_acq_rel) == 1) {
            event.ring();
          }
        });
        run.thread("owner", [&] {
          if (state.load(std::memory_order_acquire) == 0) {
            state.store(1, std::memory_order_release);
            event.wait();
          }
        });
        run.join();
      },
      "deadlock"));
}

}  // namespace
}  // namespace jackdaw::model
