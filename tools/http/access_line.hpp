// One line of the access log: Combined Log Format, and how long it took.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/status.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace jackdaw::http {

/// Appends `host - - [time] "request" status bytes "referer" "agent" `, to be completed by append_durations().
/// What a client sent is escaped: neither a quote nor a line end can be forged.
///
/// `message` is null for a request that could not be read. `body_bytes` is the length of the reply's body.
void append_access_line(std::string& out, std::string_view host, const request* message,
                        status code, std::uint64_t body_bytes);

/// Appends the lines of `begun`, each with that many microseconds, to `out`; gives their number.
unsigned append_durations(std::string& out, std::string_view begun, duration took);

}  // namespace jackdaw::http
