// One pass over the lines of a head.

#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/load/response_head.hpp>

#include <charconv>
#include <optional>

namespace jackdaw::load {

namespace {

using http::equals_ignoring_case;
using http::trim;

constexpr std::size_t head_bytes_max = 64UL * 1024;

template <class Number>
std::optional<Number> to_number(std::string_view digits) noexcept {
  Number number{};
  const char* const start = digits.data();
  const char* const end = start + digits.size();
  const auto [stop, error] = std::from_chars(start, end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

// "HTTP/1.1 200 OK"; also sets whether the version closes by default.
bool take_status_line(std::string_view line, response_head& head) noexcept {
  constexpr std::string_view version = "HTTP/1.";
  constexpr std::size_t status_at = 9;
  constexpr std::size_t status_digits = 3;
  if (!line.starts_with(version) || line.size() < status_at + status_digits ||
      line[status_at - 1] != ' ') {
    return false;
  }
  const auto status = to_number<unsigned>(line.substr(status_at, status_digits));
  const bool ends = line.size() == status_at + status_digits || line[status_at + 3] == ' ';
  head.status = status.value_or(0);
  head.closes = line[version.size()] == '0';
  return ends && head.status >= 100;
}

}  // namespace

response_head parse_response_head(std::string_view bytes) noexcept {
  using state = response_head::state;
  response_head head;
  std::optional<std::uint64_t> length;
  bool framed = true;
  for (std::size_t start = 0;;) {
    const std::size_t end = bytes.find("\r\n", start);
    if (end == std::string_view::npos) {
      head.found = bytes.size() > head_bytes_max ? state::malformed : state::incomplete;
      return head;
    }
    const std::string_view line = bytes.substr(start, end - start);
    const bool first = start == 0;
    start = end + 2;
    if (first) {
      framed = take_status_line(line, head);
      if (!framed) {
        break;
      }
      continue;
    }
    if (line.empty()) {
      head.head_bytes = start;
      break;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : trim(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-length")) {
      framed = framed && !length.has_value();
      length = to_number<std::uint64_t>(value);
      framed = framed && length.has_value();
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      framed = false;
    } else if (equals_ignoring_case(name, "connection")) {
      head.closes = equals_ignoring_case(value, "close") ||
                    (head.closes && !equals_ignoring_case(value, "keep-alive"));
    }
  }
  const bool bodiless = head.interim() || head.status == 204 || head.status == 304;
  framed = framed && (bodiless || length.has_value());
  head.body_bytes = bodiless ? 0 : length.value_or(0);
  head.found = framed ? state::complete : state::malformed;
  return head;
}

}  // namespace jackdaw::load
