// A client and its place.

#include <jackdaw/tools/http/client.hpp>

#include <string_view>

namespace jackdaw::http {

client::client(const io::address& peer) : block_(peer), host_(peer.host()) {
  constexpr std::string_view mapped = "::ffff:";
  if (!block_.is_ipv6 && host_.starts_with(mapped)) {
    host_.erase(0, mapped.size());
  }
}

client::~client() {
  if (counts_ != nullptr) {
    counts_->release(block_);
  }
}

bool client::take_place(address_counts& counts, std::size_t count_max) {
  if (!counts.reserve(block_, count_max)) {
    return false;
  }
  counts_ = &counts;
  return true;
}

}  // namespace jackdaw::http
