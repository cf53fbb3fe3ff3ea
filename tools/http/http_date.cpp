// IMF-fixdate, and what preceded it.

#include <jackdaw/tools/http/http_date.hpp>

#include <string>

namespace jackdaw::http {

std::optional<std::time_t> parse_date(std::string_view text) {
  // This program sets no locale, so the names of days and months are those of the C locale.
  static constexpr const char* forms[] = {
      "%a, %d %b %Y %H:%M:%S GMT",  // Sun, 06 Nov 1994 08:49:37 GMT
      "%A, %d-%b-%y %H:%M:%S GMT",  // Sunday, 06-Nov-94 08:49:37 GMT
      "%a %b %e %H:%M:%S %Y",       // Sun Nov  6 08:49:37 1994
  };
  const std::string words(text);
  for (const char* const form : forms) {
    std::tm parts{};
    const char* const end = strptime(words.c_str(), form, &parts);
    if (end == words.c_str() + words.size()) {
      return timegm(&parts);
    }
  }
  return std::nullopt;
}

}  // namespace jackdaw::http
