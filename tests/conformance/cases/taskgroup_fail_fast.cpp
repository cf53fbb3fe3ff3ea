// S111, S113: the first failure ends the group; errors are in the order in which children ended.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

task<> ok(int n, std::vector<int>& cancelled) {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    cancelled.push_back(n);
    throw;
  }
}

task<> bad(std::string text, duration d) {
  co_await sleep(d);
  throw value_error(text);
}

task<> bad_cleanup() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    throw key_error("cleanup");
  }
}

task<> is_cancelled_and_says_so() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body cancelled; cancelling", this_task::cancelling());
    throw;
  }
}

void print_group(const exception_group& eg, std::vector<int> cancelled) {
  std::sort(cancelled.begin(), cancelled.end());
  log("siblings cancelled", cancelled);
  std::vector<std::string> errors;
  for (const std::exception_ptr& error : eg.exceptions()) {
    errors.push_back(repr(error));
  }
  std::string quoted;
  for (const std::string& error : errors) {
    quoted += (quoted.empty() ? "\"" : ", \"") + error + "\"";
  }
  log(type_name(std::current_exception()), eg.message(), "[" + quoted + "]");
  log(eg.what());
}

task<> body() {
  std::vector<int> cancelled;
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      tg.create_task(ok(1, cancelled));
      tg.create_task(bad("first", 1s));
      tg.create_task(bad_cleanup());
      tg.create_task(ok(2, cancelled));
      co_await is_cancelled_and_says_so();
    });
  } catch (const exception_group& eg) {
    print_group(eg, cancelled);
  }
  log("cancelling after", this_task::cancelling());
  co_await yield();
  log("parent alive");
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      for (int n = 0; n < 4; ++n) {
        tg.create_task(bad(str(n), std::chrono::seconds(4 - n)));
      }
      co_return;
    });
  } catch (const exception_group&) {
    log("only the first failed; the others were asleep", repr(std::current_exception()));
  }
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      for (const int n : {2, 0, 1}) {
        tg.create_task(bad(str(n), 1s));
      }
      co_return;
    });
  } catch (const exception_group&) {
    log("three in one turn", repr(std::current_exception()));
  }
}

}  // namespace

CONFORMANCE_CASE(taskgroup_fail_fast) { run(body()); }

}  // namespace jackdaw::conformance
