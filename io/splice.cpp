// Both ends have to be ready, and EAGAIN does not say which one is not: so one is waited for after the other.
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/splice.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace jackdaw::io {
namespace {

// What is moved before others get their turn.
constexpr std::uint64_t turn_bytes = std::uint64_t{256} << 10;

task<result<std::uint64_t>> move_bytes(int from, int to, std::uint64_t count) {
  std::uint64_t total = 0;
  std::uint64_t this_turn = 0;
  while (total < count) {
    if (this_turn >= turn_bytes) {
      co_await yield();
      this_turn = 0;
    }
    const auto piece = static_cast<std::size_t>(std::min(count - total, turn_bytes));
    const ssize_t moved = splice_without_signal(from, to, piece);
    if (moved == 0) {
      break;
    }
    if (moved > 0) {
      total += static_cast<std::uint64_t>(moved);
      this_turn += static_cast<std::uint64_t>(moved);
    } else if (moved != -EAGAIN) {
      co_return failure_cause{static_cast<int>(-moved), "splice"};
    } else {
      const result<int> filled = co_await try_readable(from);
      if (!filled.ok()) {
        co_return filled.cause();
      }
      const result<int> room = co_await try_writable(to);
      if (!room.ok()) {
        co_return room.cause();
      }
      this_turn = 0;
    }
  }
  co_return total;
}

}  // namespace

task<result<std::uint64_t>> try_splice(pipe_reader& from, stream_socket& to, std::uint64_t count) {
  co_return co_await move_bytes(from.native_handle(), to.native_handle(), count);
}

task<result<std::uint64_t>> try_splice(stream_socket& from, pipe_writer& to, std::uint64_t count) {
  co_return co_await move_bytes(from.native_handle(), to.native_handle(), count);
}

task<std::uint64_t> splice(pipe_reader& from, stream_socket& to, std::uint64_t count) {
  const result<std::uint64_t> moved = co_await try_splice(from, to, count);
  if (!moved.ok()) {
    throw error(moved.error_number(), moved.cause().call, to_peer(to.native_handle()));
  }
  co_return *moved;
}

task<std::uint64_t> splice(stream_socket& from, pipe_writer& to, std::uint64_t count) {
  const result<std::uint64_t> moved = co_await try_splice(from, to, count);
  if (!moved.ok()) {
    throw error(moved.error_number(), moved.cause().call, from_peer(from.native_handle()));
  }
  co_return *moved;
}

}  // namespace jackdaw::io
