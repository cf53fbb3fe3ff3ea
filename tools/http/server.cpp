// Accepting and draining.
//
// Drain
// -----
//   1  draining = true                  every reply from now on may be a connection's last
//   2  the accept loops end             each has handed over what it had accepted
//   3  the backlog is accepted too      these clients have been told that they are connected
//   4  the listener closes              new clients are refused, and go elsewhere
//   5  idle connections are woken       see "Waking an idle connection"
//   6  wait for the rest, up to the grace time
//
// The listener is shared by all workers: one socket per worker (SO_REUSEPORT) would drop, on close,
// the connections that wait in its queue, and leave those behind a busy worker waiting.

#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/tools/http/admission.hpp>
#include <jackdaw/tools/http/server.hpp>
#include <jackdaw/tools/json_text.hpp>

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace jackdaw::http {

namespace {

// accept() waits out a lack of descriptors by itself; what it throws is worth a word and a pause.
task<void> accept_loop(server_context& server, io::tcp_listener& listener) {
  for (;;) {
    std::string trouble;
    try {
      admit(server, co_await listener.accept());
    } catch (const io::error& error) {
      trouble = error.what();
    }
    if (!trouble.empty()) {
      fmt::print(stderr, "jackdaw: {}\n", trouble);
      co_await sleep(std::chrono::milliseconds(100));
    }
  }
}

// The next signal that is about stopping; the log's are dealt with on the way.
task<int> next_stop(server_context& server, io::signal_set& signals) {
  int number = co_await signals.next();
  while (number == SIGHUP) {
    server.log->reopen();
    number = co_await signals.next();
  }
  co_return number;
}

task<void> end_at_second_signal(server_context& server, io::signal_set& signals) {
  const int number = co_await next_stop(server, signals);
  std::_Exit(128 + number);
}

void announce(const server_context& server, const io::address& address) {
  // The file first: who has read the line may rely on it.
  if (!server.options.port_file.empty()) {
    tools::write_file(server.options.port_file, address.to_string() + "\n");
  }
  const io::statistics runtime = io::runtime_statistics();
  fmt::print("jackdaw serves {}://{} in {} mode, workers: {}\n",
             server.tls.has_value() ? "https" : "http", address.to_string(),
             io::name_of(runtime.mode), runtime.workers);
  fmt::print("{}\n", io::backend_report());
  std::fflush(stdout);
}

task<void> stop_accepting(std::vector<join_handle<void>>& acceptors) {
  for (const join_handle<void>& each : acceptors) {
    each.cancel();
  }
  for (const join_handle<void>& each : acceptors) {
    try {
      co_await each;
    } catch (const cancelled_error& as_asked) {
      static_cast<void>(as_asked);
    }
  }
}

// How many connections wait to be accepted.
unsigned backlog_size(const io::tcp_listener& listener) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  getsockopt(listener.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_unacked;  // Means this for a listening socket: Linux, tcp_get_info().
}

// 3 of "Drain". Only those who wait now: while clients keep coming, "until there is none" is never.
// A cancelled accept loses nothing: what had arrived when it was cancelled is returned.
task<void> accept_backlog(server_context& server, io::tcp_listener& listener) {
  for (unsigned left = backlog_size(listener); left > 0; --left) {
    try {
      admit(server, co_await timeout(std::chrono::milliseconds(10), listener.accept()));
    } catch (const std::exception&) {
      left = 1;  // It left by itself, or descriptors are used up: then nobody can be served.
    }
  }
}

// 5 and 6 of "Drain".
task<void> wait_for_the_rest(server_context& server) {
  server.registry.end_idle_ones();
  if (server.registry.size() == 0) {
    co_return;
  }
  bool late = false;
  try {
    co_await timeout(server.options.grace, server.all_closed.wait());
  } catch (const timeout_error&) {
    late = true;
  }
  if (late) {
    fmt::print(stderr, "jackdaw: {} connections were not done within the grace time\n",
               server.registry.size());
  }
}

task<int> serve(server_context& server, io::tcp_listener& listener, io::signal_set& signals) {
  std::vector<join_handle<void>> acceptors;
  for (unsigned worker = 0; worker < io::runtime_statistics().workers; ++worker) {
    acceptors.push_back(spawn(accept_loop(server, listener), "accept"));
  }
  announce(server, listener.local_address());

  co_await next_stop(server, signals);
  spawn(end_at_second_signal(server, signals), "second signal");
  server.draining.store(true, std::memory_order_seq_cst);  // D1
  co_await stop_accepting(acceptors);
  co_await accept_backlog(server, listener);
  listener.close();
  co_await wait_for_the_rest(server);
  if (!server.options.stats_file.empty()) {
    tools::write_file(server.options.stats_file, stats_json(server));
  }
  co_return 0;
}

io::signal_set signals_of(const server_context& server) {
  if (server.log == nullptr) {
    return io::signal_set{SIGTERM, SIGINT};
  }
  return io::signal_set{SIGTERM, SIGINT, SIGHUP};
}

}  // namespace

int run_server(server_options chosen, const io::options& runtime) {
  // All of these outlive the runtime, which ends every task before it ends: no task that is left over
  // can see them gone, however serve() ends.
  server_context server(std::move(chosen));
  io::tcp_listener listener = io::tcp_listener::bind(io::address::parse(server.options.address));
  io::signal_set signals = signals_of(server);
  return io::run(serve(server, listener, signals), runtime);
}

}  // namespace jackdaw::http
