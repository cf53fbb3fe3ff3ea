// The HTTP status codes that the server uses, and their reason phrases.

#pragma once

#include <cstdint>
#include <string_view>

namespace jackdaw::http {

enum class status : std::uint16_t {
  none = 0,  ///< No verdict: a check that returns it found nothing wrong.
  ok = 200,
  partial_content = 206,
  moved_permanently = 301,
  not_modified = 304,
  bad_request = 400,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  request_timeout = 408,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  header_fields_too_large = 431,
  internal_error = 500,
  not_implemented = 501,
  service_unavailable = 503,
  version_not_supported = 505,
};

/// The phrase that goes on the status line; empty for a code that is not in the enumeration.
[[nodiscard]] std::string_view reason_phrase(status code) noexcept;

}  // namespace jackdaw::http
