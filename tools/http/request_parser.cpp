// The phases of request_parser.hpp, and the callbacks of http_parser.

#include <jackdaw/tools/http/request_parser.hpp>
#include <jackdaw/tools/http/wire_rules.hpp>

#include <algorithm>

namespace jackdaw::http {

namespace {

// A chunk line carries a number; extensions are ignored, so nobody needs long ones.
constexpr std::size_t chunk_line_bytes_max = 256;

// Content-Length is only a claim: memory follows the bytes that came, not the promise.
constexpr std::uint64_t body_reserve_bytes_max = 64UL * 1024;

status status_of(http_errno error) noexcept {
  switch (error) {
    case HPE_INVALID_METHOD:
      return status::not_implemented;
    case HPE_INVALID_VERSION:
      return status::version_not_supported;
    case HPE_HEADER_OVERFLOW:
      return status::header_fields_too_large;
    default:
      return status::bad_request;
  }
}

method verb_of(unsigned parsed) noexcept {
  switch (parsed) {
    case HTTP_GET:
      return method::get;
    case HTTP_HEAD:
      return method::head;
    case HTTP_POST:
      return method::post;
    case HTTP_PUT:
      return method::put;
    case HTTP_OPTIONS:
      return method::options;
    default:
      return method::other;
  }
}

bool ends_in_crlf(std::string_view line) noexcept { return line.ends_with("\r\n"); }

std::string_view without_crlf(std::string_view line) noexcept {
  return line.substr(0, line.size() - 2);
}

}  // namespace

// The head is executed in place, on its copy in the request's arena, and in whole lines. Therefore
// every callback gets its text in one piece, as a range of the arena.
struct request_parser::callbacks {
  static request_parser& self(http_parser* parser) noexcept {
    return *static_cast<request_parser*>(parser->data);
  }

  static request::range range_of(const request_parser& self, const char* at, std::size_t size) {
    const auto offset = static_cast<std::uint32_t>(at - self.request_.text_.data());
    return {offset, static_cast<std::uint32_t>(size)};
  }

  static int on_url(http_parser* parser, const char* at, std::size_t size) {
    self(parser).request_.target_ = range_of(self(parser), at, size);
    return 0;
  }

  static int on_header_field(http_parser* parser, const char* at, std::size_t size) {
    request_parser& owner = self(parser);
    if (owner.phase_ != phase::trailer_line) {
      owner.request_.fields_.push_back({.name = range_of(owner, at, size), .value = {}});
    }
    return 0;
  }

  static int on_header_value(http_parser* parser, const char* at, std::size_t size) {
    request_parser& owner = self(parser);
    if (owner.phase_ == phase::trailer_line) {
      return 0;  // Nobody here needs trailers, and trusting them late is a risk of its own.
    }
    const std::string_view value = trim({at, size});
    auto& field = owner.request_.fields_.back();
    field.value = value.empty() ? request::range{} : range_of(owner, value.data(), value.size());
    const status verdict = owner.note_field(owner.request_.view(field.name), value);
    if (verdict != status::none) {
      owner.fail(verdict);
      return 1;
    }
    return 0;
  }

  static int on_body(http_parser* parser, const char* at, std::size_t size) {
    self(parser).request_.body_.append(at, size);
    return 0;
  }

  static int on_message_complete(http_parser* parser) {
    self(parser).phase_ = phase::complete;
    return 0;
  }

