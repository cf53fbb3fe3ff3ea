// Look-ups in a parsed request.

#include <jackdaw/tools/http/request.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace jackdaw::http {

namespace {

// Not std::tolower: that one depends on the locale, HTTP does not.
constexpr char lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> request::field(std::string_view name) const noexcept {
  for (const field_ranges& candidate : fields_) {
    if (equals_ignoring_case(view(candidate.name), name)) {
      return view(candidate.value);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> request::query_number(std::string_view key) const noexcept {
  std::string_view rest = query();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!pair.starts_with(key) || pair.substr(key.size(), 1) != "=") {
      continue;
    }
    const std::string_view digits = pair.substr(key.size() + 1);
    std::uint64_t number = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || stop != digits.data() + digits.size()) {
      return std::nullopt;
    }
    return number;
  }
  return std::nullopt;
}

void request::clear() noexcept {
  text_.clear();
  body_.clear();
  fields_.clear();
  target_ = {};
  path_ = {};
  query_ = {};
  verb_ = method::other;
  method_name_ = {};
  version_minor_ = 1;
  keep_alive_ = false;
}

}  // namespace jackdaw::http
