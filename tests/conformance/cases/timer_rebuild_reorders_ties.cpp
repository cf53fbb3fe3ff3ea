// S12: the heap is rebuilt when more than half of more than 100 timers are cancelled.
#include "../case.hpp"

#include <utility>

namespace jackdaw::conformance {
namespace {

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const std::pair<int, int> rounds[] = {{202, 101}, {202, 102}, {90, 60}};
  for (const auto& [total, cancelled] : rounds) {
    std::vector<int> out;
    const time_point when = loop.time() + 1s;
    std::vector<asyncio::handle> hs;
    for (int i = 0; i < total; ++i) {
      hs.push_back(
          loop.call_at(i % 2 == 1 ? when : when + i % 7 * 1s, [&out, i] { out.push_back(i); }));
    }
    for (int i = 0; i < cancelled; ++i) {
      hs[static_cast<std::size_t>(i)].cancel();
    }
    co_await yield();
    co_await sleep(20s);
    log(total, cancelled, out.size(), out);
  }
}

}  // namespace

CONFORMANCE_CASE(timer_rebuild_reorders_ties) { run(body()); }

}  // namespace jackdaw::conformance
