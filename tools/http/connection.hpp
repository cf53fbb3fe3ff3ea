// One connection, from its first byte to its last.
#pragma once

#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/tools/http/server_context.hpp>

namespace jackdaw::http {

/// Serves requests until the client leaves, a time limit passes, or the server drains.
/// `server` must outlive the task.
task<void> serve_connection(server_context& server, io::tcp_stream stream);

/// Answers 503 and closes: for a connection beyond the cap.
task<void> turn_away(server_context& server, io::tcp_stream stream);

}  // namespace jackdaw::http
