// Who keeps a task alive? What can wake it. Handles are for awaiting and cancelling, and may be dropped.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace io = jackdaw::io;
using jackdaw::future;
using jackdaw::task;
using namespace std::chrono_literals;

struct noisy {
  explicit noisy(const char* text) : name(text) {}
  noisy(const noisy&) = delete;
  noisy& operator=(const noisy&) = delete;
  ~noisy() { std::printf("%s: its locals are destroyed\n", name); }
  const char* name;
};

task<void> tick() {
  const noisy local("tick");
  co_await jackdaw::sleep(1ms);  // The loop's timer can wake it, so it lives.
  std::printf("tick: done, though nobody held a handle\n");
}

// A future that only this await knows: nobody can ever set it, and nobody has a handle to cancel the task.
task<void> forgotten() {
  const noisy local("forgotten");
  co_await future<int>();
}

task<void> send_mail(int number) {
  co_await jackdaw::sleep(1ms);
  std::printf("mail %d sent\n", number);
}

task<void> tasks_without_handles() {
  jackdaw::spawn(tick());
  co_await jackdaw::sleep(2ms);

  jackdaw::spawn(forgotten(), "forgotten");
  co_await jackdaw::sleep(2ms);

  // For those that somebody wants to count, cancel or wait for.
  jackdaw::background_tasks mails;
  for (int number = 1; number <= 3; ++number) {
    mails.spawn(send_mail(number));
  }
  std::printf("%zu mails on their way\n", mails.size());
  co_await mails.wait_all();
}

int main() {
  io::options options;
  options.mode = io::mode::asyncio;  // In a pool a forgotten task waits until the pool ends.
  options.on_failure = [](const jackdaw::failure& failure) {
    std::printf("%s: %s\n", failure.task_name.c_str(), failure.message.c_str());
  };
  io::run(tasks_without_handles(), options);
}
