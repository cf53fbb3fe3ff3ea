// asyncio's streams: a connection as a reader and a writer.
//
//   auto [reader, writer] = co_await open_connection("127.0.0.1", 8000);
//   writer.write("hello\n");
//   const std::string line = co_await reader.readline();
#pragma once

#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/io/asyncio/stream_reader.hpp>
#include <jackdaw/io/asyncio/stream_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {

/// Both ends of a connection that is made.
using stream = std::pair<stream_reader, stream_writer>;

/// Connects: create_connection() with a reader of `limit`. Source: asyncio.open_connection.
task<stream> open_connection(std::string host, std::uint16_t port,
                             std::size_t limit = stream_reader::limit_default,
                             connection_options options = {});
/// Over a socket that is connected.
task<stream> open_connection(jackdaw::io::socket connected,
                             std::size_t limit = stream_reader::limit_default,
                             ssl_options options = {});
/// Source        asyncio.open_unix_connection.
task<stream> open_unix_connection(std::string path,
                                  std::size_t limit = stream_reader::limit_default,
                                  ssl_options options = {});

/// Makes the protocols of a stream server.
[[nodiscard]] protocol_factory stream_protocols(stream_handler handler, std::size_t limit);

/// Calls `callback(stream_reader, stream_writer)` for each connection. A coroutine becomes a task; what leaves
/// it is reported, and the connection closed; if it is cancelled, the connection is closed (S231).
///
/// The rest is create_server()'s. Source: asyncio.start_server.
template <client_connected_callback F>
JACKDAW_CORO_WRAPPER task<std::shared_ptr<server>> start_server(
    F callback, std::string host, std::uint16_t port, server_options options = {},
    std::size_t limit = stream_reader::limit_default) {
  return create_server(stream_protocols(make_stream_handler(std::move(callback)), limit),
                       std::move(host), port, options);
}
/// On a socket that is bound.
template <client_connected_callback F>
JACKDAW_CORO_WRAPPER task<std::shared_ptr<server>> start_server(
    F callback, jackdaw::io::socket bound, server_options options = {},
    std::size_t limit = stream_reader::limit_default) {
  return create_server(stream_protocols(make_stream_handler(std::move(callback)), limit),
                       std::move(bound), options);
}
/// Source        asyncio.start_unix_server.
template <client_connected_callback F>
JACKDAW_CORO_WRAPPER task<std::shared_ptr<server>> start_unix_server(
    F callback, std::string path, server_options options = {},
    std::size_t limit = stream_reader::limit_default) {
  return create_unix_server(stream_protocols(make_stream_handler(std::move(callback)), limit),
                            std::move(path), options);
}

}  // namespace jackdaw::io::asyncio
