// The rules of wire_rules.hpp, on a table of 256 bytes.

#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/wire_rules.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace jackdaw::http::wire {

namespace {

// One bit per class of characters; a byte may belong to several.
enum character_class : std::uint8_t {
  token_character = 1,   // RFC 9110, 5.6.2: methods, field names
  field_character = 2,   // field values: visible, space, tab, and the opaque bytes above 0x7f
  target_character = 4,  // request targets: visible ASCII without '#', which no form of one has
  host_character = 8,    // hosts and ports, IPv6 literals included
};

constexpr bool is_letter_or_digit(unsigned byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z');
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte < classes.size(); ++byte) {
    const bool visible = byte > 0x20 && byte < 0x7f;
    unsigned bits = 0;
    if (is_letter_or_digit(byte)) {
      bits |= token_character | host_character;
    }
    if (visible || byte == ' ' || byte == '\t' || byte >= 0x80) {
      bits |= field_character;
    }
    if (visible && byte != '#') {
      bits |= target_character;
    }
    classes[byte] = static_cast<std::uint8_t>(bits);
  }
  for (const char byte : std::string_view("!#$%&'*+-.^_`|~")) {
    classes[static_cast<unsigned char>(byte)] |= token_character;
  }
  for (const char byte : std::string_view("-._~%!$&'()*+;=:[]")) {
    classes[static_cast<unsigned char>(byte)] |= host_character;
  }
  return classes;
}

constexpr std::array<std::uint8_t, 256> classes = make_classes();

bool all_are(std::string_view text, character_class wanted) noexcept {
  return std::all_of(text.begin(), text.end(), [wanted](char byte) {
    return (classes[static_cast<unsigned char>(byte)] & wanted) != 0;
  });
}

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

status check_version(std::string_view version) noexcept {
  constexpr std::string_view pattern = "HTTP/d.d";
  const bool well_formed = version.size() == pattern.size() && version.starts_with("HTTP/") &&
                           is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!well_formed) {
    return status::bad_request;
  }
  const bool supported = version[5] == '1' && version[7] <= '1';
  return supported ? status::none : status::version_not_supported;
}

// Extensions mean nothing here, but a quote that does not end in its line is how one parser comes
// to see a longer line than the other (CVE-2026-33870).
bool is_chunk_extension(std::string_view text) noexcept {
  if (text.empty()) {
    return true;
  }
  const auto quotes = std::count(text.begin(), text.end(), '"');
  return text.front() == ';' && text.size() > 1 && all_are(text, field_character) &&
         quotes % 2 == 0;
}

}  // namespace

status check_request_line(std::string_view line, std::size_t target_bytes_max) noexcept {
  const std::size_t first_space = line.find(' ');
  const std::size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space) {
    return status::bad_request;
  }
  const std::string_view verb = line.substr(0, first_space);
  const std::string_view target = line.substr(first_space + 1, last_space - first_space - 1);
  if (verb.empty() || !all_are(verb, token_character)) {
    return status::bad_request;
  }
  if (target.empty() || !all_are(target, target_character)) {
    return status::bad_request;
  }
  if (target.size() > target_bytes_max) {
    return status::uri_too_long;
  }
  return check_version(line.substr(last_space + 1));
}

status check_field_line(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return status::bad_request;
  }
  const bool good = all_are(line.substr(0, colon), token_character) &&
                    all_are(line.substr(colon + 1), field_character);
  return good ? status::none : status::bad_request;
}

std::optional<std::uint64_t> parse_chunk_line(std::string_view line) noexcept {
  std::uint64_t size = 0;
  const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  const auto digits = static_cast<std::size_t>(stop - line.data());
  // from_chars takes a minus sign only for signed types, and never a plus or "0x".
  if (error != std::errc{} || digits > 16 || !is_chunk_extension(line.substr(digits))) {
    return std::nullopt;
  }
  return size;
}

status check_transfer_encoding(std::string_view value) noexcept {
  if (equals_ignoring_case(value, "chunked")) {
    return status::none;
  }
  // A coding that we do not know deserves 501. Anything after "chunked", even "chunked" again,
  // leaves the end of the body to be guessed, which is what an attacker wants.
  for (bool chunked = false;;) {
    const std::size_t comma = value.find(',');
    const std::string_view coding = trim(value.substr(0, comma));
    if (chunked || coding.empty() || !all_are(coding, token_character)) {
      return status::bad_request;
    }
    if (comma == std::string_view::npos) {
      return status::not_implemented;
    }
    chunked = equals_ignoring_case(coding, "chunked");
    value.remove_prefix(comma + 1);
  }
}

std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept {
  std::uint64_t length = 0;
  const char* const start = value.data();
  const char* const end = start + value.size();
  const auto [stop, error] = std::from_chars(start, end, length);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return length;
}

bool is_host(std::string_view value) noexcept {
  if (!all_are(value, host_character)) {
    return false;
  }
  // An IPv6 literal stands in brackets, because it has colons of its own.
  const bool literal = value.starts_with('[');
  const std::size_t host_end = literal ? value.find(']') : std::min(value.find(':'), value.size());
  if (host_end == std::string_view::npos) {
    return false;
  }
  const std::string_view host = value.substr(literal ? 1 : 0, host_end - (literal ? 1 : 0));
  const std::string_view port = value.substr(host_end + (literal ? 1 : 0));
  if (host.find_first_of("[]") != std::string_view::npos) {
    return false;
  }
  if (port.empty()) {
    return !literal || !host.empty();
  }
  constexpr std::size_t port_digits_max = 5;
  return !host.empty() && port.front() == ':' && port.size() <= port_digits_max + 1 &&
         std::all_of(port.begin() + 1, port.end(), is_digit);
}

}  // namespace jackdaw::http::wire