  static const http_parser_settings settings;
};

constinit const http_parser_settings request_parser::callbacks::settings = {
    .on_message_begin = nullptr,
    .on_url = on_url,
    .on_status = nullptr,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = nullptr,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
    .on_chunk_header = nullptr,
    .on_chunk_complete = nullptr,
};

request_parser::request_parser(const request_limits& limits, request spare) noexcept
    : limits_(limits), request_(std::move(spare)) {
  reset();
}

void request_parser::reset() noexcept {
  request_.clear();
  scanned_ = 0;
  head_bytes_ = 0;
  field_count_ = 0;
  content_length_ = 0;
  data_left_ = 0;
  host_ = {};
  phase_ = phase::start;
  seen_ = {};
  error_ = status::none;
}

request_parser::step request_parser::feed(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  consumed_ = 0;
  for (;;) {
    if (phase_ == phase::complete) {
      return {progress::complete, consumed_};
    }
    if (phase_ == phase::failed) {
      return {progress::failed, consumed_};
    }
    const phase before = phase_;
    const std::size_t consumed_before = consumed_;
    advance(text.substr(consumed_));
    if (phase_ == before && consumed_ == consumed_before) {
      return {progress::need_more, consumed_};
    }
  }
}

bool request_parser::take_continue() noexcept {
  if (in_head() || !seen_.expect_continue) {
    return false;
  }
  seen_.expect_continue = false;
  const bool body_awaited = phase_ == phase::sized_body || phase_ == phase::chunk_line;
  return body_awaited && request_.body_.empty();
}

void request_parser::advance(std::string_view bytes) {
  switch (phase_) {
    case phase::start:
      // RFC 9112, 2.2: one empty line before a request is forgiven, old clients end bodies so.
      if (bytes.empty() || bytes == "\r") {
        return;
      }
      if (bytes.starts_with("\r\n")) {
        consumed_ += 2;
        head_bytes_ += 2;
      }
      // Here, and not in reset(): most parsers see one request and are reset after it.
      http_parser_init(&parser_, HTTP_REQUEST);
      parser_.data = this;
      phase_ = phase::request_line;
      return;
    case phase::request_line:
    case phase::field_line:
      return take_head(bytes);
    case phase::sized_body:
    case phase::chunk_data:
      return take_data(bytes);
    case phase::chunk_line:
      return take_chunk_line(bytes);
    case phase::chunk_end:
      return take_chunk_end(bytes);
    case phase::trailer_line:
      return take_trailers(bytes);
    case phase::complete:
    case phase::failed:
      return;
  }
}

// Takes as many lines as there are, then runs http_parser over all of them at once. A bad line is
// reported after the good ones before it were executed: what they are guilty of came first.
void request_parser::take_head(std::string_view bytes) {
  std::size_t taken = 0;
  status verdict = status::none;
  bool blank = false;
  while (!blank) {
    const line next = next_line(bytes.substr(taken), limits_.head_bytes_max - head_bytes_);
    if (next.text.empty() && !next.too_long) {
      break;
    }
    verdict = check_head_line(next);
    if (verdict != status::none) {
      break;
    }
    blank = next.text == "\r\n";
    taken += next.text.size();
    head_bytes_ += next.text.size();
  }
  const std::size_t start = request_.text_.size();
  request_.text_.append(bytes.substr(0, taken));
  consumed_ += taken;
  execute(std::string_view(request_.text_).substr(start));
  if (phase_ == phase::failed) {
    return;
  }
  if (verdict != status::none) {
    fail(verdict);
  } else if (blank) {
    finish_head();
  }
}

void request_parser::take_data(std::string_view bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), data_left_));
  const bool chunked = phase_ == phase::chunk_data;
  consumed_ += size;
  data_left_ -= size;
  execute(bytes.substr(0, size));
  if (data_left_ == 0 && chunked && phase_ != phase::failed) {
    phase_ = phase::chunk_end;
  }
}

void request_parser::take_chunk_line(std::string_view bytes) {
  const line next = next_line(bytes, chunk_line_bytes_max);
  if (next.too_long) {
    return fail(status::bad_request);
  }
  if (next.text.empty()) {
    return;
  }
  const auto size =
      ends_in_crlf(next.text) ? wire::parse_chunk_line(without_crlf(next.text)) : std::nullopt;
  if (!size.has_value()) {
    return fail(status::bad_request);
  }
  if (*size > limits_.body_bytes_max - request_.body_.size()) {
    return fail(status::content_too_large);
  }
  consumed_ += next.text.size();
  execute(next.text);
  if (phase_ == phase::failed) {
    return;
  }
  if (parser_.content_length != *size) {
    return fail(status::bad_request);
  }
  data_left_ = *size;
  phase_ = *size == 0 ? phase::trailer_line : phase::chunk_data;
}

// Exactly CRLF: "any two bytes" is how a chunk's end gets smuggled past a front end.
void request_parser::take_chunk_end(std::string_view bytes) {
  constexpr std::string_view end = "\r\n";
  const std::string_view found = bytes.substr(0, end.size());
  if (!end.starts_with(found)) {
    return fail(status::bad_request);
  }
  if (found.size() < end.size()) {
    return;
  }
  consumed_ += end.size();
  execute(end);
  if (phase_ != phase::failed) {
    phase_ = phase::chunk_line;
  }
}

void request_parser::take_trailers(std::string_view bytes) {
  const line next = next_line(bytes, limits_.head_bytes_max - head_bytes_);
  if (next.text.empty() && !next.too_long) {
    return;
  }
  const status verdict = check_head_line(next);
  if (verdict != status::none) {
    return fail(verdict);
  }
  head_bytes_ += next.text.size();
  consumed_ += next.text.size();
  execute(next.text);
}

// A line that cannot end within `room` is too long whether or not its end has arrived: the answer
// must not depend on how far the client has got.
request_parser::line request_parser::next_line(std::string_view bytes, std::size_t room) {
  const std::size_t known = std::min(scanned_, bytes.size());
  const std::size_t feed = bytes.find('\n', known);
  const bool complete = feed != std::string_view::npos;
  if ((complete ? feed : bytes.size()) >= room) {
    return {.text = {}, .too_long = true};
  }
  scanned_ = complete ? 0 : bytes.size();
  return {.text = complete ? bytes.substr(0, feed + 1) : std::string_view{}, .too_long = false};
}

status request_parser::check_head_line(const line& next) {
  if (next.too_long) {
    return phase_ == phase::request_line ? status::uri_too_long : status::header_fields_too_large;
  }
  if (!ends_in_crlf(next.text)) {
    return status::bad_request;
  }
  const std::string_view text = without_crlf(next.text);
  if (phase_ == phase::request_line) {
    phase_ = phase::field_line;
    return wire::check_request_line(text, limits_.target_bytes_max);
  }
  if (text.empty()) {
    return status::none;
  }
  if (++field_count_ > limits_.field_count_max) {
    return status::header_fields_too_large;
  }
  return wire::check_field_line(text);
}

