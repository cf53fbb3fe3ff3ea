// Percent-decoding.

#include <jackdaw/tools/http/url_path.hpp>

namespace jackdaw::http {

namespace {

// -1 if it is no hexadecimal digit.
constexpr int digit_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

status decode_path(std::string_view path, std::string& out) {
  for (std::size_t at = 0; at < path.size(); ++at) {
    char letter = path[at];
    if (letter == '%') {
      const int high = path.size() - at > 2 ? digit_value(path[at + 1]) : -1;
      const int low = path.size() - at > 2 ? digit_value(path[at + 2]) : -1;
      if (high < 0 || low < 0) {
        return status::bad_request;
      }
      letter = static_cast<char>(high * 16 + low);
      if (letter == '/') {
        return status::not_found;
      }
      at += 2;
    }
    if (letter == '\0') {
      return status::bad_request;
    }
    out += letter;
  }
  return status::none;
}

}  // namespace jackdaw::http
