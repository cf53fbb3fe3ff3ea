// One HTTP request as the parser leaves it: method, target, header fields, body.
//
// All text lives in one arena string, so that a request costs no allocation once the arena has
// grown: a connection that pipelines reuses the same request object for the whole burst.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::http {

/// The methods a handler here distinguishes; the parser knows all of http_parser's.
enum class method : std::uint8_t { get, head, post, put, options, other };

/// True if the two are equal when ASCII letters are compared without their case.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// `text` without spaces and tabs at its ends (RFC 9110, optional whitespace).
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

class request {
 public:
  [[nodiscard]] method verb() const noexcept { return verb_; }

  /// "GET"; empty until there is a message.
  [[nodiscard]] std::string_view method_name() const noexcept { return method_name_; }

  /// Everything between the two spaces of the request line.
  [[nodiscard]] std::string_view target() const noexcept { return view(target_); }

  /// The target without scheme, authority and query; "/" if the target names no path.
  [[nodiscard]] std::string_view path() const noexcept {
    return path_.size == 0 ? std::string_view("/") : view(path_);
  }

  /// What follows the first '?', still percent-encoded; empty if there is none.
  [[nodiscard]] std::string_view query() const noexcept { return view(query_); }

  /// The minor version: 0 or 1.
  [[nodiscard]] unsigned version_minor() const noexcept { return version_minor_; }

  /// What the client asked for; the server may still decide to close.
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

  /// What it keeps.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return text_.capacity() + body_.capacity() + fields_.capacity() * sizeof(field_ranges);
  }

  [[nodiscard]] std::size_t field_count() const noexcept { return fields_.size(); }

  /// The value of the first field of that name, whatever the case of its letters.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept;

  [[nodiscard]] std::string_view body() const noexcept { return body_; }

  /// The number that the query gives to `key` ("ms=5"); nothing if absent or not a plain number.
  [[nodiscard]] std::optional<std::uint64_t> query_number(std::string_view key) const noexcept;

 private:
  friend class request_parser;

  // Offsets, not views: the arena moves when it grows.
  struct range {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct field_ranges {
    range name;
    range value;
  };

  [[nodiscard]] std::string_view view(range where) const noexcept {
    return std::string_view(text_).substr(where.offset, where.size);
  }

  void clear() noexcept;

  std::string text_;
  std::string body_;
  std::vector<field_ranges> fields_;
  range target_;
  range path_;
  range query_;
  std::string_view method_name_;  // Of a table.
  method verb_ = method::other;
  std::uint8_t version_minor_ = 1;
  bool keep_alive_ = false;
};

}  // namespace jackdaw::http
