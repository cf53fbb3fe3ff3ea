// What is not a coroutine: calls that block, and descriptors that belong to another library.
#include <jackdaw/io/io.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

// A call that blocks its thread: on a worker it would stop every task that waits for this worker.
std::string slow_lookup(const std::string& key) {
  std::this_thread::sleep_for(5ms);
  return key + " is 42";
}

// Stands for a library that lends its descriptor and wants to be called when there is something to read.
std::string read_from_library(int descriptor) {
  char text[64];
  const ssize_t count = read(descriptor, text, sizeof(text));
  return std::string(text, count > 0 ? static_cast<std::size_t>(count) : 0);
}

task<void> write_later(int descriptor, std::string text) {
  co_await jackdaw::sleep(2ms);
  co_await io::writable(descriptor);
  if (write(descriptor, text.data(), text.size()) < 0) {
    std::perror("write");
  }
}

task<void> outside_world() {
  const std::string found = co_await jackdaw::to_thread(slow_lookup, std::string("the answer"));
  std::printf("%s\n", found.c_str());

  int ends[2];
  if (pipe(ends) != 0) {
    throw io::error(errno, "pipe");
  }
  jackdaw::join_handle<void> writer = jackdaw::spawn(write_later(ends[1], "news"));
  co_await io::readable(ends[0]);  // Suspends this task alone.
  const std::string text = read_from_library(ends[0]);
  std::printf("the library says: %s\n", text.c_str());
  co_await writer;
  close(ends[0]);  // Only now: nobody waits for them any more.
  close(ends[1]);
}

int main() { io::run(outside_world()); }
