// Filling the buffer, and cutting pieces off it.
#include <jackdaw/io/buffered_reader.hpp>

#include <algorithm>

namespace jackdaw::io {
namespace {

// When a message does not fit into one lent buffer the rest is received directly, in larger pieces.
constexpr std::size_t direct_bytes_min = std::size_t{4} * 1024;
constexpr std::size_t direct_bytes_max = std::size_t{256} * 1024;

request fill_request(file_descriptor& descriptor, byte_buffer& buffer, std::size_t direct_bytes) {
  request wanted;
  wanted.descriptor = descriptor.get();
  wanted.owner = &descriptor;
  if (direct_bytes == 0) {
    wanted.code = opcode::receive_lent;
    wanted.memory = &buffer;
    return wanted;
  }
  const std::span<std::byte> room = buffer.prepare(direct_bytes);
  wanted.code = opcode::receive;
  wanted.memory = room.data();
  wanted.length = room.size();
  return wanted;
}

}  // namespace

incomplete_read_error::incomplete_read_error(std::string partial,
                                             std::optional<std::size_t> expected)
    : std::runtime_error(std::to_string(partial.size()) + " bytes read on a total of " +
                         (expected.has_value() ? std::to_string(*expected) : "undefined") +
                         " expected bytes"),
      partial_(std::move(partial)),
      expected_(expected) {}

limit_overrun_error::limit_overrun_error(const std::string& message, std::size_t consumed)
    : std::runtime_error(message), consumed_(consumed) {}

fill_operation::fill_operation(file_descriptor& descriptor, byte_buffer& buffer,
                               std::size_t direct_bytes)
    : operation(fill_request(descriptor, buffer, direct_bytes)), buffer_(&buffer) {}

result<std::size_t> fill_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, "recv"};
  }
  if (request_.code == opcode::receive) {
    buffer_->commit(static_cast<std::size_t>(count));
  }
  return static_cast<std::size_t>(count);
}

fill_operation buffered_reader::fill() {
  const std::size_t held = buffer_.size();
  const std::size_t direct_bytes =
      held == 0 ? 0 : std::clamp(held, direct_bytes_min, direct_bytes_max);
  return fill_operation(stream_->raw_socket().descriptor(), buffer_, direct_bytes);
}

std::string_view buffered_reader::text() const noexcept {
  const auto bytes = buffered();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string buffered_reader::take(std::size_t count) {
  std::string taken(text().substr(0, count));
  consume(taken.size());
  return taken;
}

task<std::string> buffered_reader::read_until(std::string separator, std::size_t limit) {
  if (separator.empty()) {
    throw std::invalid_argument("Separator should be at least one-byte string");
  }
  std::size_t searched = 0;
  while (true) {
    const std::size_t found = text().find(separator, searched);
    if (found != std::string_view::npos) {
      if (found > limit) {
        throw limit_overrun_error("Separator is found, but chunk is longer than limit", found);
      }
      co_return take(found + separator.size());
    }
    // The separator may have begun at the end of what is there.
    const std::size_t kept = std::min(buffered().size(), separator.size() - 1);
    searched = buffered().size() - kept;
    if (searched > limit) {
      throw limit_overrun_error("Separator is not found, and chunk exceed the limit", searched);
    }
    result<std::size_t> count = co_await fill();
    if (count.value() == 0) {
      throw incomplete_read_error(take(buffered().size()), std::nullopt);
    }
  }
}

task<std::string> buffered_reader::read_line(std::size_t limit) {
  std::string line;
  try {
    line = co_await read_until("\n", limit);
  } catch (const incomplete_read_error& rest) {
    line = rest.partial();
  }
  co_return line;
}

task<std::string> buffered_reader::read_exactly(std::size_t count) {
  while (buffered().size() < count) {
    result<std::size_t> received = co_await fill();
    if (received.value() == 0) {
      throw incomplete_read_error(take(buffered().size()), count);
    }
  }
  co_return take(count);
}

task<std::string> buffered_reader::read_some(std::size_t count_max) {
  if (buffered().empty() && count_max > 0) {
    result<std::size_t> received = co_await fill();
    static_cast<void>(received.value());
  }
  co_return take(std::min(count_max, buffered().size()));
}

}  // namespace jackdaw::io
