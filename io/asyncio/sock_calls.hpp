// loop.sock_recv() and its like: the calls of a socket, as coroutines of asyncio's loop.
//
// Each tries at once, and does not suspend if that succeeds; else it waits for readiness, and tries again one
// turn after the loop saw that (asyncio's two hops: the callback, the future). They are for sockets that have
// no transport. One reading and one writing call per socket at a time: a second one takes the place of the
// first, which then waits for ever, as in asyncio.
#pragma once

#include <jackdaw/io/asyncio/socket_name.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::io::asyncio {

/// Sockets that were not made by this library have to be. Source: socket.setblocking(False).
void make_non_blocking(jackdaw::io::socket& made);

/// What arrives, up to `count_max` bytes, as soon as there is something; "" at the end of the stream.
///
/// Threads       A running event loop's. Throws std::runtime_error elsewhere.
/// Lifetime      The socket, and what is given by view or span, outlives the await.
/// Errors        io::error.
/// Cancellation  Ends the wait; nothing that was received is lost.
/// Source        loop.sock_recv. asyncio loses what arrived in the turn of the cancellation.
task<std::string> sock_recv(jackdaw::io::socket& from, std::size_t count_max);
/// The same into memory of the caller's; gives the number of bytes. Source: loop.sock_recv_into.
task<std::size_t> sock_recv_into(jackdaw::io::socket& from, std::span<std::byte> into);
/// One datagram and its sender. Source: loop.sock_recvfrom.
task<std::pair<std::string, socket_name>> sock_recvfrom(jackdaw::io::socket& from,
                                                        std::size_t count_max);
/// The same into memory of the caller's. Source: loop.sock_recvfrom_into.
task<std::pair<std::size_t, socket_name>> sock_recvfrom_into(jackdaw::io::socket& from,
                                                             std::span<std::byte> into);

/// Sends all of `data`. Cancellation: a part may have been sent. Source: loop.sock_sendall.
task<void> sock_sendall(jackdaw::io::socket& to, std::string_view data);
/// Sends one datagram; gives the number of bytes. Source: loop.sock_sendto.
task<std::size_t> sock_sendto(jackdaw::io::socket& from, std::string_view data, socket_name to);

/// Connects. Cancellation: the attempt goes on in the kernel; close the socket. Source: loop.sock_connect.
task<void> sock_connect(jackdaw::io::socket& connecting, socket_name peer);

/// The next connection of a listening socket, and its peer's name. Cancellation: none is lost.
/// Source        loop.sock_accept.
task<std::pair<jackdaw::io::socket, socket_name>> sock_accept(jackdaw::io::socket& listening);

// --- For calls of their kind ---
task<void> wait_until_writable(int descriptor);

}  // namespace jackdaw::io::asyncio
