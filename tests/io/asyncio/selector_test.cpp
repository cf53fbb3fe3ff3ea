// tests/io/asyncio/selector_test.cpp
//
// Goal: what is added is called in the turns in which its descriptor is ready, and only if it was there
// when the turn began; no task is behind it; a number that is closed and comes back is watched anew; what
// is kept open is given up with the loop. Method: pipes, and a turn at a time.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using testing::make_pipe;
using testing::pipe_ends;
using testing::receive_now;
using testing::send_now;

struct calls_function : ready_callback {
  explicit calls_function(std::function<void()> given)
      : ready_callback(&calls_function::call), function(std::move(given)) {}
  static void call(ready_callback& self) { static_cast<calls_function&>(self).function(); }
  std::function<void()> function;
};

task<> turns(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await yield();
  }
}

class selector_test : public testing::io_test {};
JACKDAW_OVER_IO(selector_test, testing::loop_kinds());

task<std::size_t> tasks_while_something_is_watched() {
  const auto pipe = make_pipe();
  selector& selects = selector::of(get_running_loop());
  calls_function callback([] {});
  selects.add_reader(pipe.reads.get(), callback);
  const std::size_t tasks = jackdaw::asyncio::all_tasks().size();
  selects.remove_reader(pipe.reads.get());
  co_return tasks;
}

TEST_P(selector_test, no_task_is_behind_a_callback) {
  // Ours, and the one whose patience limits it.
  EXPECT_LE(run(tasks_while_something_is_watched()), 2U);
}

task<std::vector<int>> calls_of_a_hundred() {
  std::vector<pipe_ends> pipes;
  std::vector<std::unique_ptr<calls_function>> callbacks;
  std::vector<int> calls(100);
  selector& selects = selector::of(get_running_loop());
  for (std::size_t index = 0; index < calls.size(); ++index) {
    pipes.push_back(make_pipe());
    const int descriptor = pipes.back().reads.get();
    callbacks.push_back(std::make_unique<calls_function>([&calls, index, descriptor] {
      ++calls[index];
      static_cast<void>(receive_now(descriptor));
    }));
    selects.add_reader(descriptor, *callbacks.back());
    send_now(pipes.back().writes.get(), "x");
  }
  co_await turns(3);
  for (const pipe_ends& each : pipes) {
    selects.remove_reader(each.reads.get());
  }
  co_return calls;
}

TEST_P(selector_test, all_that_are_ready_are_called_in_the_same_turn_and_once) {
  EXPECT_EQ(run(calls_of_a_hundred()), std::vector<int>(100, 1));
}

task<std::string> replaced_in_the_turn_of_its_event() {
  std::string log;
  const auto first = make_pipe();
  const auto second = make_pipe();
  selector& selects = selector::of(get_running_loop());
  calls_function fresh([&] { log += "new "; });
  bool replaced = false;
  const auto replace_both = [&] {
    if (!std::exchange(replaced, true)) {
      log += "old ";
      selects.add_reader(first.reads.get(), fresh);
      selects.add_reader(second.reads.get(), fresh);
    }
  };
  calls_function old(replace_both);
  selects.add_reader(first.reads.get(), old);
  selects.add_reader(second.reads.get(), old);
  send_now(first.writes.get(), "x");
  send_now(second.writes.get(), "x");
  co_await turns(1);
  get_running_loop().call_soon([&] { log += "turn "; });
  co_await turns(2);
  selects.remove_reader(first.reads.get());
  selects.remove_reader(second.reads.get());
  co_return log;
}

TEST_P(selector_test, what_replaces_a_callback_is_not_called_for_an_event_of_before) {
  // The loop may see the events a turn later on a ring: what counts is that "new" is never before "turn".
  const std::string log = run(replaced_in_the_turn_of_its_event());
  EXPECT_TRUE(log.starts_with("old ")) << log;
  EXPECT_EQ(log.find("old new"), std::string::npos) << log;
}

task<std::string> number_comes_back() {
  std::string log;
  auto pipe = make_pipe();
  const int number = pipe.reads.get();
  selector& selects = selector::of(get_running_loop());
  calls_function callback([&] { log += receive_now(number); });
  selects.add_reader(number, callback);
  pipe = pipe_ends();  // Closed behind the selector's back.
  pipe = make_pipe();
  EXPECT_EQ(pipe.reads.get(), number);
  selects.add_reader(number, callback);
  send_now(pipe.writes.get(), "again");
  co_await turns(2);
  EXPECT_TRUE(selects.remove_reader(number));
  EXPECT_FALSE(selects.remove_reader(number));
  co_return log;
}

TEST_P(selector_test, a_number_that_came_back_is_watched_anew) {
  EXPECT_EQ(run(number_comes_back()), "again");
}

task<int> errno_for(int descriptor) {
  calls_function callback([] {});
  int number = 0;
  try {
    selector::of(get_running_loop()).add_reader(descriptor, callback);
  } catch (const io::error& refused) {
    number = refused.number();
  }
  co_return number;
}

TEST_P(selector_test, what_cannot_be_watched_is_refused) {
  EXPECT_EQ(run(errno_for(-1)), EBADF);
  EXPECT_EQ(run(errno_for(1'000'000)), EBADF);
}

struct notes_its_end : kept_open {
  explicit notes_its_end(std::string& text) : log(&text) {}
  ~notes_its_end() override { *log += " destroyed "; }
  void abandon() noexcept override { *log += "abandoned "; }
  void let_go() noexcept override { *log += "let go,"; }
  std::string* log;
};

task<> keep(std::string& log) {
  for (int each = 0; each < 2; ++each) {
    auto made = std::make_shared<notes_its_end>(log);
    static_cast<void>(selector::of(get_running_loop()).keep(std::move(made)));
  }
  co_return;
}

TEST_P(selector_test, what_is_kept_open_is_given_up_with_the_loop) {
  std::string log;
  run(keep(log));
  EXPECT_EQ(log, "abandoned abandoned let go, destroyed let go, destroyed ");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
