// tests/runtime/asyncio/event_loop_test.cpp
//
// Goal: the turn of the event loop, its timers, runs, and calls from other threads (S1 to S22). Method: a
// loop is driven by hand over a driver that follows a script: it writes down how the loop asked to wait,
// hands over events when the test says so, and moves a virtual clock. Ends of runs, handles, and what
// tasks cost have files of their own (event_loop_close_test, handle_test, task_turns_test); the same
// rules against CPython are in tests/conformance.
#include "../../support/leak_check.hpp"
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;
using jackdaw::testing::failure_log;
using jackdaw::testing::scaled;
using jackdaw::testing::trace;

/// What the loop's driver sees and does.
struct outside_world {
  explicit outside_world(trace& log) : asked(&log) {}

  /// Returns when the loop sleeps without a deadline. For other threads.
  void wait_until_asleep() {
    std::unique_lock guard(lock);
    changed.wait(guard, [this] { return asleep; });
  }

  virtual_clock clock;
  trace* asked;      // "poll", "wait", or "wait until" a number of milliseconds.
  work_list events;  // Handed over at the next park().
  std::optional<time_point> ends_early;  // The next wait with a deadline returns here, once.

  std::mutex lock;
  std::condition_variable changed;
  bool permit = false;
  bool asleep = false;
};

class scripted_driver final : public driver {
 public:
  explicit scripted_driver(outside_world& world) noexcept : world_(&world) {}

  void park(time_point deadline, work_list& ready) override {
    std::unique_lock guard(world_->lock);
    if (deadline == at_once) {
      world_->asked->add("poll");
    } else if (deadline == never) {
      world_->asked->add("wait");
      world_->asleep = true;
      world_->changed.notify_all();
      world_->changed.wait(guard, [this] { return world_->permit; });
      world_->asleep = false;
    } else {
      world_->asked->add("wait_until_", deadline.time_since_epoch() / 1ms);
      if (!world_->permit) {
        world_->clock.advance_to(world_->ends_early.value_or(deadline));
        world_->ends_early.reset();
      }
    }
    world_->permit = false;
    ready.append(world_->events);
  }

  void wake() noexcept override {
    const std::lock_guard guard(world_->lock);
    world_->permit = true;
    world_->changed.notify_all();
  }

 private:
  outside_world* world_;
};

/// What a driver hands over when something has happened.
struct named_event : work {
  named_event(trace& where, std::string what)
      : work(&named_event::write), log(&where), name(std::move(what)) {}
  static void write(work& self) {
    const auto& own = static_cast<named_event&>(self);
    own.log->add(own.name);
  }
  trace* log;
  std::string name;
};

class event_loop_test : public ::testing::Test {
 protected:
  static loop_options options(outside_world& world, failure_log& failures) {
    loop_options options;
    options.make_driver = [&world](unsigned) { return std::make_unique<scripted_driver>(world); };
    options.time_source = &world.clock;
    options.on_failure = failures.handler();
    return options;
  }

