// S7: equal deadlines fire in heapq's order.
#include "../case.hpp"

namespace jackdaw::conformance {
CONFORMANCE_CASE(timer_ties_heapq_order) {
  for (int n = 2; n < 10; ++n) {
    virtual_loop loop;
    std::vector<int> out;
    const time_point t = loop->time();
    for (int i = 0; i < n; ++i) {
      loop->call_at(t, [&out, i] { out.push_back(i); });
    }
    loop->call_at(t + 1ms, [&] { loop->stop(); });
    loop->run_forever();
    loop->close();
    log(n, out);
  }
}

}  // namespace jackdaw::conformance
