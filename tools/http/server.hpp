// The HTTP server: listens, accepts, and drains when it is told to stop.
#pragma once

#include <jackdaw/io/run.hpp>
#include <jackdaw/tools/http/server_context.hpp>

namespace jackdaw::http {

/// Runs a server until SIGTERM or SIGINT, then drains it. A second signal ends the process at once,
/// with status 128 + its number. Returns the exit status.
///
/// Errors        What cannot be set up is thrown: io::error for an address in use, and the like.
[[nodiscard]] int run_server(server_options chosen, const io::options& runtime);

}  // namespace jackdaw::http
