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

result<tcp_listener> tcp_listener::try_bind(const address& local, listen_options options) {
  result<jackdaw::io::socket> opened = jackdaw::io::socket::try_open(local.family(), SOCK_STREAM);
  if (!opened.ok()) {
    return opened.cause();
  }
  jackdaw::io::socket listening = std::move(*opened);
  const result<void> set =
      listening.try_set_flags({{SOL_SOCKET, SO_REUSEADDR, true},
                               {SOL_SOCKET, SO_REUSEPORT, options.reuse_port},
                               {IPPROTO_TCP, TCP_NODELAY, options.direct_descriptors},
                               {IPPROTO_IPV6, IPV6_V6ONLY, local.is_ipv6()}});
  if (!set.ok()) {
    return set.cause();
  }
  if (::bind(listening.native_handle(), local.raw(), local.length()) != 0) {
    return failure_cause{errno, "bind"};
  }
  if (::listen(listening.native_handle(), options.backlog) != 0) {
    return failure_cause{errno, "listen on"};
  }
  return tcp_listener(std::move(listening),
                      options.direct_descriptors ? accepted_as::direct : accepted_as::plain);
}

tcp_listener tcp_listener::bind(const address& local, listen_options options) {
  return try_bind(local, options).value_about(local);
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
