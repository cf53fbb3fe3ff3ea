// getaddrinfo() in a thread that may block.
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>

#include <netdb.h>

#include <memory>

namespace jackdaw::io {
namespace {

std::vector<address> look_up(const std::string& host, const std::string& service) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (status != 0) {
    throw resolve_error(host, service, status);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, &freeaddrinfo);
  std::vector<address> addresses;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    }
  }
  return addresses;
}

}  // namespace

resolve_error::resolve_error(const std::string& host, const std::string& service, int status)
    : std::runtime_error("cannot resolve " + host + ":" + service + ": " + gai_strerror(status)),
      status_(status) {}

task<std::vector<address>> resolve(std::string host, std::string service) {
  co_return co_await to_thread(&look_up, std::move(host), std::move(service));
}

}  // namespace jackdaw::io
