// Taking URLs apart, with the parser that browsers' servers trust.

#include <jackdaw/tools/load/load_options.hpp>

#include <http_parser.h>

#include <stdexcept>

namespace jackdaw::load {

target parse_url(std::string_view url) {
  const auto refuse = [url](const char* reason) {
    throw std::invalid_argument("'" + std::string(url) + "' is " + reason);
  };
  http_parser_url parts;
  http_parser_url_init(&parts);
  constexpr int any_form = 0;
  if (url.find_first_of("\r\n\t ") != std::string_view::npos ||
      http_parser_parse_url(url.data(), url.size(), any_form, &parts) != 0) {
    refuse("not a URL like http://127.0.0.1:8080/");
  }
  const auto part = [&](http_parser_url_fields field) {
    const bool present = (parts.field_set & (1U << field)) != 0;
    return present ? url.substr(parts.field_data[field].off, parts.field_data[field].len)
                   : std::string_view{};
  };
  if (part(UF_SCHEMA) != "http") {
    refuse("not an http URL; no other scheme is spoken here");
  }
  if (part(UF_HOST).empty() || !part(UF_USERINFO).empty()) {
    refuse("without a plain host");
  }
  target found;
  found.host = part(UF_HOST);
  found.port = part(UF_PORT).empty() ? std::string_view("80") : part(UF_PORT);
  const std::size_t authority = url.find("//") + 2;
  found.authority = url.substr(authority, url.find_first_of("/?#", authority) - authority);
  found.path = part(UF_PATH).empty() ? std::string_view("/") : part(UF_PATH);
  if (!part(UF_QUERY).empty()) {
    found.path.append("?").append(part(UF_QUERY));
  }
  return found;
}

}  // namespace jackdaw::load
