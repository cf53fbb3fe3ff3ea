// A map of counts, in pieces.

#include <jackdaw/tools/http/address_counts.hpp>

#include <netinet/in.h>

#include <cstring>

namespace jackdaw::http {

address_block::address_block(const io::address& of) noexcept : is_ipv6(of.is_ipv6()) {
  if (!is_ipv6) {
    sockaddr_in v4{};
    std::memcpy(&v4, of.raw(), sizeof v4);
    bits = ntohl(v4.sin_addr.s_addr);
    return;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, of.raw(), sizeof v6);
  const std::uint8_t* const bytes = v6.sin6_addr.s6_addr;
  is_ipv6 = !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
  const std::size_t first = is_ipv6 ? 0 : 12;
  const std::size_t count = is_ipv6 ? 8 : 4;
  for (std::size_t index = 0; index < count; ++index) {
    bits = bits << 8 | bytes[first + index];
  }
}

// Neighbours differ in their last bits, and their choice is a client's: so these are mixed.
std::size_t address_counts::hash::operator()(const address_block& block) const noexcept {
  std::uint64_t mixed = (block.bits + (block.is_ipv6 ? 1 : 0)) * 0x9E37'79B9'7F4A'7C15;
  mixed ^= mixed >> 32;
  return mixed * 0xD6E8'FEB8'6659'FD93;
}

address_counts::shard& address_counts::shard_of(const address_block& block) noexcept {
  return shards_[(hash()(block) >> 60) % shards_.size()];
}

bool address_counts::reserve(const address_block& block, std::size_t count_max) {
  shard& own = shard_of(block);
  const std::scoped_lock guard(own.lock);
  const auto found = own.counts.find(block);
  if (found == own.counts.end()) {
    if (count_max > 0) {
      own.counts.emplace(block, 1);
    }
    return count_max > 0;
  }
  if (found->second >= count_max) {
    return false;
  }
  ++found->second;
  return true;
}

void address_counts::release(const address_block& block) noexcept {
  shard& own = shard_of(block);
  const std::scoped_lock guard(own.lock);
  const auto found = own.counts.find(block);
  if (found != own.counts.end() && --found->second == 0) {
    own.counts.erase(found);
  }
}

std::size_t address_counts::size() const {
  std::size_t count = 0;
  for (const shard& each : shards_) {
    const std::scoped_lock guard(each.lock);
    count += each.counts.size();
  }
  return count;
}

}  // namespace jackdaw::http
