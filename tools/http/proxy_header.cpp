// Version 1 is a line of text, version 2 a binary block.

#include <jackdaw/tools/http/proxy_header.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

namespace jackdaw::http {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view text_begin = "PROXY ";
constexpr std::string_view binary_begin = "\r\n\r\n\0\r\nQUIT\n"sv;

const proxy_header malformed(proxy_progress::malformed, 0);
const proxy_header need_more(proxy_progress::need_more, 0);

// Takes the word before the next space, or what is left.
std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// As the protocol has it: digits, no leading zero, 0 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (!is_number || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  return port;
}

io::address make_address(const in_addr& host, std::uint16_t port) {
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_addr = host;
  raw.sin_port = htons(port);
  return {reinterpret_cast<const sockaddr*>(&raw), sizeof raw};
}

io::address make_address(const in6_addr& host, std::uint16_t port) {
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_addr = host;
  raw.sin6_port = htons(port);
  return {reinterpret_cast<const sockaddr*>(&raw), sizeof raw};
}

template <class Host>
std::optional<io::address> parse_ends(int family, std::string_view line) {
  Host source{};
  Host destination{};
  const std::string source_text(take_word(line));
  const std::string destination_text(take_word(line));
  const auto source_port = parse_port(take_word(line));
  const auto destination_port = parse_port(line);
  if (inet_pton(family, source_text.c_str(), &source) != 1 ||
      inet_pton(family, destination_text.c_str(), &destination) != 1 || !source_port.has_value() ||
      !destination_port.has_value()) {
    return std::nullopt;
  }
  return make_address(source, *source_port);
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
proxy_header read_text(std::string_view text) {
  constexpr std::size_t line_bytes_max = 107;
  const std::size_t end = text.substr(0, line_bytes_max).find('\n');
  if (end == std::string_view::npos) {
    return text.size() < line_bytes_max ? need_more : malformed;
  }
  std::string_view line = text.substr(0, end);
  if (line.empty() || line.back() != '\r' || line.find('\0') != std::string_view::npos) {
    return malformed;
  }
  line.remove_suffix(1);
  line.remove_prefix(text_begin.size());
  proxy_header found(proxy_progress::complete, end + 1);
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") {
    return found;  // Whatever follows is to be ignored.
  }
  if (protocol == "TCP4") {
    found.source = parse_ends<in_addr>(AF_INET, line);
  } else if (protocol == "TCP6") {
    found.source = parse_ends<in6_addr>(AF_INET6, line);
  }
  return found.source.has_value() ? found : malformed;
}

template <class Host>
struct ends {  // As they are in the header: network byte order, no padding.
  Host source;
  Host destination;
  std::array<std::uint8_t, 2> source_port;
  std::array<std::uint8_t, 2> destination_port;
};

template <class Host>
proxy_header with_ends(std::string_view block, std::size_t size) {
  ends<Host> raw;
  static_assert(sizeof raw == 2 * sizeof(Host) + 4);
  if (block.size() < sizeof raw) {
    return malformed;
  }
  std::memcpy(&raw, block.data(), sizeof raw);
  proxy_header found(proxy_progress::complete, size);
  const int port = raw.source_port[0] << 8 | raw.source_port[1];
  found.source = make_address(raw.source, static_cast<std::uint16_t>(port));
  return found;
}

// 12 bytes that no text begins with, version and command, family and protocol, length, addresses, extensions.
proxy_header read_binary(std::string_view bytes) {
  constexpr std::size_t fixed_bytes = 16;
  const auto byte_at = [bytes](std::size_t index) {
    return static_cast<std::uint8_t>(bytes[index]);
  };
  constexpr std::size_t command_at = 12;
  constexpr std::size_t family_at = 13;
  if (bytes.size() > command_at && byte_at(command_at) != 0x20 && byte_at(command_at) != 0x21) {
    return malformed;
  }
  // The high half is the family: none, IPv4, IPv6, local; the low one: none, stream, datagram.
  if (bytes.size() > family_at &&
      ((byte_at(family_at) >> 4) > 3 || (byte_at(family_at) & 0xF) > 2)) {
    return malformed;
  }
  if (bytes.size() < fixed_bytes) {
    return need_more;
  }
  const std::size_t size = fixed_bytes + (static_cast<std::size_t>(byte_at(14)) << 8 | byte_at(15));
  if (size > proxy_header_bytes_max) {
    return malformed;
  }
  if (bytes.size() < size) {
    return need_more;
  }
  const bool is_local_command = byte_at(command_at) == 0x20;
  const std::string_view block = bytes.substr(fixed_bytes, size - fixed_bytes);
  constexpr std::uint8_t tcp4 = 0x11;
  constexpr std::uint8_t tcp6 = 0x21;
  if (!is_local_command && byte_at(family_at) == tcp4) {
    return with_ends<in_addr>(block, size);
  }
  if (!is_local_command && byte_at(family_at) == tcp6) {
    return with_ends<in6_addr>(block, size);
  }
  return {proxy_progress::complete, size};
}

bool begins_alike(std::string_view text, std::string_view begin) noexcept {
  const std::size_t size = std::min(text.size(), begin.size());
  return text.substr(0, size) == begin.substr(0, size);
}

}  // namespace

proxy_header read_proxy_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (begins_alike(text, binary_begin)) {
    return text.size() < binary_begin.size() ? need_more : read_binary(text);
  }
  if (begins_alike(text, text_begin)) {
    return text.size() < text_begin.size() ? need_more : read_text(text);
  }
  return malformed;
}

}  // namespace jackdaw::http
