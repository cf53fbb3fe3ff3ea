// A plain call.
#include "../support/versus.hpp"

namespace versus {
namespace {

[[gnu::noinline]] std::int64_t child(std::int64_t value) {
  opaque(value);
  return value + 1;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  std::int64_t value = 0;
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    value = versus::child(value);
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
