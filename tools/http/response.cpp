// Serialising responses.

#include <jackdaw/tools/http/response.hpp>

#include <array>
#include <charconv>
#include <cstddef>

namespace jackdaw::http {

namespace {

// One text per thread and second: formatting a date costs more than parsing a small request.
// Not inline: a compiler must not keep a thread-local address across a suspension of its caller.
[[gnu::noinline]] std::string_view current_date() {
  thread_local std::time_t second = -1;
  thread_local std::string text;
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second) {
    text = format_date(now.tv_sec);
    second = now.tv_sec;
  }
  return text;
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_status_line(std::string& out, status code) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(code));
  out += ' ';
  out += reason_phrase(code);
  out += "\r\n";
}

}  // namespace

void append(std::string& out, const response& reply) {
  if (reply.code == status::ok) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    append_status_line(out, reply.code);
  }
  out += "Server: jackdaw\r\nDate: ";
  out += current_date();
  if (!reply.no_content) {
    out += "\r\nContent-Type: ";
    out += reply.content_type;
    out += "\r\nContent-Length: ";
    append_number(out, reply.length.value_or(reply.body.size()));
  }
  out += reply.more_fields;
  if (!reply.allow.empty()) {
    out += "\r\nAllow: ";
    out += reply.allow;
  }
  if (reply.retry_after_s != 0) {
    out += "\r\nRetry-After: ";
    append_number(out, reply.retry_after_s);
  }
  if (reply.close) {
    out += "\r\nConnection: close";
  } else if (reply.say_keep_alive) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
  if (!reply.head_only) {
    out += reply.body;
  }
}

void append_refusal(std::string& out, status code) {
  std::string body(reason_phrase(code));
  body += '\n';
  response reply;
  reply.code = code;
  reply.body = body;
  reply.close = true;
  reply.retry_after_s = code == status::service_unavailable ? 1 : 0;
  append(out, reply);
}

std::string format_date(std::time_t second) {
  // Not strftime: its names of days and months follow the locale.
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&second, &parts);
  std::string text;
  const auto two_digits = [&text](int number) {
    text += static_cast<char>('0' + number / 10);
    text += static_cast<char>('0' + number % 10);
  };
  text += days[static_cast<std::size_t>(parts.tm_wday)];
  text += ", ";
  two_digits(parts.tm_mday);
  text += ' ';
  text += months[static_cast<std::size_t>(parts.tm_mon)];
  text += ' ';
  text += std::to_string(parts.tm_year + 1900);
  text += ' ';
  two_digits(parts.tm_hour);
  text += ':';
  two_digits(parts.tm_min);
  text += ':';
  two_digits(parts.tm_sec);
  text += " GMT";
  return text;
}

}  // namespace jackdaw::http
