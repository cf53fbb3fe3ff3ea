// The log's format.

#include <jackdaw/tools/http/access_line.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>

namespace jackdaw::http {

namespace {

// "10/Oct/2000:13:55:36 +0000": one text per thread and second. Not inline, as current_date().
[[gnu::noinline]] std::string_view current_log_time() {
  thread_local std::time_t second = -1;
  thread_local std::string text;
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second) {
    second = now.tv_sec;
    std::tm parts{};
    gmtime_r(&second, &parts);
    std::array<char, 64> letters;
    // The program sets no locale: the names of months are English.
    const std::size_t size =
        std::strftime(letters.data(), letters.size(), "%d/%b/%Y:%H:%M:%S +0000", &parts);
    text.assign(letters.data(), size);
  }
  return text;
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte >= 0x7F || letter == '"' || letter == '\\') {
      out += "\\x";
      out += hex[byte >> 4];
      out += hex[byte & 0xF];
    } else {
      out += letter;
    }
  }
}

void append_field(std::string& out, const request* message, std::string_view name) {
  const auto value = message == nullptr ? std::nullopt : message->field(name);
  out += " \"";
  append_escaped(out, value.value_or("-"));
  out += '"';
}

}  // namespace

void append_access_line(std::string& out, std::string_view host, const request* message,
                        status code, std::uint64_t body_bytes) {
  out += host;
  out += " - - [";
  out += current_log_time();
  out += "] \"";
  if (message == nullptr) {
    out += '-';
  } else {
    out += message->method_name();
    out += ' ';
    append_escaped(out, message->target());
    out += message->version_minor() == 0 ? " HTTP/1.0" : " HTTP/1.1";
  }
  out += "\" ";
  append_number(out, static_cast<std::uint64_t>(code));
  out += ' ';
  append_number(out, body_bytes);
  append_field(out, message, "Referer");
  append_field(out, message, "User-Agent");
  out += " \n";
}

unsigned append_durations(std::string& out, std::string_view begun, duration took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  unsigned lines = 0;
  while (!begun.empty()) {
    const std::size_t end = begun.find('\n');
    out += begun.substr(0, end);
    append_number(out, static_cast<std::uint64_t>(us > 0 ? us : 0));
    out += '\n';
    begun.remove_prefix(end + 1);
    ++lines;
  }
  return lines;
}

}  // namespace jackdaw::http
