// What the scripts of I/O cases do with Python's socket module, in plain system calls.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/socket.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::conformance {

/// socket.socketpair(): the first for a transport, the second for the peer.
[[nodiscard]] std::pair<io::socket, io::socket> socketpair();
/// c = socket.socket(); c.connect(address)
[[nodiscard]] io::socket connected_to(const io::address& peer);
/// b.recv(n), which does not wait; "" if there is nothing, or the end.
std::string recv(io::socket& from, std::size_t count);
/// b.send(data)
void send(io::socket& to, std::string_view data);

}  // namespace jackdaw::conformance
