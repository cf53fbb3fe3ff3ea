// S218: handshakes of 60 s, farewells of 30 s, or what is said; who hangs up.
#include "../case.hpp"
#include "../sockets.hpp"
#include "../tls_contexts.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/tls/tls_engine.hpp>

#include <array>
#include <span>

namespace jackdaw::conformance {
namespace {

class logging_protocol : public io::asyncio::protocol {
 public:
  explicit logging_protocol(const char* name) : name_(name) {}
  void connection_made(const std::shared_ptr<io::asyncio::transport>& made) override {
    t = made;
    log(name_, "connection_made");
  }
  void data_received(std::string_view data) override {
    log(name_, "data_received", bytes_repr(data));
  }
  bool eof_received() override {
    log(name_, "eof_received");
    return false;
  }
  void connection_lost(std::exception_ptr error) override {
    const bool late = error != nullptr && is_error<timeout_error>(error);
    log(name_, "connection_lost", late ? repr(str(error)) : kind(error));
    t = nullptr;
    lost.set_result();
  }

  std::shared_ptr<io::asyncio::transport> t;
  future<void> lost;

 private:
  const char* name_;
};

const auto make_client = [] { return std::make_shared<logging_protocol>("client"); };

class stopwatch {
 public:
  // def passed()
  long long passed() {
    const long long before = std::exchange(start_, seconds(asyncio::get_running_loop()));
    return start_ - before;
  }

 private:
  long long start_ = seconds(asyncio::get_running_loop());
};

io::asyncio::ssl_options as_client() {
  io::asyncio::ssl_options options;
  options.ssl = *contexts().of_client;
  options.server_hostname = tls_name;
  return options;
}

// log(type(e).__name__, "after", passed()) for what it throws.
task<> create_and_log(io::socket over, io::asyncio::ssl_options options, stopwatch& watch) {
  std::exception_ptr failed;
  try {
    co_await io::asyncio::create_connection(make_client, std::move(over), options);
  } catch (const io::error&) {
    failed = std::current_exception();
  }
  log(kind(failed), "after", watch.passed());
}

task<> handshakes(stopwatch& watch) {
  for (const int limit : {0, 7}) {
    auto [a, b] = socketpair();
    io::asyncio::ssl_options options = as_client();
    if (limit == 0) {
      log("-- a handshake with nobody None");
    } else {
      log("-- a handshake with nobody", limit);
      options.ssl_handshake_timeout = std::chrono::seconds(limit);
    }
    co_await create_and_log(std::move(a), options, watch);
  }
  log("-- with who hangs up");
  auto [a, b] = socketpair();
  auto creating = asyncio::create_task(create_and_log(std::move(a), as_client(), watch));
  co_await sleep(1s);
  b.close();
  co_await creating;
  log("-- a server that is cancelled within it");
  auto [c, d] = socketpair();
  io::asyncio::ssl_options options;
  options.ssl = *contexts().of_server;
  auto accepting = asyncio::create_task(
      io::asyncio::connect_accepted_socket(make_client, std::move(c), options));
  co_await sleep(1s);
  accepting.cancel();
  try {
    co_await accepting;
  } catch (const cancelled_error&) {
    log("CancelledError after", watch.passed());
  }
  co_await yield();
  log("peer sees the end", bytes_repr(recv(d, 1)));
}

// ssl.MemoryBIO and SSLObject.
class hand {
 public:
  explicit hand(io::socket& over) : over_(&over) {}

  bool do_handshake() {
    const bool done = engine_.handshake() != io::tls_engine::step::input;
    io::byte_buffer sending;
    if (engine_.begin_send(sending)) {
      send(*over_, text(sending.readable()));
    }
    return done;
  }
  void receive() {
    const std::string arrived = recv(*over_, 100'000);
    io::byte_buffer bytes;
    bytes.append(std::as_bytes(std::span(arrived)));
    engine_.take_input(bytes);
  }
  std::string read() {
    std::array<std::byte, 100> into{};
    std::size_t count = 0;
    const auto step = engine_.read(into, count);
    return step == io::tls_engine::step::done ? text(std::span(into).first(count)) : "";
  }

 private:
  static std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  io::tls_engine engine_{*contexts().of_client, tls_name};
  io::socket* over_;
};

task<> farewells(stopwatch& watch) {
  for (const int limit : {0, 3}) {
    auto [a, b] = socketpair();
    io::asyncio::ssl_options options;
    options.ssl = *contexts().of_server;
    if (limit == 0) {
      log("-- nobody answers the farewell None");
    } else {
      log("-- nobody answers the farewell", limit);
      options.ssl_shutdown_timeout = std::chrono::seconds(limit);
    }
    hand client(b);
    const auto s = std::make_shared<logging_protocol>("server");
    const auto factory = [&] { return s; };
    auto creating =
        asyncio::create_task(io::asyncio::connect_accepted_socket(factory, std::move(a), options));
    while (!client.do_handshake()) {
      co_await yield();
      client.receive();
    }
    co_await creating;
    watch.passed();
    const auto t = s->t;
    t->write("bye");
    t->close();
    co_await s->lost;
    log("after", watch.passed());
    client.receive();
    log("peer got", bytes_repr(client.read()));
    log("peer got", bytes_repr(client.read()));
  }
}

task<> refused(io::asyncio::ssl_options options, std::string what) {
  auto [a, b] = socketpair();
  try {
    co_await io::asyncio::create_connection(make_client, std::move(a), options);
  } catch (const std::invalid_argument&) {
    log("ValueError", what);
  }
}

task<> refusals() {
  io::asyncio::ssl_options options = as_client();
  options.ssl_handshake_timeout = 0s;
  co_await refused(options, "ssl_handshake_timeout");
  options = as_client();
  options.ssl_shutdown_timeout = -1s;
  co_await refused(options, "ssl_shutdown_timeout");
  options = io::asyncio::ssl_options();
  options.ssl_handshake_timeout = 1s;
  co_await refused(options, "ssl_handshake_timeout");
  options = io::asyncio::ssl_options();
  options.ssl_shutdown_timeout = 1s;
  co_await refused(options, "ssl_shutdown_timeout");
  options = io::asyncio::ssl_options();
  options.server_hostname = tls_name;
  co_await refused(options, "server_hostname");
  options = io::asyncio::ssl_options();
  options.ssl = *contexts().of_client;
  co_await refused(options, "ssl");
}

task<> body() {
  stopwatch watch;
  co_await handshakes(watch);
  co_await farewells(watch);
  co_await refusals();
}

}  // namespace

CONFORMANCE_CASE(tls_timeouts) { run_with_io(body()); }

}  // namespace jackdaw::conformance
