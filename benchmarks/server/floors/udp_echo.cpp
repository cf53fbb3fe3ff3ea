// The floor of datagrams: one socket, two blocking calls per datagram.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdio>

int main() {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t length = sizeof(local);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&local), length) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) != 0) {
    std::perror("bind");
    return 1;
  }
  std::printf("%d\n", static_cast<int>(ntohs(local.sin_port)));
  std::fflush(stdout);
  std::array<std::byte, 2048> buffer;
  while (true) {
    sockaddr_in sender{};
    length = sizeof(sender);
    const ssize_t received = recvfrom(descriptor, buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&sender), &length);
    if (received >= 0) {
      sendto(descriptor, buffer.data(), static_cast<std::size_t>(received), 0,
             reinterpret_cast<sockaddr*>(&sender), length);
    }
  }
}
