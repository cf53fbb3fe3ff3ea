// TCP below TLS.
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/tls/tls_transport.hpp>

namespace jackdaw::io {
namespace {

// As much as the driver lends. Who filled that is likely to have sent more.
constexpr std::size_t lent_bytes = 4096;
constexpr std::size_t direct_bytes = std::size_t{32} * 1024;

std::string peer_of(const tcp_stream& stream) {
  try {
    return stream.peer_address().to_string();
  } catch (const error&) {
    return "";  // A local socket, or a peer that is gone already.
  }
}

}  // namespace

tcp_transport::tcp_transport(tcp_stream stream)
    : stream_(std::move(stream)), peer_(peer_of(stream_)) {}

task<result<std::size_t>> tcp_transport::receive(byte_buffer& into) {
  const std::size_t direct = received_last_ >= lent_bytes ? direct_bytes : 0;
  const result<std::size_t> count =
      co_await fill_operation(stream_.raw_socket().descriptor(), into, direct);
  received_last_ = count.ok() ? *count : 0;
  into.release_if_empty();
  co_return count;
}

task<result<std::size_t>> tcp_transport::send(std::span<const std::byte> from) {
  const result<std::size_t> count = co_await stream_.try_write_some(from);
  co_return count;
}

}  // namespace jackdaw::io
