// A run: resolve, connect once to see that somebody is there, then all sessions at once.

#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/tools/load/load.hpp>
#include <jackdaw/tools/load/report.hpp>
#include <jackdaw/tools/load/session.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

namespace jackdaw::load {

namespace {

void prepare_requests(run_context& run) {
  const target& to = run.options.to;
  const std::string request = "GET " + to.path + " HTTP/1.1\r\nHost: " + to.authority +
                              "\r\nUser-Agent: jackdaw-load\r\n\r\n";
  run.request_bytes = request.size();
  for (unsigned count = 0; count < run.options.pipeline; ++count) {
    run.requests += request;
  }
}

double seconds_since(time_point start) {
  return std::chrono::duration<double>(current_scheduler().now() - start).count();
}

// Rewrites one line on the terminal until it is cancelled.
task<void> show_progress(run_context& run) {
  const double whole = std::chrono::duration<double>(run.end - run.start).count();
  interval every(std::chrono::milliseconds(200));
  for (;;) {
    co_await every.tick();
    const double spent = seconds_since(run.start);
    const std::uint64_t answered = run.counts.answered();
    fmt::print(stderr, "\r\033[K{:.1f} of {:.1f} s, {} requests, {:.0f}/s, {} errors", spent, whole,
               answered, static_cast<double>(answered) / spent, run.counts.failed());
    std::fflush(stderr);
  }
}

task<void> run_sessions(run_context& run) {
  std::vector<task<void>> loops;
  for (unsigned index = 0; index < run.options.connections; ++index) {
    session& each = run.sessions.emplace_back(run, index);
    if (run.options.rate > 0) {
      loops.push_back(each.open_loop());
    } else {
      loops.push_back(each.closed_loop());
    }
  }
  co_await gather(std::move(loops));
}

task<int> measure(run_context& run) {
  run.addresses = co_await io::resolve(run.options.to.host, run.options.to.port);
  {
    // Whoever measures a server that is not there wants to know it now, and why.
    const io::tcp_stream probe = co_await connect_any(run.addresses, run.options.connect_timeout);
  }
  run.start = current_scheduler().now();
  run.end = deadline_after(run.start, run.options.time);

  join_handle<void> progress;
  const bool visible = isatty(STDERR_FILENO) != 0;
  if (visible) {
    progress = spawn(show_progress(run));
  }
  co_await run_sessions(run);
  const double spent = seconds_since(run.start);
  if (visible) {
    progress.cancel();
    fmt::print(stderr, "\r\033[K");
  }
  publish(run, spent);
  co_return run.counts.answered() > 0 ? 0 : 1;
}

task<int> check(run_context& run) {
  run.addresses = co_await io::resolve(run.options.to.host, run.options.to.port);
  const unsigned status = co_await run.sessions.emplace_back(run, 0U).single();
  if (status >= 200 && status < 300) {
    co_return 0;
  }
  if (status == 0) {
    fmt::print(stderr, "jackdaw: no answer\n");
  } else {
    fmt::print(stderr, "jackdaw: the answer has status {}\n", status);
  }
  co_return 1;
}

}  // namespace

int run_load(load_options chosen, const io::options& runtime) {
  run_context run;
  run.options = std::move(chosen);
  prepare_requests(run);
  return io::run(measure(run), runtime);
}

int run_check(load_options chosen, const io::options& runtime) {
  run_context run;
  run.options = std::move(chosen);
  run.options.pipeline = 1;
  prepare_requests(run);
  return io::run(check(run), runtime);
}

}  // namespace jackdaw::load
