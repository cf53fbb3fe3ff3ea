// Reason phrases, as RFC 9110 section 15 spells them.

#include <jackdaw/tools/http/status.hpp>

namespace jackdaw::http {

std::string_view reason_phrase(status code) noexcept {
  switch (code) {
    case status::none:
      return {};
    case status::ok:
      return "OK";
    case status::partial_content:
      return "Partial Content";
    case status::moved_permanently:
      return "Moved Permanently";
    case status::not_modified:
      return "Not Modified";
    case status::forbidden:
      return "Forbidden";
    case status::precondition_failed:
      return "Precondition Failed";
    case status::range_not_satisfiable:
      return "Range Not Satisfiable";
    case status::internal_error:
      return "Internal Server Error";
    case status::bad_request:
      return "Bad Request";
    case status::not_found:
      return "Not Found";
    case status::method_not_allowed:
      return "Method Not Allowed";
    case status::request_timeout:
      return "Request Timeout";
    case status::content_too_large:
      return "Content Too Large";
    case status::uri_too_long:
      return "URI Too Long";
    case status::expectation_failed:
      return "Expectation Failed";
    case status::header_fields_too_large:
      return "Request Header Fields Too Large";
    case status::not_implemented:
      return "Not Implemented";
    case status::service_unavailable:
      return "Service Unavailable";
    case status::version_not_supported:
      return "HTTP Version Not Supported";
  }
  return {};
}

}  // namespace jackdaw::http
