// tests/runtime/call_graph_test.cpp
//
// Goal: the call graph (runtime/call_graph.hpp) shows who awaits whom, and where its coroutine is. Method:
// tasks that wait for each other in known ways; the graph is written down as names in brackets, since ways
// of files and lines are the compiler's.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <string>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::scaled;
using testing::settled;

class call_graph_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(call_graph_test, all_kinds());

// "leaf[middle[main] other]"; a future is "-".
std::string names(const call_graph& graph) {
  std::string text = graph.task_name.empty() ? "-" : graph.task_name;
  std::string inside;
  for (const call_graph& each : graph.awaited_by) {
    inside += (inside.empty() ? "" : " ") + names(each);
  }
  return inside.empty() ? text : text + "[" + inside + "]";
}

task<void> wait_for(event& gate) { co_await gate.wait(); }
template <class Awaited>
task<void> await_it(Awaited awaited) {
  co_await awaited;
}

TEST_P(call_graph_test, nobody_awaits_a_task_that_nobody_awaits) {
  run([]() -> task<void> {
    this_task::set_name("main");
    const auto graph = capture_call_graph();
    EXPECT_TRUE(graph.has_value());
    EXPECT_EQ(names(*graph), "main");
    EXPECT_TRUE(graph->coroutine.has_value());
    co_return;
  }());
  EXPECT_EQ(capture_call_graph(), std::nullopt);
}

TEST_P(call_graph_test, those_who_await_a_task_are_found_up_to_the_main_task) {
  run([]() -> task<void> {
    event gate;
    const auto leaf = spawn(wait_for(gate), "leaf");
    const auto middle = spawn(await_it(leaf), "middle");
    const auto top = spawn(await_it(middle), "top");
    co_await settled();
    EXPECT_EQ(names(capture_call_graph(leaf)), "leaf[middle[top]]");
    gate.set();
    co_await top;
    EXPECT_EQ(names(capture_call_graph(leaf)), "leaf");
  }());
}

TEST_P(call_graph_test, all_who_await_the_same_are_shown) {
  run([]() -> task<void> {
    event gate;
    const auto leaf = spawn(wait_for(gate), "leaf");
    const auto first = spawn(await_it(leaf), "first");
    co_await settled();
    const auto second = spawn(await_it(leaf), "second");
    co_await settled();
    EXPECT_EQ(names(capture_call_graph(leaf)), "leaf[first second]");
    gate.set();
    co_await gather(first, second);
  }());
}

TEST_P(call_graph_test, futures_gatherings_and_shields_stand_between_tasks) {
  run([]() -> task<void> {
    future<int> source;
    const auto leaf = spawn(await_it(source), "leaf");
    const auto gathers = spawn(await_it(gather(leaf)), "gathers");
    const auto shields = spawn(await_it(shield(leaf)), "shields");
    co_await settled();
    EXPECT_EQ(names(capture_call_graph(source.state())), "-[leaf[-[gathers] -[shields]]]");
    source.set_result(1);
    co_await gather(gathers, shields);
  }());
}

task<void> have_a_group(event& gate, join_handle<void>& child) {
  co_await with_task_group([&](task_group& group) -> task<void> {
    child = group.create_task(wait_for(gate), "child");
    co_return;
  });
}

TEST_P(call_graph_test, a_child_of_a_group_is_awaited_by_the_task_of_the_group) {
  run([]() -> task<void> {
    event gate;
    join_handle<void> child;
    const auto parent = spawn(have_a_group(gate, child), "parent");
    const auto top = spawn(await_it(parent), "top");
    co_await settled();
    EXPECT_EQ(names(capture_call_graph(child)), "child[parent[top]]");
    gate.set();
    co_await top;
  }());
}

TEST_P(call_graph_test, text_is_indented_and_names_the_coroutine_of_who_waits) {
  run([]() -> task<void> {
    event gate;
    const auto leaf = spawn(wait_for(gate), "leaf");
    const auto top = spawn(await_it(leaf), "top");
    co_await settled();
    const std::string text = format_call_graph(capture_call_graph(leaf));
    EXPECT_EQ(text.find("* Task(name='leaf')\n"), 0U) << text;
    EXPECT_NE(text.find("\n  + Awaited by:\n    * Task(name='top')\n      + Call stack:\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("await_it"), std::string::npos) << text;
    EXPECT_NE(text.find("call_graph_test.cpp"), std::string::npos) << text;
    gate.set();
    co_await top;
  }());
}

// Awaits what comes and goes, so that nodes are taken out while others look at them.
task<void> await_many(std::atomic<bool>& over) {
  while (!over) {
    event gate;
    const auto leaf = spawn(wait_for(gate), "leaf");
    const auto top = spawn(await_it(leaf), "top");
    co_await yield();
    gate.set();
    const auto graph = capture_call_graph(leaf);
    EXPECT_EQ(graph.task_name, "leaf");
    co_await top;
  }
}

TEST_P(call_graph_test, it_may_be_captured_while_those_in_it_go_on) {
  run([]() -> task<void> {
    std::atomic<bool> over{false};
    const auto one = spawn(await_many(over), "one");
    const auto two = spawn(await_many(over), "two");
    for (int round = 0; round < scaled(500); ++round) {
      const auto graph = capture_call_graph(one);
      EXPECT_EQ(names(graph), "one");
      co_await yield();
    }
    over = true;
    co_await gather(one, two);
  }());
}

}  // namespace
}  // namespace jackdaw
