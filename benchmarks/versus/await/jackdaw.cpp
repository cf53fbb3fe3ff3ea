// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

namespace versus {
namespace {

using jackdaw::task;

task<std::int64_t> child(std::int64_t value) {
  opaque(value);
  co_return value + 1;
}

task<int> await_children(std::int64_t size) {
  std::int64_t value = 0;
  stopwatch time;
  for (std::int64_t index = 0; index < size; ++index) {
    value = co_await child(value);
  }
  time.stop();
  co_return report(time, size, value == size);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::await_children(given.size));
}
