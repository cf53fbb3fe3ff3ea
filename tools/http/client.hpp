// Who is at the other end of a connection. Made only if an option asks for it: an idle connection that
// nobody wants to know more about holds nothing.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/tools/http/address_counts.hpp>

#include <cstddef>
#include <string>

namespace jackdaw::http {

/// Gives its place among the connections of its address back when it goes.
///
/// Lifetime      The counts outlive it.
/// Threads       One at a time.
class client {
 public:
  explicit client(const io::address& peer);
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client();

  /// The address without the port, an IPv4 one without its IPv6 clothes.
  [[nodiscard]] const std::string& host() const noexcept { return host_; }

  /// False if the address has `count_max` places already. Once.
  [[nodiscard]] bool take_place(address_counts& counts, std::size_t count_max);

 private:
  address_block block_;
  std::string host_;
  address_counts* counts_ = nullptr;  // Where it has a place.
};

}  // namespace jackdaw::http