  /// A callback that writes its name.
  [[nodiscard]] auto writes(std::string name) {
    return [this, name = std::move(name)] { log.add(name); };
  }
  [[nodiscard]] auto stops() {
    return [this] { loop.stop(); };
  }
  void run_one_turn() {
    loop.stop();
    loop.run_forever();
  }
  /// The message of what `step` throws.
  template <class F>
  static std::string refusal(F step) {
    try {
      step();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  trace log;
  trace asked;
  outside_world world{asked};
  failure_log failures;
  event_loop loop{options(world, failures)};
};

// -- Turns ------------------------------------------------------------------------------------------

TEST_F(event_loop_test, callbacks_run_in_the_order_of_their_call_and_each_once) {  // S1
  std::string expected;
  for (int index = 0; index < 100; ++index) {
    loop.call_soon(writes(std::to_string(index)));
    expected += (index > 0 ? " " : "") + std::to_string(index);
  }
  run_one_turn();
  EXPECT_EQ(log, expected);
  run_one_turn();
  EXPECT_EQ(log, expected);
}

TEST_F(event_loop_test, what_a_turn_makes_ready_runs_in_the_next_one_after_another_poll) {  // S2
  world.asked = &log;
  loop.call_soon([this] {
    log.add("a");
    loop.call_soon([this] {
      log.add("c");
      loop.call_soon(stops());
    });
  });
  loop.call_soon(writes("b"));
  loop.run_forever();
  EXPECT_EQ(log, "poll a b poll c poll");
}

TEST_F(event_loop_test, a_callback_that_calls_itself_for_ever_starves_no_event) {  // S2
  named_event event(log, "event");
  int turns = 0;
  const auto again = [&](const auto& self) -> void {
    if (++turns == 3) {
      world.events.push_back(event);
    }
    if (turns == 5) {
      loop.stop();
    }
    loop.call_soon([&self] { self(self); });
  };
  loop.call_soon([&] { again(again); });
  loop.run_forever();
  EXPECT_EQ(log, "event");
  EXPECT_EQ(asked, "poll poll poll poll poll");
}

TEST_F(event_loop_test,
       a_turn_runs_what_is_ready_then_events_then_what_others_sent_then_timers) {  // S3
  named_event first(log, "event");
  named_event second(log, "event2");
  loop.call_at(time_point(0s), writes("timer"));
  world.events.push_back(first);
  world.events.push_back(second);
  loop.call_soon(writes("ready"));
  std::thread([this] { loop.call_soon_threadsafe(writes("sent")); }).join();
  loop.call_soon(writes("ready2"));
  run_one_turn();
  EXPECT_EQ(log, "ready ready2 event event2 sent timer");
}

TEST_F(event_loop_test, it_waits_only_with_nothing_ready_and_until_the_first_deadline) {  // S5
  loop.call_soon([] {});
  loop.call_later(7ms, [] {});
  loop.call_later(9ms, [this] { loop.call_soon(stops()); });
  loop.run_forever();
  EXPECT_EQ(asked, "poll wait_until_7 wait_until_9 poll");
  asked.clear();
  loop.call_later(1h, [] {});
  run_one_turn();
  EXPECT_EQ(asked, "poll") << "a loop that is to stop must not wait";
}

TEST_F(event_loop_test, with_nothing_to_do_it_waits_until_a_thread_calls) {  // S5, S22
  std::thread caller([this] {
    world.wait_until_asleep();
    loop.call_soon_threadsafe([this] {
      log.add("called");
      loop.stop();
    });
  });
  loop.run_forever();
  caller.join();
  EXPECT_EQ(asked, "wait");
  EXPECT_EQ(log, "called");
}

TEST_F(event_loop_test, a_driver_may_return_early_and_no_timer_fires_before_its_time) {  // S5, S8
  world.ends_early = time_point(10ms - 1ns);
  loop.call_at(time_point(10ms), [this] {
    EXPECT_EQ(loop.time(), time_point(10ms));
    loop.stop();
  });
  loop.run_forever();
  EXPECT_EQ(asked, "wait_until_10 wait_until_10");
}

TEST_F(event_loop_test, it_counts_what_it_ran_and_how_often_it_slept) {
  loop.call_soon([] {});
  loop.call_soon([] {}).cancel();
  loop.call_later(1s, [] {});
  const auto task = loop.create_task([]() -> jackdaw::task<void> { co_await sleep(2s); }());
  EXPECT_EQ(loop.statistics().tasks_alive, 1U);
  loop.run_until_complete(task);
  const scheduler_statistics counted = loop.statistics();
  EXPECT_EQ(counted.workers, 1U);
  EXPECT_EQ(counted.spawns, 1U);
  EXPECT_EQ(counted.tasks_alive, 0U);
  // Three callbacks, one of them cancelled, then the task's first step, its timer, its second step, and
  // the callback that ends the run.
  EXPECT_EQ(counted.resumptions, 7U);
  EXPECT_EQ(counted.parks, 2U);
  EXPECT_EQ(asked, "poll wait_until_1000 wait_until_2000 poll poll");
}

// -- Timers -----------------------------------------------------------------------------------------

TEST_F(event_loop_test, timers_fire_in_the_order_of_their_deadlines) {  // S6
  for (const int when : {5, 1, 4, 2, 3}) {
    loop.call_at(time_point(when * 1s), writes(std::to_string(when)));
  }
  loop.call_at(time_point(6s), stops());
  loop.run_forever();
  EXPECT_EQ(log, "1 2 3 4 5");
}

TEST_F(event_loop_test,
       equal_deadlines_fire_as_heapq_has_them) {  // S7, numbers recorded from CPython
  const auto fires = [this](int timers, int deadlines) {
    log.clear();
    for (int index = 0; index < timers; ++index) {
      loop.call_at(loop.time() + (index % deadlines) * 1ns, writes(std::to_string(index)));
    }
    world.clock.advance_to(loop.time() + 1s);
    run_one_turn();
    return log.text();
  };
  EXPECT_EQ(fires(2, 1), "0 1");
  EXPECT_EQ(fires(5, 1), "0 2 4 1 3");
  EXPECT_EQ(fires(6, 1), "0 2 5 4 1 3");
  EXPECT_EQ(fires(10, 1), "0 2 6 9 8 5 7 4 1 3");
  EXPECT_EQ(fires(12, 3), "0 6 3 9 4 10 1 7 2 5 8 11");
}

TEST_F(event_loop_test, a_timer_is_due_at_its_deadline_and_not_a_nanosecond_before) {  // S8
  loop.call_at(time_point(5ns), writes("timer"));
  world.clock.advance_to(time_point(4ns));
  run_one_turn();
  EXPECT_EQ(log, "");
  world.clock.advance_to(time_point(5ns));
  run_one_turn();
  EXPECT_EQ(log, "timer");
}

TEST_F(event_loop_test, a_delay_that_is_not_positive_goes_through_the_heap) {  // S9
  world.clock.advance_to(time_point(10s));
  loop.call_later(0s, writes("later0"));
  loop.call_later(-5s, writes("later-5"));
  loop.call_soon([this] {
    log.add("soon");
    loop.call_soon(writes("soon's"));
  });
  run_one_turn();
  EXPECT_EQ(log, "soon later-5 later0");
  run_one_turn();
  EXPECT_EQ(log, "soon later-5 later0 soon's");
}

TEST_F(event_loop_test, an_absurdly_long_delay_is_for_ever_and_not_in_the_past) {
  const handle timer = loop.call_later(duration::max(), writes("fired"));
  world.clock.advance_to(time_point(1h));
  const handle other = loop.call_later(duration::max(), writes("fired"));
  run_one_turn();
  EXPECT_EQ(log, "");
  EXPECT_EQ(timer.when(), never);
  EXPECT_EQ(other.when(), never);
}

TEST_F(event_loop_test, a_timer_may_be_cancelled_in_the_turn_in_which_it_is_due) {  // S11
  loop.call_at(time_point(1s), [] {});
  const handle second = loop.call_at(time_point(2s), writes("cancelled"));
  loop.call_soon([&] {
    world.clock.advance_to(time_point(3s));
    loop.call_soon([&] { second.cancel(); });  // Next turn, in front of both timers.
  });
  loop.call_at(time_point(3s), stops());
  loop.run_forever();
  EXPECT_EQ(log, "");
}

TEST_F(event_loop_test, cancelled_timers_at_the_head_are_not_waited_for) {  // S12
  loop.call_at(time_point(1s), [] {}).cancel();
  loop.call_at(time_point(2s), [] {}).cancel();
  loop.call_at(time_point(3s), stops());
  loop.run_forever();
  EXPECT_EQ(asked, "wait_until_3000");
}

TEST_F(event_loop_test, many_cancelled_timers_are_given_back_before_they_reach_the_head) {  // S12
  struct expectation {
    int timers;
    int cancelled;
    int kept;
  };
  // More than 100 timers, more than half of them cancelled: CPython's numbers.
  for (const auto& [timers, cancelled, kept] : {expectation{100, 99, 100},
                                                {101, 50, 101},
                                                {101, 51, 50},
                                                {202, 101, 202},
                                                {202, 102, 100}}) {
    outside_world other_world(asked);
    event_loop other(options(other_world, failures));
    other.call_soon([] {});
    other.stop();
    other.run_forever();  // Whatever the first run needs is there.
    const auto before = live_frames();
    std::vector<handle> handles;
    for (int index = 0; index < timers; ++index) {
      handles.push_back(other.call_later(1h + index * 1s, [] {}));
    }
    for (int index = 1; index <= cancelled; ++index) {  // Not the head.
      handles[static_cast<std::size_t>(index)].cancel();
    }
    handles.clear();
    EXPECT_EQ(live_frames() - before, timers);
    other.stop();
    other.run_forever();
    EXPECT_EQ(live_frames() - before, kept) << timers << " timers, " << cancelled << " cancelled";
  }
}

TEST_F(event_loop_test, time_is_read_at_each_call) {  // S13
  loop.call_soon([this] {
    EXPECT_EQ(loop.time(), time_point(0s));
    world.clock.advance_to(time_point(5s));
    EXPECT_EQ(loop.time(), time_point(5s));
    EXPECT_EQ(loop.call_later(1s, [] {}).when(), time_point(6s));
  });
  loop.call_soon([this] { EXPECT_EQ(loop.call_later(2s, stops()).when(), time_point(7s)); });
  loop.run_forever();
  EXPECT_EQ(loop.time(), time_point(7s));
}

TEST_F(event_loop_test, a_timer_that_a_callback_made_due_fires_in_the_next_turn) {  // S13, S2
  world.asked = &log;
  loop.call_at(time_point(1s), [this] {
    log.add("timer");
    loop.stop();
  });
  loop.call_soon([this] {
    world.clock.advance_to(time_point(2s));
    log.add("soon");
  });
  loop.run_forever();
  EXPECT_EQ(log, "poll soon wait_until_1000 timer");
}

// -- Runs -------------------------------------------------------------------------------------------

TEST_F(event_loop_test, stop_lets_the_turn_end_and_keeps_the_rest_for_the_next_run) {  // S14
  loop.call_soon([this] {
    log.add("a");
    loop.stop();
    loop.call_soon(writes("c"));
  });
  loop.call_soon(writes("b"));
  loop.run_forever();
  EXPECT_EQ(log, "a b");
  EXPECT_FALSE(loop.is_running());
  run_one_turn();
  EXPECT_EQ(log, "a b c");
}

TEST_F(event_loop_test, stop_before_a_run_makes_it_one_turn_with_events_and_timers) {  // S15
  named_event event(log, "event");
  world.events.push_back(event);
  loop.call_at(time_point(0s), writes("timer"));
  loop.stop();
  loop.run_forever();
  EXPECT_EQ(log, "event timer");
  EXPECT_EQ(asked, "poll");
  loop.call_later(1s, stops());
  loop.run_forever();
  EXPECT_EQ(asked, "poll wait_until_1000") << "an old stop() must not end a new run";
}

task<int> add_after_a_turn(int left, int right) {
  co_await yield();
  co_return left + right;
}

task<std::unique_ptr<int>> make_unmovable(int value) { co_return std::make_unique<int>(value); }

TEST_F(event_loop_test, run_until_complete_returns_what_the_task_returns) {  // S16
  EXPECT_EQ(loop.run_until_complete(add_after_a_turn(1, 2)), 3);
  EXPECT_EQ(*loop.run_until_complete(make_unmovable(4)), 4);
  const auto done = loop.create_task(add_after_a_turn(2, 3));
  EXPECT_EQ(loop.run_until_complete(done), 5);
}

TEST_F(event_loop_test, run_until_complete_of_a_finished_task_takes_a_turn) {  // S16
  const auto done = loop.create_task(add_after_a_turn(2, 3));
  loop.call_later(1s, stops());
  loop.run_forever();
  ASSERT_TRUE(done.done());
  loop.call_soon(writes("other"));
  EXPECT_EQ(loop.run_until_complete(done), 5);
  EXPECT_EQ(log, "other");
}

TEST_F(event_loop_test, run_until_complete_lasts_to_the_end_of_the_turn_after_the_task) {  // S16
  const auto task = loop.create_task([](event_loop& loop, trace& log) -> jackdaw::task<void> {
    // All of this runs after the task is done: the run is ended by a callback in that turn.
    loop.call_soon([&] {
      log.add("a");
      loop.call_soon([&] { log.add("too late"); });
    });
    co_return;
  }(loop, log));
  loop.run_until_complete(task);
  EXPECT_EQ(log, "a");
}

TEST_F(event_loop_test,
       a_loop_stopped_before_the_task_ended_says_so_and_the_task_goes_on) {  // S16, S17
  const auto task = loop.create_task(add_after_a_turn(3, 4));
  loop.stop();
  EXPECT_EQ(refusal([&] { loop.run_until_complete(task); }),
            "Event loop stopped before Future completed.");
  EXPECT_FALSE(task.done());
  EXPECT_EQ(loop.run_until_complete(task), 7);
}

TEST_F(event_loop_test, tasks_that_are_left_over_go_on_in_the_next_run) {  // S17
  const auto left = loop.create_task([](trace& log) -> task<void> {
    log.add("1");
    co_await sleep(5s);
    log.add("2");
  }(log));
  EXPECT_EQ(loop.run_until_complete(add_after_a_turn(1, 1)), 2);
  EXPECT_EQ(log, "1");
  loop.run_until_complete(left);
  EXPECT_EQ(log, "1 2");
}

TEST_F(event_loop_test, runs_do_not_nest_and_nobody_closes_a_loop_that_runs) {  // S18
  event_loop other;
  EXPECT_FALSE(loop.is_running());
  loop.call_soon([&] {
    EXPECT_TRUE(loop.is_running());
    EXPECT_EQ(&get_running_loop(), &loop);
    EXPECT_EQ(refusal([&] { loop.run_forever(); }), "This event loop is already running");
    EXPECT_EQ(refusal([&] { other.run_forever(); }),
              "Cannot run the event loop while another loop is running");
    EXPECT_EQ(refusal([&] { loop.close(); }), "Cannot close a running event loop");
    loop.stop();
  });
  loop.run_forever();
  EXPECT_EQ(refusal([] { static_cast<void>(get_running_loop()); }), "no running event loop");
  other.stop();
  other.run_forever();
}

TEST_F(event_loop_test, close_drops_what_is_queued_and_a_closed_loop_takes_nothing) {  // S19
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  loop.call_soon([this, owned] { log.add("ready"); });
  loop.call_later(0s, [this, owned] { log.add("timer"); });
  std::thread([&] { loop.call_soon_threadsafe([this, owned] { log.add("sent"); }); }).join();
  owned.reset();
  EXPECT_FALSE(loop.is_closed());
  loop.close();
  loop.close();
  EXPECT_TRUE(loop.is_closed());
  EXPECT_TRUE(watch.expired());
  const std::string closed = "Event loop is closed";
  EXPECT_EQ(refusal([&] { loop.call_soon([] {}); }), closed);
  EXPECT_EQ(refusal([&] { loop.call_later(1s, [] {}); }), closed);
  EXPECT_EQ(refusal([&] { loop.call_at(time_point(1s), [] {}); }), closed);
  EXPECT_EQ(refusal([&] { loop.call_soon_threadsafe([] {}); }), closed);
  EXPECT_EQ(refusal([&] { loop.create_task(add_after_a_turn(1, 2)); }), closed);
  EXPECT_EQ(refusal([&] { loop.run_forever(); }), closed);
  EXPECT_EQ(log, "");
}

TEST_F(event_loop_test, what_another_room_keeps_is_destroyed_after_the_tasks) {  // S19
  struct leaves_word {
    explicit leaves_word(trace& where, const char* what) : log(&where), word(what) {}
    leaves_word(const leaves_word&) = delete;
    leaves_word& operator=(const leaves_word&) = delete;
    ~leaves_word() { log->add(word); }
    trace* log;
    const char* word;
  };
  struct room : loop_extension {
    explicit room(trace& log) : word(log, "extension") {}
    leaves_word word;
  };
  loop.set_extension(std::make_unique<room>(log));
  ASSERT_NE(loop.extension(), nullptr);
  const auto task = loop.create_task([](trace& log) -> jackdaw::task<void> {
    const leaves_word word(log, "task");
    co_await sleep(1h);
  }(log));
  run_one_turn();
  loop.close();
  EXPECT_EQ(log, "task extension");
  EXPECT_EQ(loop.extension(), nullptr);
  EXPECT_EQ(failures.all().size(), 1U) << "the pending task is reported";
}

TEST_F(event_loop_test, what_a_callback_throws_is_reported_and_the_next_one_runs) {  // S20
  loop.call_soon([] { throw std::runtime_error("boom"); });
  loop.call_soon(writes("next"));
  loop.call_soon([] { throw 5; });
  loop.call_later(0s, [] { throw cancelled_error(); });
  loop.call_later(1s, [this] {
    log.add("timer");
    loop.stop();
  });
  loop.run_forever();
  EXPECT_EQ(log, "next timer");
  const auto reports = failures.all();
  ASSERT_EQ(reports.size(), 3U);
  for (const failure& report : reports) {
    EXPECT_EQ(report.message, "Exception in callback");
    EXPECT_NE(report.exception, nullptr);
  }
  EXPECT_NE(failures.text().find("boom"), std::string::npos);
}

TEST_F(event_loop_test,
       an_order_to_end_leaves_the_run_at_once_and_the_rest_runs_in_the_next) {  // S21
  loop.call_soon([this] {
    log.add("a");
    loop.call_soon(writes("d"));
    throw keyboard_interrupt();
  });
  loop.call_soon([this] {
    log.add("b");
    throw system_exit();
  });
  loop.call_soon(writes("c"));
  EXPECT_THROW(loop.run_forever(), keyboard_interrupt);
  EXPECT_EQ(log, "a");
  EXPECT_FALSE(loop.is_running());
  EXPECT_THROW(loop.run_forever(), system_exit);
  EXPECT_EQ(log, "a b");
  run_one_turn();
  EXPECT_EQ(log, "a b c d");
  EXPECT_EQ(failures.text(), "");
}

TEST_F(event_loop_test, tear_out_ends_the_run_when_what_runs_now_has_returned) {  // S21
  loop.call_soon([this] {
    loop.tear_out(std::make_exception_ptr(std::logic_error("out")));
    log.add("returned");
  });
  loop.call_soon(writes("rest"));
  EXPECT_THROW(loop.run_forever(), std::logic_error);
  EXPECT_EQ(log, "returned");
  run_one_turn();
  EXPECT_EQ(log, "returned rest");
}

// -- Calls from other threads -----------------------------------------------------------------------

TEST_F(event_loop_test, a_threadsafe_call_from_the_loop_s_own_thread_stands_in_line) {  // S22
  loop.call_soon(writes("a"));
  loop.call_soon_threadsafe([this] {
    log.add("b");
    loop.call_soon(writes("d"));
    loop.call_soon_threadsafe(writes("e"));
    loop.call_soon(writes("f"));
  });
  loop.call_soon(writes("c"));
  run_one_turn();
  EXPECT_EQ(log, "a b c");
  run_one_turn();
  EXPECT_EQ(log, "a b c d e f");
}

TEST_F(event_loop_test, a_call_from_a_thread_never_joins_the_turn_that_runs) {  // S22
  world.asked = &log;
  loop.call_soon([this] {
    std::thread([this] {
      loop.call_soon_threadsafe([this] {
        log.add("sent");
        loop.stop();
      });
    }).join();
    log.add("a");
  });
  loop.call_soon(writes("b"));
  loop.run_forever();
  EXPECT_EQ(log, "poll a b poll sent");
}

TEST_F(event_loop_test,
       calls_from_many_threads_arrive_each_once_and_in_each_thread_s_order) {  // S22
  constexpr int threads = 4;
  const int calls = scaled(5'000);
  event_loop real;  // Sleeps and wakes for real, so that wake-ups can be lost.
  std::array<int, threads> arrived{};
  int left = threads * calls;
  int out_of_order = 0;
  std::vector<std::thread> callers;
  callers.reserve(threads);
  for (std::size_t caller = 0; caller < threads; ++caller) {
    callers.emplace_back([&, caller] {
      for (int call = 0; call < calls; ++call) {
        real.call_soon_threadsafe([&, caller, call] {
          out_of_order += arrived[caller]++ != call ? 1 : 0;
          if (--left == 0) {
            real.stop();
          }
        });
      }
    });
  }
  real.run_forever();
  for (std::thread& caller : callers) {
    caller.join();
  }
  EXPECT_EQ(out_of_order, 0);
  EXPECT_EQ(arrived, (std::array<int, threads>{calls, calls, calls, calls}));
}

}  // namespace
}  // namespace jackdaw::asyncio
