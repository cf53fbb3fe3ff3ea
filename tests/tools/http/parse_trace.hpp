// What a request parser makes of a sequence of bytes, written down as one line of text.
//
//   "GET /path; POST /echo body=hi; 400"     two requests, then a refusal
//   "GET / close; more"                      one request that ends the connection, then half of one
#pragma once

#include <jackdaw/tools/http/request_parser.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace jackdaw::http {

inline std::string_view name_of(method verb) {
  switch (verb) {
    case method::get:
      return "GET";
    case method::head:
      return "HEAD";
    case method::post:
      return "POST";
    case method::put:
      return "PUT";
    case method::options:
      return "OPTIONS";
    case method::other:
      return "OTHER";
  }
  return "?";
}

inline std::string describe(const request& message) {
  std::string text(name_of(message.verb()));
  text.append(" ").append(message.path());
  if (!message.query().empty()) {
    text.append("?").append(message.query());
  }
  if (!message.body().empty()) {
    text.append(" body=").append(message.body());
  }
  if (!message.keep_alive()) {
    text.append(" close");
  }
  return text;
}

/// Feeds `bytes` as a connection does: `piece` says how many bytes the next read brings; what was
/// not consumed stays in front of it.
inline std::string trace_of(std::string_view bytes, const std::function<std::size_t()>& piece,
                            const request_limits& limits = {}) {
  request_parser parser(limits);
  std::string trace;
  const auto note = [&trace](std::string_view text) {
    trace.append(trace.empty() ? "" : "; ").append(text);
  };
  std::size_t start = 0;
  std::size_t end = 0;
  bool fresh = true;
  while (end < bytes.size()) {
    end = std::min(bytes.size(), end + piece());
    for (bool more = false; !more;) {
      const auto step = parser.feed(std::as_bytes(std::span(bytes.substr(start, end - start))));
      start += step.consumed;
      fresh = fresh && step.consumed == 0;
      if (step.outcome == progress::failed) {
        note(std::to_string(static_cast<unsigned>(parser.error())));
        return trace;
      }
      more = step.outcome == progress::need_more;
      if (!more) {
        note(describe(parser.message()));
        parser.reset();
        fresh = true;
      }
    }
  }
  if (!fresh || start < end) {
    note("more");
  }
  return trace;
}

inline std::string trace_of(std::string_view bytes, const request_limits& limits = {}) {
  return trace_of(bytes, [&bytes] { return bytes.size(); }, limits);
}

}  // namespace jackdaw::http
