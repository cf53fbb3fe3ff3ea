// One connection, from its first byte to its last.
#pragma once

#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/tools/http/client.hpp>
#include <jackdaw/tools/http/server_context.hpp>

#include <memory>

namespace jackdaw::http {

/// Serves requests until the client leaves, a time limit passes, or the server drains.
/// `server` must outlive the task. `who` is null unless somebody wants to know.
task<void> serve_connection(server_context& server, io::tcp_stream stream,
                            std::unique_ptr<client> who);

/// Answers 503 and closes: for a connection beyond the cap.
task<void> turn_away(server_context& server, io::tcp_stream stream);

}  // namespace jackdaw::http
