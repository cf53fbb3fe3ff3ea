// tests/io/asyncio/subprocess_transport_test.cpp
//
// Goal: no child is left behind, alive or dead, however its transport ends. Method: children that never end by
// themselves; the order of callbacks is that of the conformance case subprocess_protocol_order.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/subprocess_transport.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task_handle.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

class subprocess_transport_test : public testing::io_test {};
JACKDAW_OVER_IO(subprocess_transport_test, testing::loop_kinds());

class collector : public subprocess_protocol {
 public:
  void connection_made(const std::shared_ptr<subprocess_transport>& made) override {
    pid = made->get_pid();
  }
  void pipe_data_received(int descriptor, std::string_view data) override {
    (descriptor == 1 ? output : errors).append(data);
  }
  void connection_lost(std::exception_ptr error) override {
    EXPECT_EQ(error, nullptr);
    lost.set_result();
  }
  pid_t pid = -1;
  std::string output;
  std::string errors;
  const future<void> lost{get_running_loop()};
};

const auto make_collector = [] { return std::make_shared<collector>(); };

process_options piped(process_options options) {
  options.standard_input = stdio::pipe();
  options.standard_output = stdio::pipe();
  options.standard_error = stdio::pipe();
  return options;
}

process_options sleeper() { return piped(process_options("sleep", {"1000"})); }

task<> both_outputs() {
  auto [made, told] =
      co_await subprocess_shell(make_collector, "echo one; echo two >&2; cat", piped(sleeper()));
  made->get_pipe_transport(0)->write("three");
  made->get_pipe_transport(0)->close();
  co_await told->lost;
  EXPECT_EQ(told->output, "one\nthree");
  EXPECT_EQ(told->errors, "two\n");
  EXPECT_EQ(made->get_pipe_transport(3), nullptr);
  EXPECT_EQ(made->get_protocol(), nullptr);
  made->close();
}

TEST_P(subprocess_transport_test, outputs_are_told_apart) { run(both_outputs()); }

// ECHILD: no such child, so it was reaped.
bool is_reaped(pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) < 0 && errno == ECHILD; }

task<> closed() {
  auto [made, told] = co_await subprocess_exec(make_collector, sleeper());
  made->close();
  co_await told->lost;
  EXPECT_EQ(made->get_returncode(), -SIGKILL);
  EXPECT_TRUE(is_reaped(made->get_pid()));
  const int again = co_await made->wait();
  EXPECT_EQ(again, -SIGKILL);
}

TEST_P(subprocess_transport_test, closing_kills_and_reaps) { run(closed()); }

task<pid_t> left_open() {
  auto [made, told] = co_await subprocess_exec(make_collector, sleeper());
  co_return made->get_pid();
}

TEST_P(subprocess_transport_test, the_loop_kills_what_is_left_open) {
  const pid_t left = run(left_open());
  // A thread of the library's reaps it; until then it is a zombie, and takes no signal's effect.
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(left), &ended, WEXITED | WNOWAIT) == 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(errno, ECHILD);
}

task<int> failure_of_start() {
  int number = 0;
  try {
    co_await subprocess_exec(make_collector, process_options("/there/is/no/such/program"));
  } catch (const error& refused) {
    number = refused.number();
  }
  co_return number;
}

TEST_P(subprocess_transport_test, a_program_that_is_not_there_is_an_error) {
  EXPECT_EQ(run(failure_of_start()), ENOENT);
}

task<bool> cancelled_start() {
  const auto told = std::make_shared<collector>();
  auto starting = spawn(subprocess_exec([told] { return told; }, sleeper()));
  co_await yield();
  starting.cancel();
  bool cancelled = false;
  try {
    co_await starting;
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  EXPECT_GT(told->pid, 0);
  EXPECT_TRUE(is_reaped(told->pid));
  co_return cancelled;
}

TEST_P(subprocess_transport_test, a_start_that_is_cancelled_leaves_no_child) {
  EXPECT_TRUE(run(cancelled_start()));
}

// Cancels the start and all tasks that it has begun, as asyncio's runners do at their end.
task<bool> start_cancelled_with_all_its_tasks(int turns) {
  const auto told = std::make_shared<collector>();
  const task_handle main = jackdaw::asyncio::current_task();
  auto starting = spawn(subprocess_exec([told] { return told; }, sleeper()));
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  for (const task_handle& each : jackdaw::asyncio::all_tasks()) {
    if (each != main) {
      each.cancel();
    }
  }
  bool cancelled = false;
  try {
    co_await timeout(std::chrono::seconds(30), starting);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "there is no child";
  co_return cancelled;
}

TEST_P(subprocess_transport_test, a_start_whose_pipes_are_not_connected_leaves_no_child_and_ends) {
  for (int turns = 1; turns <= 4; ++turns) {
    EXPECT_TRUE(run(start_cancelled_with_all_its_tasks(turns))) << turns;
  }
}

task<> many_children() {
  std::vector<join_handle<subprocess_of<decltype(make_collector)>>> starts;
  for (int child = 0; child < 10; ++child) {
    starts.push_back(spawn(
        subprocess_exec(make_collector, piped(process_options("echo", {std::to_string(child)})))));
  }
  for (int child = 0; child < 10; ++child) {
    auto [made, told] = co_await starts[static_cast<std::size_t>(child)];
    co_await told->lost;
    EXPECT_EQ(told->output, std::to_string(child) + "\n");
    made->close();
  }
}

TEST_P(subprocess_transport_test, children_run_beside_each_other) { run(many_children()); }

}  // namespace
}  // namespace jackdaw::io::asyncio
