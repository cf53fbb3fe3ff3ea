// Reading the dates of HTTP.
#pragma once

#include <ctime>
#include <optional>
#include <string_view>

namespace jackdaw::http {

/// The second that `text` names, in one of the three forms that RFC 9110, 5.6.7 wants a server to know;
/// nothing if it is none of them.
[[nodiscard]] std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace jackdaw::http
