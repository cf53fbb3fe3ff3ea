// TLS over a socket that somebody else owns.

#include <jackdaw/runtime/timeout.hpp>
#include <jackdaw/tools/http/wire.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace jackdaw::http {

namespace {

// Like the library's own for TCP it holds no memory while it waits; but it begins with what has been read.
class wire_transport final : public io::tls_transport {
 public:
  explicit wire_transport(plain_wire& below) noexcept : below_(&below) {}

  task<io::result<std::size_t>> receive(io::byte_buffer& into) override {
    io::result<std::size_t> count = below_->buffered().size();
    if (*count == 0) {
      count = co_await below_->fill();
    }
    into.append(below_->buffered());
    below_->consume(below_->buffered().size());
    co_return count;
  }
  // Not all at once: a call that is cancelled must have sent nothing.
  task<io::result<std::size_t>> send(std::span<const std::byte> from) override {
    const io::result<std::size_t> count = co_await below_->write_some(from);
    co_return count;
  }
  [[nodiscard]] std::string peer() const override { return ""; }
  void close() noexcept override {}

 private:
  plain_wire* below_;
};

// A connection that waits for a request holds this much, and OpenSSL's state. More would not come from the frame lists.
constexpr std::size_t read_bytes_min = std::size_t{2} * 1024;
constexpr std::size_t read_bytes_max = std::size_t{64} * 1024;

}  // namespace

task<bool> tls_wire::handshake(io::tls_context context, duration limit) {
  tls_ = io::tls_stream(std::move(context), std::make_unique<wire_transport>(raw_));
  const io::result<void> agreed = co_await tls_.try_handshake(limit);
  co_return agreed.ok();
}

task<io::result<std::size_t>> tls_wire::fill() {
  const std::size_t room = std::clamp(buffer_.size(), read_bytes_min, read_bytes_max);
  const std::span<std::byte> into = buffer_.prepare(room);
  const io::result<std::size_t> count = co_await tls_.try_read_some(into);
  if (count.ok()) {
    buffer_.commit(*count);
  }
  buffer_.release_if_empty();
  co_return count;
}

task<void> tls_wire::say_goodbye(duration limit) {
  try {
    const io::result<void> said = co_await timeout(limit, tls_.try_shutdown_write());
    static_cast<void>(said.ok());  // A client that has gone has not heard it.
  } catch (const timeout_error&) {
    co_return;  // One that does not listen either.
  }
}

}  // namespace jackdaw::http
