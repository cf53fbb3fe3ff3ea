// The table of requests, good and malformed: bytes, and the trace that the parser must leave.
#pragma once

#include <string>
#include <vector>

namespace jackdaw::http {

struct request_case {
  std::string name;
  std::string bytes;
  std::string trace;  // As in parse_trace.hpp.
};

[[nodiscard]] std::vector<request_case> well_formed_cases();
[[nodiscard]] std::vector<request_case> syntax_cases();   // Lines that RFC 9112 forbids.
[[nodiscard]] std::vector<request_case> framing_cases();  // Where does the request end?
[[nodiscard]] std::vector<request_case> limit_cases();

}  // namespace jackdaw::http
