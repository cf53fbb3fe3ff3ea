// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

namespace versus {
namespace {

jackdaw::task<std::int64_t> once(std::int64_t value) { co_return value + 1; }

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  std::int64_t value = 0;
  versus::stopwatch time;
  for (std::int64_t cycle = 0; cycle < given.size; ++cycle) {
    value = jackdaw::io::run(versus::once(value), versus::jackdaw_options(given));
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
