// Ending what takes too long: timeout(), cancel(), race() and shield().
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<int> answer_after(jackdaw::duration wait, int answer) {
  co_await jackdaw::sleep(wait);
  co_return answer;
}

// A cancellation is an exception at the await where the task waits. It is no std::exception, so that it
// is not caught by accident.
task<void> patient(jackdaw::event& arrived) {
  arrived.set();
  try {
    co_await jackdaw::sleep(1h);
  } catch (const jackdaw::cancelled_error& reason) {
    std::printf("patient was told: %s\n", reason.message().c_str());
    throw;  // Who keeps it to himself goes on as if nothing had happened.
  }
}

task<int> important(jackdaw::event& permission) {
  co_await permission.wait();
  co_return 42;
}

task<void> impatience() {
  try {
    co_await jackdaw::timeout(1ms, answer_after(1h, 1));
  } catch (const jackdaw::timeout_error& error) {
    std::printf("timeout: %s\n", error.what());
  }

  jackdaw::event arrived;
  jackdaw::join_handle<void> waits = jackdaw::spawn(patient(arrived));
  co_await arrived.wait();
  waits.cancel("closing time");
  try {
    co_await waits;
  } catch (const jackdaw::cancelled_error&) {
    std::printf("patient is %s\n", waits.cancelled() ? "cancelled" : "not cancelled");
  }

  // The first to end decides; the others are cancelled and waited for.
  const auto winner = co_await jackdaw::race(answer_after(1h, 1), answer_after(1ms, 2));
  std::printf("the answer is %d\n", std::get<1>(winner));

  // A shielded task outlives the wait for it.
  jackdaw::event permission;
  jackdaw::join_handle<int> shielded = jackdaw::spawn(important(permission));
  try {
    co_await jackdaw::timeout(1ms, jackdaw::shield(shielded));
  } catch (const jackdaw::timeout_error&) {
    std::printf("we left; the important task is %s\n", shielded.done() ? "done" : "still there");
  }
  permission.set();
  const int result = co_await shielded;
  std::printf("its result is %d\n", result);
}

int main() { io::run(impatience()); }
