// tests/runtime/join_wait_test.cpp
//
// Goal: the wait for the end of a task or a future: no end is missed, a cancellation goes to what is
// awaited and comes back as asyncio's does, waits that make no sense are refused. Method: over every
// runtime; targets that end in the gap between looking and waiting; two runtimes at once.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <coroutine>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;

class join_wait_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(join_wait_test, all_kinds());
class join_wait_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(join_wait_threads_test, parallel_kinds());

template <class A>
task<std::string> end_of(A awaited) {
  try {
    co_await awaited;
  } catch (const cancelled_error& error) {
    co_return "cancelled " + error.message();
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "done";
}

task<void> yield_some(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

// Awaits a future that ends after it was found pending, and before the wait begins.
class ends_in_the_gap {
 public:
  ends_in_the_gap(const future<int>& one, void (*end)(const future<int>&))
      : one_(one), end_(end), inner_(one.operator co_await()) {}

  [[nodiscard]] bool await_ready() const {
    const bool ready = inner_.await_ready();
    end_(one_);
    return ready;
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return inner_.await_suspend(awaiting);
  }
  const int& await_resume() { return inner_.await_resume(); }

 private:
  future<int> one_;
  void (*end_)(const future<int>&);
  future<int>::shared_awaiter inner_;
};

TEST_P(join_wait_test, an_end_between_looking_and_waiting_is_not_missed) {  // B18
  run([]() -> task<void> {
    const future<int> set;
    ends_in_the_gap waits(set, [](const future<int>& one) { one.set_result(7); });
    const int value = co_await waits;  // Hangs if it is missed.
    EXPECT_EQ(value, 7);
    const future<int> cancelled;
    ends_in_the_gap waits_too(cancelled, [](const future<int>& one) { one.cancel("gap"); });
    std::string message;
    try {
      co_await waits_too;
    } catch (const cancelled_error& error) {
      message = error.message();
    }
    EXPECT_EQ(message, "gap");
  }());
}

TEST_P(join_wait_test, a_cancellation_that_is_due_goes_to_what_is_awaited) {  // S63
  run([]() -> task<void> {
    const future<int> one;
    auto waiter = spawn([](future<int> awaited) -> task<std::string> {
      this_task::cancel("due");
      co_return co_await end_of(awaited);
    }(one));
    const std::string end = co_await waiter;
    EXPECT_EQ(end, "cancelled due");
    EXPECT_TRUE(one.cancelled());
  }());
}

// Refuses to end the first time it is asked.
task<int> refuse_once(event& gate) {
  try {
    co_await gate.wait();
  } catch (const cancelled_error&) {
  }
  co_await gate.wait();
  co_return 1;
}

TEST_P(join_wait_test, whether_a_task_ends_is_the_decision_of_that_task) {  // S64
  run([]() -> task<void> {
    event gate;
    const auto target = spawn(refuse_once(gate));
    const auto waiter = spawn(end_of(target));
    co_await settled();
    EXPECT_TRUE(waiter.cancel());
    co_await settled();
    EXPECT_FALSE(waiter.done());
    EXPECT_FALSE(target.done());
    gate.set();
    const std::string end = co_await waiter;
    EXPECT_EQ(end, "done") << "the request was swallowed by the target";
  }());
}

TEST_P(join_wait_test,
       one_that_leaves_by_cancellation_of_the_target_keeps_the_targets_message) {  // S71
  run([]() -> task<void> {
    const future<int> one;
    const auto waiter = spawn(end_of(one));
    co_await settled();
    one.cancel("of the future");
    waiter.cancel("of the waiter");
    std::string end;
    try {
      end = co_await waiter;
    } catch (const cancelled_error&) {  // On several workers it may have gone on in between.
      end = "cancelled of the future";
    }
    EXPECT_EQ(end, "cancelled of the future");
  }());
}

TEST_P(join_wait_test, an_exception_that_a_cancellation_takes_the_place_of_counts_as_seen) {  // S71
  run([]() -> task<void> {
    const auto fails_and_cancels = [](future<int> awaited,
                                      join_handle<std::string> waiter) -> task<void> {
      awaited.set_exception(std::runtime_error("lost"));
      waiter.cancel("request");
      co_return;
    };
    for (int round = 0; round < 20; ++round) {
      future<int> one;
      const auto waiter = spawn(end_of(one));
      co_await settled();
      co_await fails_and_cancels(std::exchange(one, future<int>()), waiter);
      std::string end;
      try {
        end = co_await waiter;
      } catch (const cancelled_error&) {
        end = "cancelled request";
      }
      EXPECT_TRUE(end == "cancelled request" || end == "lost") << end;
    }
  }());  // The fixture expects that nothing is reported.
}

TEST_P(join_wait_test, a_task_that_awaits_itself_is_told_so) {  // S49
  run([]() -> task<void> {
    struct shared {
      join_handle<std::string> self;
      event known;
    };
    shared own;
    own.self = spawn([](shared& state) -> task<std::string> {
      co_await state.known.wait();
      co_return co_await end_of(state.self);
    }(own));
    own.known.set();
    const std::string end = co_await own.self;
    EXPECT_EQ(end, "Task cannot await on itself: " + own.self.name());
    own.self = {};
  }());
}

TEST(join_wait_loop_test, what_belongs_to_another_loop_cannot_be_awaited) {  // S35
  asyncio::event_loop other;
  const future<int> foreign(other);
  asyncio::event_loop loop;
  const std::string end = loop.run_until_complete(end_of(foreign));
  EXPECT_NE(end.find("attached to a different loop"), std::string::npos) << end;
  EXPECT_FALSE(foreign.done());
}

TEST_P(join_wait_threads_test, what_belongs_to_another_pool_can_be_awaited) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(200); ++round) {
      const future<int> one;
      std::atomic<bool> awaited{false};
      std::thread other([&one, &awaited] {
        const auto wait_here = [](future<int> foreign, std::atomic<bool>& begun) -> task<int> {
          begun.store(true);
          co_return co_await foreign;
        };
        EXPECT_EQ(testing::run_in(testing::pool_of(2, false), wait_here(one, awaited)), 5);
      });
      while (!awaited.load()) {
        co_await yield();
      }
      co_await yield_some(round % 3);
      one.set_result(5);
      other.join();
    }
  }());
}

TEST_P(join_wait_threads_test,
       a_chain_ends_whoever_of_it_is_cancelled_while_its_end_comes) {  // B26
  run([]() -> task<void> {
    for (int round = 0; round < scaled(3'000); ++round) {
      const future<int> one;
      const auto inner = spawn(end_of(one));
      const auto middle = spawn(end_of(inner));
      const auto outer = spawn(end_of(middle));
      co_await yield_some(round % 4);
      const auto canceller = spawn([](join_handle<std::string> target, int turns) -> task<void> {
        co_await yield_some(turns);
        target.cancel();
      }(round % 2 == 0 ? outer : middle, round % 3));
      try {
        one.set_result(1);
      } catch (const invalid_state_error&) {
      }
      co_await canceller;
      const std::string end = co_await end_of(outer);  // Hangs if an end gets lost.
      EXPECT_TRUE(end == "done" || end.starts_with("cancelled")) << end;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
