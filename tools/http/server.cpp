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
// If the socket lives on in another process (see hand_over.hpp), nobody is to notice:
//
//   3' the backlog stays                the other process accepts it
//   5' idle connections may send one more request, for a while: a client that has just connected, or is just
//      sending, cannot know; the reply then says that it was the last
//
// N1 as in connection_registry.cpp; D1 as in connection_registry.hpp.
//
// The listener is shared by all workers: one socket per worker (SO_REUSEPORT) would drop, on close,
// the connections that wait in its queue, and leave those behind a busy worker waiting.

#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/tools/http/admission.hpp>
#include <jackdaw/tools/http/hand_over.hpp>
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

enum class ending : std::uint8_t { stop, handed_over };

// Serves until the socket is somebody else's, or nobody's.
task<ending> await_ending(server_context& server, const io::tcp_listener& listener,
                          io::signal_set& signals) {
  for (;;) {
    const int number = co_await signals.next();
    if (number == SIGHUP) {
      server.log->reopen();
    } else if (number != SIGUSR2) {
      co_return ending::stop;
    } else if (co_await start_successor(server.options.command, listener.native_handle())) {
      co_return ending::handed_over;
    }
  }
}

task<void> end_at_second_signal(server_context& server, io::signal_set& signals) {
  for (;;) {
    const int number = co_await signals.next();
    if (number == SIGHUP) {
      server.log->reopen();
    } else if (number != SIGUSR2) {
      std::_Exit(128 + number);
    }
  }
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

// Waits until nobody is left, up to the limit. Only while nobody is being admitted: the event may have been set
// when the last one left and another was accepted afterwards.
task<bool> await_all_closed(server_context& server, duration limit) {
  server.all_closed.clear();
  if (server.registry.size() == 0) {
    co_return true;
  }
  bool in_time = true;
  try {
    co_await timeout(limit, server.all_closed.wait());
  } catch (const timeout_error&) {
    in_time = false;
  }
  co_return in_time;
}

// 5 and 6 of "Drain".
task<void> wait_for_the_rest(server_context& server) {
  server.ends_idle.store(true, std::memory_order_seq_cst);  // D1
  server.registry.end_idle_ones();
  const bool in_time = co_await await_all_closed(server, server.options.grace);
  if (!in_time) {
    fmt::print(stderr, "jackdaw: {} connections were not done within the grace time\n",
               server.registry.size());
  }
}

task<int> serve(server_context& server, inheritance& inherited, io::tcp_listener& listener,
                io::signal_set& signals) {
  std::vector<join_handle<void>> acceptors;
  for (unsigned worker = 0; worker < io::runtime_statistics().workers; ++worker) {
    acceptors.push_back(spawn(accept_loop(server, listener), "accept"));
  }
  announce(server, listener.local_address());
  co_await inherited.tell_ready();

  const ending how = co_await await_ending(server, listener, signals);
  const bool others_go_on = how == ending::handed_over || inherited.has_supervisor();
  spawn(end_at_second_signal(server, signals), "second signal");
  server.draining.store(true, std::memory_order_seq_cst);  // Before the last of them looks: N1.
  co_await stop_accepting(acceptors);
  if (!others_go_on) {
    co_await accept_backlog(server, listener);
  }
  listener.close();
  if (others_go_on) {
    static_cast<void>(co_await await_all_closed(server, server.options.idle_grace));  // 5'
  }
  co_await wait_for_the_rest(server);
  if (!server.options.stats_file.empty()) {
    tools::write_file(server.options.stats_file, stats_json(server));
  }
  co_return 0;
}

io::tcp_listener listen(const server_context& server, inheritance& inherited) {
  if (inherited.has_listener()) {
    return inherited.take_listener();
  }
  io::listen_options how;
  how.reuse_port = server.options.reuse_port;
  return io::tcp_listener::bind(io::address::parse(server.options.address), how);
}

io::signal_set signals_of(const server_context& server) {
  if (server.log == nullptr) {
    return io::signal_set{SIGTERM, SIGINT, SIGUSR2};
  }
  return io::signal_set{SIGTERM, SIGINT, SIGUSR2, SIGHUP};
}

}  // namespace

int run_server(server_options chosen, const io::options& runtime) {
  // All of these outlive the runtime, which ends every task before it ends: no task that is left over
  // can see them gone, however serve() ends.
  inheritance inherited = inheritance::take();
  server_context server(std::move(chosen));
  io::tcp_listener listener = listen(server, inherited);
  io::signal_set signals = signals_of(server);
  return io::run(serve(server, inherited, listener, signals), runtime);
}

}  // namespace jackdaw::http
