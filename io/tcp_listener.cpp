// Listening and accepting.
#include <jackdaw/io/accept.hpp>
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <netinet/tcp.h>

#include <cerrno>

namespace jackdaw::io {

accept_operation::accept_operation(file_descriptor& listening, accepted_as wanted) noexcept
    : operation(accept_request(listening, wanted)) {}

result<tcp_stream> accept_operation::await_resume() {
  const int number = finish();
  if (number < 0) {
    return failure_cause{-number, "accept"};
  }
  tcp_stream accepted{socket(file_descriptor(number))};
  // A direct one has it from its listener.
  if (!is_direct(number)) {
    const int on = 1;
    // A connection that is gone already says so at the first read.
    setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  return accepted;
}

tcp_listener tcp_listener::bind(const address& local, listen_options options) {
  jackdaw::io::socket listening = jackdaw::io::socket::open(local.family(), SOCK_STREAM);
  listening.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port) {
    listening.set_option(SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (options.direct_descriptors) {
    listening.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
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
  return tcp_listener(std::move(listening),
                      options.direct_descriptors ? accepted_as::direct : accepted_as::plain);
}

task<tcp_stream> tcp_listener::accept() {
  accept_back_off back_off;
  while (true) {
    result<tcp_stream> accepted = co_await try_accept();
    if (accepted.ok()) {
      co_return std::move(*accepted);
    }
    const duration pause = back_off.after(accepted.error_number());
    if (pause > duration::zero()) {
      co_await jackdaw::sleep(pause);
    }
  }
}

}  // namespace jackdaw::io
