// Writing a response: always appended, so that the replies to pipelined requests leave in one write.

#pragma once

#include <jackdaw/tools/http/status.hpp>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace jackdaw::http {

struct response {
  status code = status::ok;
  std::string_view content_type = "text/plain";
  std::string_view body;
  std::optional<std::uint64_t> length;  ///< If the body follows by itself: how long it is.
  std::string_view more_fields;         ///< Each "\r\nName: value".
  std::string_view allow;               ///< For 405: the methods that would have been right.
  unsigned retry_after_s = 0;           ///< For 503: when to come again; 0: not said.
  bool no_content = false;              ///< Neither length nor type: 304.
  bool head_only = false;       ///< Reply to HEAD: the length of the body, but not the body.
  bool close = false;           ///< "Connection: close": this is the last reply.
  bool say_keep_alive = false;  ///< An HTTP/1.0 client closes unless told otherwise.
};

/// Appends status line, fields and body to `out`.
void append(std::string& out, const response& reply);

/// Appends the reply to a request that is refused: a line of text, and "Connection: close".
void append_refusal(std::string& out, status code);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7) of that second.
[[nodiscard]] std::string format_date(std::time_t second);

}  // namespace jackdaw::http
