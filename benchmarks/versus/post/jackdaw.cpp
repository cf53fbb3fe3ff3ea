// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace versus {
namespace {

using jackdaw::task;

std::atomic<std::int64_t> finished{0};

void post_all(jackdaw::scheduler& scheduler, jackdaw::event& all_done, std::int64_t size) {
  for (std::int64_t index = 0; index < size; ++index) {
    jackdaw::post(scheduler, [&all_done, size] {
      if (finished.fetch_add(1, std::memory_order_relaxed) + 1 == size) {
        all_done.set();
      }
    });
  }
}

task<int> receive(std::int64_t size) {
  jackdaw::event all_done;
  stopwatch time;
  const std::jthread outside(post_all, std::ref(jackdaw::current_scheduler()), std::ref(all_done),
                             size);
  co_await all_done.wait();
  time.stop();
  co_return report(time, size, finished.load() == size);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::receive(given.size));
}
