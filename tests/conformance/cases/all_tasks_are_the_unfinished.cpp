// S54: tasks that are not done, started or not.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

task<> quick() { co_return; }
task<> slow() { co_await sleep(10s); }

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const task_reference& task : current_scheduler().tasks().snapshot()) {
    all.push_back(task->name());
  }
  std::sort(all.begin(), all.end());
  return all;
}

task<> body() {
  log(names());
  const auto a = spawn(quick(), "short");
  const auto b = spawn(slow(), "long");
  log(names());
  co_await yield();
  log(names());
  b.cancel();
  log(names());
  try {
    co_await b;
  } catch (const cancelled_error&) {
    log(names());
  }
}

}  // namespace

CONFORMANCE_CASE(all_tasks_are_the_unfinished) { run(body()); }

}  // namespace jackdaw::conformance
