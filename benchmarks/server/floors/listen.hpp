// What both floors do before they serve.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
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

/// What a floor sends for what it received: the same; or, as the least that answers HTTP, a fixed reply for each
/// empty line, that is for each request without a body that came in one piece.
class replies {
 public:
  /// "http" as the second argument.
  replies(int count, char** arguments) {
    if (count > 2 && std::string_view(arguments[2]) == "http") {
      for (std::size_t number = 0; number < requests_max; ++number) {
        text_ += reply;
      }
    }
  }

  [[nodiscard]] bool echo() const noexcept { return text_.empty(); }
  [[nodiscard]] std::span<const std::byte> to(std::span<const std::byte> received) const noexcept {
    if (echo()) {
      return received;
    }
    const std::string_view requests(reinterpret_cast<const char*>(received.data()),
                                    received.size());
    std::size_t found = 0;
    for (std::size_t at = requests.find(end); at != std::string_view::npos;
         at = requests.find(end, at + end.size())) {
      ++found;
    }
    return std::as_bytes(std::span(text_)).first(std::min(found, requests_max) * reply.size());
  }

 private:
  static constexpr std::size_t requests_max = 64;
  static constexpr std::string_view end = "\r\n\r\n";
  static constexpr std::string_view reply =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, World!\n";

  std::string text_;
};

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
