// A small HTTP server that drains on SIGTERM, a client, and a name to resolve.
#include <jackdaw/io/io.hpp>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<void> send(io::tcp_stream& stream, std::string text) {
  co_await stream.write_all(std::as_bytes(std::span(text)));
}

task<void> answer(io::tcp_stream stream) {
  io::buffered_reader reader(stream);
  try {
    const std::string request = co_await jackdaw::timeout(10s, reader.read_until("\r\n\r\n", 8192));
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    co_await send(stream, "HTTP/1.0 200 OK\r\n\r\nyou asked for " + path + "\n");
  } catch (const std::exception& error) {  // A peer that goes away, or sends too much, or nothing.
    std::fprintf(stderr, "request dropped: %s\n", error.what());
  }
}

task<int> serve(io::tcp_listener listener) {
  std::vector<jackdaw::join_handle<void>> requests;
  try {
    while (true) {
      io::tcp_stream stream = co_await listener.accept();
      requests.push_back(jackdaw::spawn(answer(std::move(stream))));
    }
  } catch (const jackdaw::cancelled_error&) {
    listener.close();  // From now on nobody can connect. No co_await in here: see 06_cleanup.cpp.
  }
  for (const jackdaw::join_handle<void>& request : requests) {
    co_await request;  // What was accepted is answered.
  }
  co_return static_cast<int>(requests.size());
}

task<std::string> get(std::string host, std::string port, std::string path) {
  const std::vector<io::address> addresses = co_await io::resolve(host, port);
  io::tcp_stream stream = co_await io::tcp_stream::connect(addresses.front());
  co_await send(stream, "GET " + path + " HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
  io::buffered_reader reader(stream);
  co_await reader.read_until("\r\n\r\n");
  co_return co_await reader.read_line();
}

task<void> site() {
  io::signal_set signals({SIGINT, SIGTERM});
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  const std::string port = std::to_string(listener.local_address().port());
  jackdaw::join_handle<int> server = jackdaw::spawn(serve(std::move(listener)), "server");

  for (const char* const path : {"/", "/news"}) {
    const std::string body = co_await get("127.0.0.1", port, path);
    std::printf("%s", body.c_str());
  }
  kill(getpid(), SIGTERM);  // As a service manager does.
  const int number = co_await signals.next();
  server.cancel();
  const int served = co_await server;
  std::printf("%s: %d requests were answered\n", number == SIGTERM ? "SIGTERM" : "SIGINT", served);
}

int main() { io::run(site()); }
