// The floor on epoll: level-triggered, one recv and one send per readiness, no look for EAGAIN.
#include "listen.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstddef>

namespace {

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    fail("epoll_ctl");
  }
}

void answer(int descriptor, const replies& to_send) {
  std::array<std::byte, 2048> buffer;
  const ssize_t received = recv(descriptor, buffer.data(), buffer.size(), 0);
  if (received <= 0) {
    close(descriptor);
    return;
  }
  const auto reply =
      to_send.to(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(received)));
  send(descriptor, reply.data(), reply.size(), MSG_NOSIGNAL);
}

void serve(int listening, const replies& to_send) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listening);
  std::array<epoll_event, 512> events;
  while (true) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int index = 0; index < ready; ++index) {
      const int descriptor = events[static_cast<std::size_t>(index)].data.fd;
      if (descriptor != listening) {
        answer(descriptor, to_send);
        continue;
      }
      const int accepted = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted >= 0) {
        set_no_delay(accepted);
        watch(epoll, accepted);
      }
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  const replies to_send(count, arguments);
  return serve_in_threads(count, arguments,
                          [&to_send](int listening) { serve(listening, to_send); });
}
