// getaddrinfo() in a thread that may block.
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>

#include <netdb.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace jackdaw::io {
namespace {

// What was found, or a status of the resolver and, for EAI_SYSTEM, the errno.
struct answer {
  std::vector<address> addresses;
  int status = 0;
  int system_error = 0;
};

answer look_up(const std::string& host, const std::string& service) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  answer given;
  given.status = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (given.status != 0) {
    given.system_error = errno;
    return given;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, &freeaddrinfo);
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      given.addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    }
  }
  return given;
}

int errno_of(const answer& refused) noexcept {
  switch (refused.status) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
    case EAI_SERVICE:
      return ENOENT;
    case EAI_AGAIN:
      return EAGAIN;
    case EAI_FAIL:
      return EIO;
    case EAI_MEMORY:
      return ENOMEM;
    case EAI_SYSTEM:
      return refused.system_error;
    default:
      return EINVAL;
  }
}

}  // namespace

resolve_error::resolve_error(const std::string& host, const std::string& service, int status)
    : std::runtime_error("cannot resolve " + host + ":" + service + ": " + gai_strerror(status)),
      status_(status) {}

task<std::vector<address>> resolve(std::string host, std::string service) {
  answer given = co_await to_thread(&look_up, host, service);
  if (given.status != 0) {
    throw resolve_error(host, service, given.status);
  }
  co_return std::move(given.addresses);
}

task<result<std::vector<address>>> try_resolve(std::string host, std::string service) {
  answer given = co_await to_thread(&look_up, std::move(host), std::move(service));
  if (given.status != 0) {
    co_return failure_cause{errno_of(given), "resolve"};
  }
  co_return std::move(given.addresses);
}

}  // namespace jackdaw::io
