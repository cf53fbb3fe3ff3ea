// The calls of a socket: no turn if they succeed at once, else that of the event and one for the future.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/sock_calls.hpp>

namespace jackdaw::conformance {
namespace {

int ticks = 0;

void tick() {
  ++ticks;
  asyncio::get_running_loop().call_soon(&tick);
}

task<> timed(std::string_view what, task<std::string> call) {
  const int start = ticks;
  const std::string got = co_await std::move(call);
  log(what, bytes_repr(got), ticks - start);
}

task<> timed(std::string_view what, task<void> call) {
  const int start = ticks;
  co_await std::move(call);
  log(what, "None", ticks - start);
}

task<> receiving(io::socket& a, io::socket& b) {
  send(b, "now");
  co_await timed("recv of what is there", io::asyncio::sock_recv(a, 10));
  auto t = asyncio::create_task(timed("recv of what comes", io::asyncio::sock_recv(a, 10)));
  co_await yield();
  send(b, "then");
  co_await t;
  co_await timed("sendall into an empty socket", io::asyncio::sock_sendall(a, "x"));
  auto cancelled = asyncio::create_task(io::asyncio::sock_recv(a, 10));
  co_await yield();
  cancelled.cancel();
  co_await yield();
  log("cancelled", cancelled.cancelled());
  send(b, "kept");
  co_await timed("recv after the cancelled one", io::asyncio::sock_recv(a, 10));
}

task<> connecting() {
  io::socket l = io::socket::open(AF_INET, SOCK_STREAM);
  const io::asyncio::raw_socket_name any{io::asyncio::socket_name(io::address::loopback(0))};
  if (::bind(l.native_handle(), any.raw(), any.length) != 0 ||
      ::listen(l.native_handle(), 5) != 0) {
    throw io::error(errno, "listen");
  }
  io::socket c = io::socket::open(AF_INET, SOCK_STREAM);
  auto t = asyncio::create_task(io::asyncio::sock_accept(l));
  co_await yield();
  const io::asyncio::socket_name where(l.local_address());
  co_await timed("connect", io::asyncio::sock_connect(c, where));
  const int start = ticks;
  auto [s, addr] = co_await std::move(t);
  log("accepted", addr == io::asyncio::socket_name(c.local_address()), ticks - start);
}

task<> body() {
  asyncio::get_running_loop().call_soon(&tick);
  co_await yield();
  auto [a, b] = socketpair();
  co_await receiving(a, b);
  co_await connecting();
  recv(b, 10);
  b.close();
  log("end", bytes_repr(co_await io::asyncio::sock_recv(a, 10)));
  try {
    co_await io::asyncio::sock_sendall(a, "x");
  } catch (const io::error&) {
    log(type_name(std::current_exception()));
  }
}

}  // namespace

CONFORMANCE_CASE(sock_call_hops) { run_with_io(body()); }

}  // namespace jackdaw::conformance
