// Filling the buffer, and cutting pieces off it.
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/peer_name.hpp>

#include <algorithm>
#include <cerrno>

namespace jackdaw::io {
namespace {

// When a message does not fit into one lent buffer the rest is received directly, in larger pieces.
constexpr std::size_t direct_bytes_min = std::size_t{4} * 1024;
constexpr std::size_t direct_bytes_max = std::size_t{256} * 1024;

// The cause of a read that got too little; the kernel knows no such failure, so it is told apart by this text.
constexpr char end_of_stream[] = "end of stream";

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

std::size_t buffered_reader::received(const result<std::size_t>& count) const {
  if (!count.ok()) {
    throw error(count.error_number(), count.cause().call, from_peer(stream_->native_handle()));
  }
  return *count;
}

buffered_reader::search buffered_reader::look(std::string_view separator, std::size_t limit,
                                              std::size_t from) const noexcept {
  search seen;
  seen.position = text().find(separator, from);
  seen.found = seen.position != std::string_view::npos;
  if (!seen.found) {
    // The separator may have begun at the end of what is there.
    seen.position = buffered().size() - std::min(buffered().size(), separator.size() - 1);
  }
  seen.beyond_limit = seen.position > limit;
  return seen;
}

task<std::string> buffered_reader::read_until(std::string separator, std::size_t limit) {
  if (separator.empty()) {
    throw std::invalid_argument("Separator should be at least one-byte string");
  }
  std::size_t searched = 0;
  while (true) {
    const search seen = look(separator, limit, searched);
    if (seen.beyond_limit) {
      throw limit_overrun_error(seen.found ? "Separator is found, but chunk is longer than limit"
                                           : "Separator is not found, and chunk exceed the limit",
                                seen.position);
    }
    if (seen.found) {
      co_return take(seen.position + separator.size());
    }
    searched = seen.position;
    const result<std::size_t> count = co_await fill();
    if (received(count) == 0) {
      throw incomplete_read_error(take(buffered().size()), std::nullopt);
    }
  }
}

task<result<std::string>> buffered_reader::try_read_until(std::string separator,
                                                          std::size_t limit) {
  if (separator.empty()) {
    co_return failure_cause{EINVAL, "read_until"};
  }
  std::size_t searched = 0;
  while (true) {
    const search seen = look(separator, limit, searched);
    if (seen.beyond_limit) {
      co_return failure_cause{EMSGSIZE, "read_until"};
    }
    if (seen.found) {
      co_return take(seen.position + separator.size());
    }
    searched = seen.position;
    const result<std::size_t> count = co_await fill();
    if (!count.ok()) {
      co_return count.cause();
    }
    if (*count == 0) {
      co_return failure_cause{EPIPE, end_of_stream};
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

task<result<std::string>> buffered_reader::try_read_line(std::size_t limit) {
  result<std::string> line = co_await try_read_until("\n", limit);
  if (!line.ok() && line.cause().call == end_of_stream) {
    line = take(buffered().size());
  }
  co_return line;
}

task<std::string> buffered_reader::read_exactly(std::size_t count) {
  while (buffered().size() < count) {
    const result<std::size_t> more = co_await fill();
    if (received(more) == 0) {
      throw incomplete_read_error(take(buffered().size()), count);
    }
  }
  co_return take(count);
}

task<result<std::string>> buffered_reader::try_read_exactly(std::size_t count) {
  while (buffered().size() < count) {
    const result<std::size_t> more = co_await fill();
    if (!more.ok()) {
      co_return more.cause();
    }
    if (*more == 0) {
      co_return failure_cause{EPIPE, end_of_stream};
    }
  }
  co_return take(count);
}

task<std::string> buffered_reader::read_some(std::size_t count_max) {
  if (buffered().empty() && count_max > 0) {
    const result<std::size_t> more = co_await fill();
    static_cast<void>(received(more));
  }
  co_return take(std::min(count_max, buffered().size()));
}

task<result<std::string>> buffered_reader::try_read_some(std::size_t count_max) {
  if (buffered().empty() && count_max > 0) {
    const result<std::size_t> more = co_await fill();
    if (!more.ok()) {
      co_return more.cause();
    }
  }
  co_return take(std::min(count_max, buffered().size()));
}

}  // namespace jackdaw::io
