// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

#include <vector>

namespace versus {
namespace {

using jackdaw::task;

task<std::int64_t> give_way(std::int64_t times) {
  std::int64_t done = 0;
  for (; done < times; ++done) {
    co_await jackdaw::yield();
  }
  co_return done;
}

task<int> all_give_way(arguments given) {
  const std::int64_t each = given.size / given.tasks;
  std::vector<jackdaw::join_handle<std::int64_t>> tasks;
  std::int64_t done = 0;
  stopwatch time;
  for (std::int64_t index = 0; index < given.tasks; ++index) {
    tasks.push_back(jackdaw::spawn(give_way(each)));
  }
  for (const jackdaw::join_handle<std::int64_t>& task : tasks) {
    done += co_await task;
  }
  time.stop();
  co_return report(time, done, done == each * given.tasks);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::all_give_way(given));
}
