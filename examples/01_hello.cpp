// Tasks: a coroutine that is awaited is a call; one that is spawned runs beside its maker.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<std::string> greeting(std::string name, jackdaw::duration wait) {
  co_await jackdaw::sleep(wait);  // The thread runs other tasks meanwhile.
  co_return "hello, " + name;
}

task<int> failing() {
  co_await jackdaw::yield();
  throw std::runtime_error("a task may fail; the program goes on");
}

task<void> hello() {
  // Awaited: runs in this task, like a call that may wait.
  const std::string first = co_await greeting("world", 1ms);
  std::printf("%s\n", first.c_str());

  // Spawned: a task of its own. The handle is for awaiting and cancelling it; dropping it does neither.
  jackdaw::join_handle<std::string> second = jackdaw::spawn(greeting("jackdaw", 1ms), "greeter");
  std::printf("%s is %s\n", second.name().c_str(), second.done() ? "done" : "on its way");
  const std::string text = co_await second;
  std::printf("%s\n", text.c_str());

  // An exception goes to whoever awaits. Of a task that nobody awaits it is reported, on stderr.
  jackdaw::join_handle<int> third = jackdaw::spawn(failing());
  try {
    co_await third;
  } catch (const std::exception& error) {
    std::printf("caught: %s\n", error.what());
  }
}

int main() { io::run(hello()); }
