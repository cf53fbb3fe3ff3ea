// S158: the smallest first, equal ones in heapq's order; the last first.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct item {
  item(int its_key, std::string its_name) : key(its_key), name(std::move(its_name)) {}
  int key;
  std::string name;
  friend bool operator<(const item& a, const item& b) { return a.key < b.key; }
};

task<> get(asyncio::priority_queue<item>& q, int n) {
  const item got = co_await q.get();
  log(n, "got", got.name);
}

void log_names(asyncio::priority_queue<item>& q, std::size_t count) {
  std::string names;
  for (; count > 0; --count) {
    names += (names.empty() ? "" : " ") + q.get_nowait().name;
  }
  log(names);
}

task<> smallest_first() {
  asyncio::priority_queue<item> q;
  char letter = 'a';
  for (const int key : {3, 1, 2, 1, 3, 1, 2, 2, 1}) {
    q.put_nowait(item(key, std::to_string(key) + letter++));
  }
  log("qsize", q.qsize());
  log_names(q, 4);
  q.put_nowait(item(1, "1z"));
  q.put_nowait(item(0, "0y"));
  log_names(q, q.qsize());
  std::vector<join_handle<void>> gs;
  for (const int n : {0, 1}) {
    gs.push_back(asyncio::create_task(get(q, n)));
  }
  co_await yield();
  q.put_nowait(item(9, "nine"));
  q.put_nowait(item(8, "eight"));
  co_await ended(gs);
}

task<> last_first() {
  asyncio::lifo_queue<std::string> q(3);
  for (const char* name : {"a", "b", "c"}) {
    q.put_nowait(name);
  }
  log("full", q.full());
  try {
    q.put_nowait("d");
  } catch (const asyncio::queue_full&) {
    log("QueueFull");
  }
  const auto p = asyncio::create_task(q.put("late"));
  co_await yield();
  log(q.get_nowait());
  co_await p;
  const std::string first = q.get_nowait();
  const std::string second = q.get_nowait();
  const std::string third = q.get_nowait();
  log(first, second, third, q.empty(), q.maxsize());
  try {
    static_cast<void>(q.get_nowait());
  } catch (const asyncio::queue_empty&) {
    log("QueueEmpty");
  }
}

task<> body() {
  co_await smallest_first();
  co_await last_first();
}

}  // namespace

CONFORMANCE_CASE(queue_priority_and_lifo_order) { run(body()); }

}  // namespace jackdaw::conformance
