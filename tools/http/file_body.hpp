// Sending the part of a file that is the body of a reply, without holding it.
//
// Neither way keeps a worker waiting for a disk: a piece that is not in memory is moved by a call in the blocking
// pool, while the waiting for the client is the worker's. What a call uses it has shares of, since a connection that is
// cancelled does not wait for its call: of the file, of the memory, and of the socket, by a descriptor of its own.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/tools/http/burst.hpp>
#include <jackdaw/tools/http/server_metrics.hpp>
#include <jackdaw/tools/http/wire.hpp>

namespace jackdaw::http {

/// By sendfile(2): the bytes do not come into this process. False if not all was sent: the client has gone,
/// took longer than `limit` for a piece, or the file was cut off. The connection is of no use then.
task<bool> send_body(plain_wire& wire, burst::body body, duration limit, server_metrics& metrics);

/// By reading pieces, which are encrypted.
task<bool> send_body(tls_wire& wire, burst::body body, duration limit, server_metrics& metrics);

}  // namespace jackdaw::http
