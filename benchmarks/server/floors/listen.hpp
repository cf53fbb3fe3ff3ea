// What both floors do before they serve.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

[[noreturn]] inline void fail(const char* call) {
  std::perror(call);
  std::exit(1);
}

inline void set_no_delay(int descriptor) noexcept {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/// A socket that listens on the loopback, on `port`, or on a free one that it is set to.
inline int listen_on(std::uint16_t& port) {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(port);
  local.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t length = sizeof(local);
  if (bind(listening, reinterpret_cast<sockaddr*>(&local), length) != 0 ||
      listen(listening, 4096) != 0 ||
      getsockname(listening, reinterpret_cast<sockaddr*>(&local), &length) != 0) {
    fail("listen");
  }
  port = ntohs(local.sin_port);
  return listening;
}

/// Runs `serve(listening socket)` in as many threads as the first argument says (1), all on one port, which
/// it prints.
template <class Serve>
int serve_in_threads(int count, char** arguments, Serve serve) {
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  std::uint16_t port = 0;
  const int first = listen_on(port);
  std::vector<std::thread> others;
  for (int worker = count > 1 ? std::stoi(arguments[1]) : 1; worker > 1; --worker) {
    others.emplace_back(serve, listen_on(port));
  }
  std::printf("%d\n", static_cast<int>(port));
  std::fflush(stdout);
  serve(first);
  return 0;
}
