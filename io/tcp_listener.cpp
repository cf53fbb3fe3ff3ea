// Listening and accepting.
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>

namespace jackdaw::io {
namespace {

constexpr duration back_off_min = std::chrono::milliseconds(10);
constexpr duration back_off_max = std::chrono::milliseconds(100);

request accept_request(file_descriptor& listening) noexcept {
  request wanted;
  wanted.code = opcode::accept;
  wanted.descriptor = listening.get();
  wanted.owner = &listening;
  return wanted;
}

// The connection is gone, or never was: the next one may be fine.
bool concerns_one_connection(int number) noexcept {
  return number == ECONNABORTED || number == EPROTO || number == EPERM || number == EINTR ||
         number == EAGAIN || number == ENETDOWN || number == ENETUNREACH ||
         number == EHOSTUNREACH || number == EHOSTDOWN || number == ENOPROTOOPT ||
         number == EOPNOTSUPP || number == ETIMEDOUT;
}

}  // namespace

accept_operation::accept_operation(file_descriptor& listening) noexcept
    : operation(accept_request(listening)) {}

result<tcp_stream> accept_operation::await_resume() {
  const int number = finish();
  if (number < 0) {
    return failure_cause{-number, "accept"};
  }
  tcp_stream accepted{socket(file_descriptor(number))};
  const int on = 1;
  // A connection that is gone already says so at the first read.
  setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return accepted;
}

tcp_listener tcp_listener::bind(const address& local, listen_options options) {
  jackdaw::io::socket listening = jackdaw::io::socket::open(local.family(), SOCK_STREAM);
  listening.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port) {
    listening.set_option(SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (local.is_ipv6()) {
    listening.set_option(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  if (::bind(listening.native_handle(), local.raw(), local.length()) != 0) {
    throw error(errno, "bind", local.to_string());
  }
  if (::listen(listening.native_handle(), options.backlog) != 0) {
    throw error(errno, "listen on", local.to_string());
  }
  return tcp_listener(std::move(listening));
}

task<tcp_stream> tcp_listener::accept() {
  duration back_off = back_off_min;
  while (true) {
    result<tcp_stream> accepted = co_await try_accept();
    if (accepted.ok()) {
      co_return std::move(*accepted);
    }
    const int number = accepted.error_number();
    if (meaning_of(number) == meaning::out_of_limits) {
      // The kernel fails at once, with no connection to wait for: trying in a loop would burn the CPU.
      co_await jackdaw::sleep(back_off);
      back_off = std::min(2 * back_off, back_off_max);
    } else if (!concerns_one_connection(number)) {
      throw error(number, "accept");
    }
  }
}

}  // namespace jackdaw::io
