// Clean-up that awaits: finally(), since C++ allows no co_await in handlers and destructors.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

namespace {

task<void> roll_back(std::string name) {
  co_await jackdaw::sleep(1ms);  // Tells a database, say. A cancelled task may await here.
  std::printf("%s: rolled back\n", name.c_str());
}

task<int> rows_changed(jackdaw::duration wait) {
  co_await jackdaw::sleep(wait);
  co_return 3;
}

task<int> failing_change() {
  co_await jackdaw::yield();
  throw std::runtime_error("constraint violated");
}

// Python: try: return await body  finally: await roll_back(name)
task<int> transaction(std::string name, task<int> body) {
  auto clean_up = [name] { return roll_back(name); };
  co_return co_await jackdaw::finally(std::move(body), std::move(clean_up));
}

task<void> transactions() {
  const int rows = co_await transaction("success", rows_changed(0ms));
  std::printf("success: %d rows\n", rows);

  try {
    co_await transaction("failure", failing_change());
  } catch (const std::exception& error) {
    std::printf("failure: %s\n", error.what());
  }

  try {
    co_await jackdaw::timeout(1ms, transaction("too slow", rows_changed(1h)));
  } catch (const jackdaw::timeout_error& error) {
    std::printf("too slow: %s\n", error.what());
  }
}

}  // namespace

int main() { io::run(transactions()); }
