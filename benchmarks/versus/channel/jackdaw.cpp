// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

#include <cstddef>

namespace versus {
namespace {

using jackdaw::task;
using channel = jackdaw::channel<std::int64_t>;

task<void> produce(channel& into, std::int64_t messages) {
  for (std::int64_t index = 1; index <= messages; ++index) {
    co_await into.send(index);
  }
}

task<int> consume(arguments given) {
  const std::int64_t each = given.size / given.tasks;
  // --capacity 0: no bound.
  channel from(given.capacity == 0 ? channel::unbounded : static_cast<std::size_t>(given.capacity));
  std::int64_t sum = 0;
  stopwatch time;
  for (std::int64_t producer = 0; producer < given.tasks; ++producer) {
    jackdaw::spawn(produce(from, each));
  }
  for (std::int64_t index = 0; index < each * given.tasks; ++index) {
    sum += *co_await from.receive();
  }
  time.stop();
  co_return report(time, each * given.tasks, sum == given.tasks * (each * (each + 1) / 2));
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::consume(given));
}
