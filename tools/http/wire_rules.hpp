// What RFC 9112 demands of the raw bytes of a request, line by line.
//
// Why a second look at what http_parser parses anyway
// ---------------------------------------------------
// http_parser is lenient where old clients needed it: a bare LF ends a line, a line may be folded,
// a chunk extension is skipped unread, HTTP/0.9 is welcome. Each of these lets a proxy and a server
// disagree on where a request ends, which is all that request smuggling needs. So every line is
// held against these rules first, and http_parser sees only lines that passed.
//
// All functions take a line *without* its CRLF; that the line ended in CRLF, and that it holds no
// other CR or LF, is part of the rules: CR, LF and NUL are in none of the permitted sets below.

#pragma once

#include <jackdaw/tools/http/status.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace jackdaw::http::wire {

/// "GET /path HTTP/1.1". Returns the status to refuse the request with, or `none`: bad_request for
/// broken syntax (HTTP/0.9 included), uri_too_long, version_not_supported for other than 1.0, 1.1.
[[nodiscard]] status check_request_line(std::string_view line,
                                        std::size_t target_bytes_max) noexcept;

/// "Name: value". Refuses folded lines, space before the colon, control characters.
[[nodiscard]] status check_field_line(std::string_view line) noexcept;

/// "1a;extension=value". Returns the chunk's size, or nothing if the line is malformed: no digits,
/// more than 16 of them, a sign, a prefix, white space, an unbalanced quote in an extension.
[[nodiscard]] std::optional<std::uint64_t> parse_chunk_line(std::string_view line) noexcept;

/// Transfer-Encoding must say exactly "chunked": nothing else may frame a request here.
[[nodiscard]] status check_transfer_encoding(std::string_view value) noexcept;

/// One number in decimal digits: no sign, no list, no overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept;

/// host [":" port], or empty (RFC 9110, 7.2: sent so when the target has no authority).
[[nodiscard]] bool is_host(std::string_view value) noexcept;

}  // namespace jackdaw::http::wire
