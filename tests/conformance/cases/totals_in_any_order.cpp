// Free of order: whoever runs first, the totals and the times are the same.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

class total {
 public:
  task<> add(int n) {
    const auto held = co_await lock_.scoped_lock();
    const int before = sum_;
    co_await yield();
    sum_ = before + n;
  }
  [[nodiscard]] int sum() const noexcept { return sum_; }

 private:
  mutex lock_;
  int sum_ = 0;
};

task<> work(queue<int>& q, total& squares) {
  while (true) {
    const int n = co_await q.get();
    co_await sleep(std::chrono::seconds(n % 3));
    co_await squares.add(n * n);
    q.task_done();
  }
}

task<> pipeline() {
  queue<int> q(2);
  total squares;
  std::vector<join_handle<void>> ws;
  for (int i = 0; i < 3; ++i) {
    ws.push_back(spawn(work(q, squares)));
  }
  for (int n = 0; n < 30; ++n) {
    co_await q.put(n);
  }
  co_await q.join();
  for (const auto& w : ws) {
    w.cancel();
  }
  for (const auto& w : ws) {
    const bool cancelled = co_await ended_cancelled(w);
    log("worker ended cancelled", cancelled);
  }
  log("sum of squares", squares.sum(), "left", q.size());
}

task<> use(semaphore& s, total& users) {
  const auto permit = co_await s.scoped_acquire();
  co_await sleep(1s);
  co_await users.add(1);
}

task<> permits() {
  const auto begin = seconds();
  semaphore s(2);
  total users;
  std::vector<task<>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(use(s, users));
  }
  co_await gather(std::move(all));
  log("6 users of 2 permits took", seconds() - begin, "counted", users.sum());
}

task<> sleeper(total& cancelled) {
  std::exception_ptr request;
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    request = std::current_exception();
  }
  if (request) {
    co_await cancelled.add(1);
    std::rethrow_exception(request);
  }
}

task<> fails(duration after) {
  co_await sleep(after);
  throw value_error("failed");
}

task<> group() {
  const auto begin = seconds();
  total cancelled;
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      for (int i = 0; i < 5; ++i) {
        tg.create_task(sleeper(cancelled));
      }
      tg.create_task(fails(1s));
      co_return;
    });
  } catch (const exception_group& eg) {
    log("group", repr(eg.exceptions().front()), eg.exceptions().size());
  }
  log("at", seconds() - begin, "cancelled", cancelled.sum());
}

task<std::string> within(duration limit, duration d) {
  try {
    co_return co_await wait_for(sleep_for<std::string>(d, "slept"), limit);
  } catch (const timeout_error&) {
  }
  co_return "TimeoutError";
}

task<> deadlines() {
  std::vector<task<std::string>> all;
  for (int d = 0; d < 5; ++d) {
    all.push_back(within(2500ms, std::chrono::seconds(d)));
  }
  const std::vector<std::string> ends = co_await gather(std::move(all));
  log(ends);
}

task<> wait_and_add(event& e, total& woken) {
  co_await e.wait();
  co_await woken.add(1);
}

task<> wake_all() {
  event e;
  total woken;
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 5; ++i) {
    ts.push_back(spawn(wait_and_add(e, woken)));
  }
  co_await sleep(1s);
  log("before", woken.sum());
  e.set();
  for (const auto& t : ts) {
    co_await t;
  }
  log("after", woken.sum());
}

task<> body() {
  co_await pipeline();
  co_await permits();
  co_await group();
  co_await deadlines();
  co_await wake_all();
}

}  // namespace

CONFORMANCE_CASE(totals_in_any_order, any_order) { run(body()); }

}  // namespace jackdaw::conformance
