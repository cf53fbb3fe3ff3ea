// S157: join() waits for as many task_done() as there were put(); one too many is an error.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> worker(queue<std::string>& q, int n) {
  while (true) {
    const std::string item = co_await q.get();
    log("worker", n, "got", item);
    co_await sleep(1s);
    q.task_done();
  }
}

task<> joiner(queue<std::string>& q, std::string n) {
  co_await q.join();
  log("joined", n);
}

void one_too_many(queue<std::string>& q) {
  try {
    q.task_done();
  } catch (const std::invalid_argument& e) {
    log(e.what());
  }
}

task<> with_workers() {
  queue<std::string> q;
  const auto t = asyncio::create_task(turns(1));
  co_await q.join();
  log("idle; the task has begun", t.done());
  one_too_many(q);
  for (const char* item : {"0", "1", "2", "3", "4"}) {
    q.put_nowait(item);
  }
  std::vector<join_handle<void>> js;
  std::vector<join_handle<void>> ws;
  for (const char* n : {"0", "1"}) {
    js.push_back(asyncio::create_task(joiner(q, n)));
  }
  for (const int n : {0, 1}) {
    ws.push_back(asyncio::create_task(worker(q, n)));
  }
  const auto cancelled = asyncio::create_task(joiner(q, "cancelled"));
  co_await sleep(500ms);
  cancelled.cancel();
  const bool was_cancelled = co_await ended_cancelled(cancelled);
  log("cancelled", was_cancelled);
  co_await q.join();
  log("main joined; at", str(seconds(asyncio::get_running_loop())) + ".0");
  co_await yield();
  log(done(js));
  q.put_nowait("again");
  const auto j = asyncio::create_task(joiner(q, "again"));
  co_await sleep(500ms);
  log(j.done());
  co_await j;
  for (const auto& w : ws) {
    w.cancel();
  }
  co_await ended(ws);
}

task<> with_shutdown() {
  queue<std::string> q;
  q.put_nowait("a");
  q.put_nowait("b");
  static_cast<void>(q.get_nowait());
  const auto j = asyncio::create_task(joiner(q, "shut down"));
  co_await yield();
  q.shutdown();
  co_await yield();
  log("shutdown leaves the joiner", j.done());
  q.shutdown(true);
  co_await turns(2);
  log("one was taken before and is not done", j.done());
  q.task_done();
  co_await j;
}

task<> body() {
  co_await with_workers();
  co_await with_shutdown();
}

}  // namespace

CONFORMANCE_CASE(queue_join) { run(body()); }

}  // namespace jackdaw::conformance
