// S109: when a group takes tasks.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

// A coroutine that is closed destroys its parameters.
struct closes {
  explicit closes(bool& flag) : closed(&flag) {}
  closes(closes&& other) noexcept : closed(std::exchange(other.closed, nullptr)) {}
  closes& operator=(closes&&) = delete;
  ~closes() {
    if (closed != nullptr) {
      *closed = true;
    }
  }
  bool* closed;
};

task<> runs(closes /*kept*/) {
  log("ran");
  co_return;
}

void tries(task_group& tg, const char* when) {
  bool closed = false;
  try {
    tg.create_task(runs(closes(closed)));
  } catch (const std::runtime_error& e) {
    log(std::string(when) + ":", e.what());
  }
  log("closed", closed);
}

task<> simple() {
  log("ran");
  co_return;
}

task<> spawner(task_group& tg) {
  co_await yield();
  tg.create_task(simple());
  log("child may spawn siblings while exiting");
}

task<> late(task_group& tg) {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    tries(tg, "aborting");
    throw;
  }
}

task<> fails() {
  throw key_error("x");
  co_return;
}

task<> failing_groups() {
  task_group tg;
  try {
    co_await with_task_group(tg, [](task_group& group) -> task<> {
      group.create_task(late(group));
      co_await yield();
      throw value_error();
    });
  } catch (const exception_group& eg) {
    log("(" + repr(eg.exceptions().front()) + ",)");
  }
  tries(tg, "finished after an error");
  try {
    co_await with_task_group([](task_group& group) -> task<> {
      group.create_task(fails());
      try {
        co_await sleep(10s);
      } catch (const cancelled_error&) {
        tries(group, "failed");
      }
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()));
  }
}

task<> body() {
  task_group tg;
  tries(tg, "not entered");
  co_await with_task_group(tg, [](task_group& group) -> task<> {
    group.create_task(spawner(group));
    co_return;
  });
  tries(tg, "finished");
  try {
    co_await with_task_group(tg, [](task_group& /*never*/) -> task<> {
      log("NEVER");
      co_return;
    });
  } catch (const std::runtime_error& e) {
    log("again:", e.what());
  }
  co_await failing_groups();
}

}  // namespace

CONFORMANCE_CASE(taskgroup_create_task_states) { run(body()); }

}  // namespace jackdaw::conformance
