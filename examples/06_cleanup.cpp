// Clean-up that awaits: finally(), since C++ allows no co_await in handlers and destructors.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<int> rows_changed(jackdaw::duration wait) {
  co_await jackdaw::sleep(wait);
  co_return 3;
}

task<int> failing_change() {
  co_await jackdaw::yield();
  throw std::runtime_error("constraint violated");
}

// Tells the other side. It may wait, even if what it cleans up after was cancelled.
task<void> sign_off(std::string name) {
  co_await jackdaw::sleep(1ms);
  std::printf("%s: signed off\n", name.c_str());
}

// Python: try: return await body  finally: await sign_off(name)
task<int> session(std::string name, task<int> body) {
  co_return co_await jackdaw::finally(std::move(body), sign_off(std::move(name)));
}

task<void> sessions() {
  const int rows = co_await session("good", rows_changed(0ms));
  std::printf("good: %d rows\n", rows);

  try {
    co_await session("bad", failing_change());
  } catch (const std::exception& error) {
    std::printf("bad: %s\n", error.what());
  }

  try {
    co_await jackdaw::timeout(1ms, session("slow", rows_changed(1h)));
  } catch (const jackdaw::timeout_error& error) {
    std::printf("slow: %s\n", error.what());
  }
}

int main() { io::run(sessions()); }
