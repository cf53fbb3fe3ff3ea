// getaddrinfo(3) and getnameinfo(3) in threads that may block, and what needs neither.
#include <jackdaw/io/asyncio/name_lookup.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/executor.hpp>
#include <jackdaw/runtime/future.hpp>

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>

namespace jackdaw::io::asyncio {
namespace {

// No scope: what has one goes through the resolver.
std::optional<address> address_from_number(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    return address(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    return address(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
  }
  return std::nullopt;
}

void keep_family(std::vector<address>& found, int family) {
  std::erase_if(found, [family](const address& each) {
    return family != AF_UNSPEC && each.family() != family;
  });
}

const char* text_or_null(const std::string& text) noexcept {
  return text.empty() ? nullptr : text.c_str();
}

std::vector<address_info> look_up(const std::string& host, const std::string& service,
                                  const address_query& query) {
  addrinfo hints{};
  hints.ai_family = query.family;
  hints.ai_socktype = query.type;
  hints.ai_protocol = query.proto;
  hints.ai_flags = query.flags;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(text_or_null(host), text_or_null(service), &hints, &found);
  if (status != 0) {
    throw resolve_error(host, service, status);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, &freeaddrinfo);
  std::vector<address_info> all;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) {
      continue;
    }
    address_info& next = all.emplace_back();
    next.family = entry->ai_family;
    next.type = entry->ai_socktype;
    next.proto = entry->ai_protocol;
    next.canonical_name = entry->ai_canonname != nullptr ? entry->ai_canonname : "";
    next.address = address(entry->ai_addr, entry->ai_addrlen);
  }
  return all;
}

name_info names_of(const address& of, int flags) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  const int status = ::getnameinfo(of.raw(), of.length(), host.data(), host.size(), service.data(),
                                   service.size(), flags);
  if (status != 0) {
    throw resolve_error(of.host(), std::to_string(of.port()), status);
  }
  name_info names;
  names.host = host.data();
  names.service = service.data();
  return names;
}

}  // namespace

task<std::vector<address_info>> getaddrinfo(std::string host, std::string service,
                                            address_query query) {
  const auto looking_up = run_in_executor(&look_up, std::move(host), std::move(service), query);
  auto found = co_await looking_up;
  co_return found;
}

task<name_info> getnameinfo(address of, int flags) {
  const auto looking_up = run_in_executor(&names_of, of, flags);
  auto found = co_await looking_up;
  co_return found;
}

task<std::vector<address>> addresses_of(std::string host, std::uint16_t port, int family) {
  std::vector<address> found;
  if (const auto number = address_from_number(host, port)) {
    found.push_back(*number);
  } else {
    found = co_await resolve(host, std::to_string(port));
  }
  keep_family(found, family);
  co_return found;
}

task<std::vector<address>> endpoint_name::addresses(int family) const {
  std::vector<address> found;
  if (const socket_name* const name = known()) {
    if (!name->is_internet()) {
      throw std::invalid_argument("a host and a port are expected, and no path");
    }
    found.push_back(name->address());
    keep_family(found, family);
  } else {
    auto [host, port] = std::get<1>(what_);
    found = co_await addresses_of(std::move(host), port, family);
  }
  if (found.empty()) {
    throw error(EADDRNOTAVAIL, "getaddrinfo", "returned empty list");
  }
  co_return found;
}

std::vector<address> interleaved(const std::vector<address>& all, std::size_t first) {
  std::vector<std::vector<address>> families;
  for (const address& each : all) {
    const auto same = std::find_if(
        families.begin(), families.end(),
        [&](const std::vector<address>& other) { return other[0].family() == each.family(); });
    if (same != families.end()) {
      same->push_back(each);
    } else {
      families.push_back(std::vector<address>(1, each));
    }
  }
  std::vector<address> ordered;
  std::vector<std::size_t> next(families.size(), 0);
  while (!families.empty() && ordered.size() + 1 < first && next[0] < families[0].size()) {
    ordered.push_back(families[0][next[0]++]);
  }
  while (ordered.size() < all.size()) {
    for (std::size_t family = 0; family < families.size(); ++family) {
      if (next[family] < families[family].size()) {
        ordered.push_back(families[family][next[family]++]);
      }
    }
  }
  return ordered;
}

}  // namespace jackdaw::io::asyncio
