// tests/support/echo.hpp
//
// The smallest server worth the name, and clients that would notice any byte that is not their own.
#pragma once

#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <cstdint>

namespace jackdaw::testing {

/// Sends back what it gets, until the peer ends or resets the connection.
task<void> echo_back(io::tcp_stream stream);

/// Accepts and echoes, each connection in a task of its own, until it is cancelled.
task<void> serve_echo(io::tcp_listener& listener);

/// Connects, sends `messages` messages of up to `bytes_max` bytes, each a piece of a pattern that depends
/// on `id`, and checks that each comes back. Returns the number of messages that did.
task<std::size_t> talk_to_echo(io::address server, std::uint64_t id, std::size_t messages,
                               std::size_t bytes_max);

/// A server and `connections` clients at once; ends when all have had their answers. Returns how many
/// messages came back.
task<std::size_t> echo_among(std::size_t connections, std::size_t messages,
                             std::size_t bytes_max = 100);

}  // namespace jackdaw::testing