// The fields that decide on framing and routing, as they come.
status request_parser::note_field(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "host")) {
    if (seen_.host || !wire::is_host(value)) {
      return status::bad_request;
    }
    seen_.host = true;
    host_ = request_.fields_.back().value;
  } else if (equals_ignoring_case(name, "content-length")) {
    const auto length = wire::parse_content_length(value);
    if (seen_.content_length || seen_.transfer_encoding || !length.has_value()) {
      return status::bad_request;
    }
    seen_.content_length = true;
    content_length_ = *length;
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    if (seen_.content_length || seen_.transfer_encoding) {
      return status::bad_request;
    }
    seen_.transfer_encoding = true;
    return wire::check_transfer_encoding(value);
  } else if (equals_ignoring_case(name, "expect")) {
    const bool known = equals_ignoring_case(value, "100-continue");
    seen_.expect_continue = seen_.expect_continue || known;
    seen_.expect_unknown = seen_.expect_unknown || !known;
  }
  return status::none;
}

void request_parser::finish_head() {
  const status verdict = check_message();
  if (verdict != status::none) {
    return fail(verdict);
  }
  if (phase_ == phase::complete) {
    return;
  }
  if (seen_.transfer_encoding) {
    phase_ = phase::chunk_line;
    return;
  }
  phase_ = phase::sized_body;
  data_left_ = content_length_;
  request_.body_.reserve(
      static_cast<std::size_t>(std::min(content_length_, body_reserve_bytes_max)));
}

// What can be judged only when the whole head is known.
status request_parser::check_message() {
  request_.verb_ = verb_of(parser_.method);
  request_.method_name_ = http_method_str(static_cast<http_method>(parser_.method));
  request_.version_minor_ = static_cast<std::uint8_t>(parser_.http_minor);
  request_.keep_alive_ = http_should_keep_alive(&parser_) != 0;
  const bool modern = request_.version_minor_ >= 1;
  if (parser_.method == HTTP_CONNECT) {
    return status::not_implemented;  // No tunnel here, and its framing differs from all others.
  }
  if (modern && !seen_.host) {
    return status::bad_request;
  }
  if (!modern && seen_.transfer_encoding) {
    return status::bad_request;  // RFC 9112, 6.1: faulty framing, whoever sent it.
  }
  if (modern && seen_.expect_unknown) {
    return status::expectation_failed;
  }
  seen_.expect_continue = seen_.expect_continue && modern;
  if (content_length_ > limits_.body_bytes_max) {
    return status::content_too_large;
  }
  // Two parsers that disagree about the end of a message are what smuggling is made of.
  const bool body_expected = seen_.transfer_encoding || content_length_ > 0;
  if (body_expected == (phase_ == phase::complete)) {
    return status::bad_request;
  }
  return split_target();
}

// origin-form "/path?query", absolute-form "http://host/path?query", asterisk-form "*".
status request_parser::split_target() {
  const std::string_view target = request_.target();
  std::size_t path = 0;
  if (target == "*") {
    if (parser_.method != HTTP_OPTIONS) {
      return status::bad_request;
    }
  } else if (!target.starts_with('/')) {
    const std::size_t scheme_end = std::min(target.find("://"), target.size());
    const std::string_view scheme = target.substr(0, scheme_end);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) {
      return status::bad_request;
    }
    const std::size_t authority_start = std::min(scheme_end + 3, target.size());
    path = std::min(target.find_first_of("/?", authority_start), target.size());
    const std::string_view authority = target.substr(authority_start, path - authority_start);
    // RFC 9112, 3.2.2 lets the target win over Host; a client that sends two names means harm.
    const bool agree = !seen_.host || equals_ignoring_case(authority, request_.view(host_));
    if (authority.empty() || !wire::is_host(authority) || !agree) {
      return status::bad_request;
    }
  }
  const std::size_t mark = std::min(target.find('?', path), target.size());
  const std::size_t query = std::min(mark + 1, target.size());
  const auto part = [&](std::size_t from, std::size_t to) {
    return request::range{request_.target_.offset + static_cast<std::uint32_t>(from),
                          static_cast<std::uint32_t>(to - from)};
  };
  request_.path_ = part(path, mark);
  request_.query_ = part(query, target.size());
  return status::none;
}

void request_parser::execute(std::string_view bytes) {
  if (bytes.empty()) {
    return;  // http_parser takes an empty piece for the end of the connection.
  }
  const std::size_t parsed =
      http_parser_execute(&parser_, &callbacks::settings, bytes.data(), bytes.size());
  if (phase_ == phase::failed) {
    return;
  }
  const auto error = static_cast<http_errno>(parser_.http_errno);
  if (error != HPE_OK || parsed != bytes.size()) {
    fail(status_of(error));
  }
}

void request_parser::fail(status error) noexcept {
  phase_ = phase::failed;
  error_ = error;
}

}  // namespace jackdaw::http
