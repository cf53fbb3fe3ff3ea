// How many connections each address has: who has many addresses must not have many places.
#pragma once

#include <jackdaw/io/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace jackdaw::http {

/// What counts as one address: all of an IPv4 address; of an IPv6 address the first 64 bits, since whoever
/// has one has the whole network. An IPv4 address that comes as an IPv6 one is what it is.
struct address_block {
  explicit address_block(const io::address& of) noexcept;
  friend bool operator==(const address_block&, const address_block&) = default;

  std::uint64_t bits = 0;
  bool is_ipv6 = false;
};

/// Threads: any.
class address_counts {
 public:
  /// Counts one more, unless there are `count_max`.
  [[nodiscard]] bool reserve(const address_block& block, std::size_t count_max);
  /// For each successful reserve().
  void release(const address_block& block) noexcept;

  /// Blocks that have a connection.
  [[nodiscard]] std::size_t size() const;

 private:
  struct hash {
    std::size_t operator()(const address_block& block) const noexcept;
  };
  struct shard {
    mutable std::mutex lock;
    std::unordered_map<address_block, std::size_t, hash> counts;  // Under the lock; none is 0.
  };

  [[nodiscard]] shard& shard_of(const address_block& block) noexcept;

  std::array<shard, 16> shards_;
};

}  // namespace jackdaw::http
