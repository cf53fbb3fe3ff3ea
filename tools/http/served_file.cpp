// Facts about files, conditions, ranges.

#include <jackdaw/tools/http/content_type.hpp>
#include <jackdaw/tools/http/http_date.hpp>
#include <jackdaw/tools/http/response.hpp>
#include <jackdaw/tools/http/served_file.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace jackdaw::http {

namespace {

bool same(const timespec& one, const timespec& other) noexcept {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

void append_hex(std::string& out, std::uint64_t number) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  out.append(digits.data(), end);
}

// Nothing but digits, as the grammar has it.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// Whether a list of entity tags, or "*", has `tag`. A weak one is never the same by the strong comparison.
bool names_tag(std::string_view list, std::string_view tag, bool weakly) noexcept {
  list = trim(list);
  if (list == "*") {
    return true;
  }
  // A tag may contain commas, but no quotes: so tags are what is between two of these.
  while (!list.empty()) {
    const std::size_t begin = list.find('"');
    const std::size_t end = begin == std::string_view::npos ? begin : list.find('"', begin + 1);
    if (end == std::string_view::npos) {
      return false;
    }
    const bool is_weak = begin >= 2 && list.substr(begin - 2, 2) == "W/";
    if (list.substr(begin, end + 1 - begin) == tag && (weakly || !is_weak)) {
      return true;
    }
    list.remove_prefix(end + 1);
  }
  return false;
}

std::optional<std::time_t> date_in(const request& message, std::string_view field) {
  const auto text = message.field(field);
  return text.has_value() ? parse_date(*text) : std::nullopt;
}

// What the conditions say: none to go on, or 304 or 412.
status check_conditions(const request& message, const served_file& file) {
  if (const auto match = message.field("If-Match")) {
    if (!names_tag(*match, file.entity_tag(), false)) {
      return status::precondition_failed;
    }
  } else if (const auto since = date_in(message, "If-Unmodified-Since")) {
    if (file.modified() > *since) {
      return status::precondition_failed;
    }
  }
  if (const auto match = message.field("If-None-Match")) {
    if (names_tag(*match, file.entity_tag(), true)) {
      return status::not_modified;
    }
  } else if (const auto since = date_in(message, "If-Modified-Since")) {
    if (file.modified() <= *since) {
      return status::not_modified;
    }
  }
  return status::none;
}

// A client that resumes a download wants the rest of this file, or all of another one.
bool range_is_meant(const request& message, const served_file& file) {
  const auto condition = message.field("If-Range");
  if (!condition.has_value()) {
    return true;
  }
  if (condition->find('"') != std::string_view::npos) {
    return *condition == file.entity_tag();
  }
  const auto date = parse_date(*condition);
  return date.has_value() && *date == file.modified();
}

file_part choose_range(std::string_view field, std::uint64_t size) {
  const file_part whole(status::ok, 0, size);
  constexpr std::string_view unit = "bytes=";
  if (!equals_ignoring_case(field.substr(0, unit.size()), unit)) {
    return whole;
  }
  const std::string_view range = trim(field.substr(unit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) {
    return whole;
  }
  const std::string_view from_text = range.substr(0, dash);
  const std::string_view to_text = range.substr(dash + 1);
  const auto from = parse_number(from_text);
  const auto to = parse_number(to_text);
  if ((!from.has_value() && !from_text.empty()) || (!to.has_value() && !to_text.empty())) {
    return whole;
  }
  if (!from.has_value()) {
    if (!to.has_value()) {
      return whole;
    }
    const std::uint64_t count = std::min(*to, size);
    return count == 0 ? file_part(status::range_not_satisfiable, 0, 0)
                      : file_part(status::partial_content, size - count, count);
  }
  if (to.has_value() && *to < *from) {
    return whole;
  }
  if (*from >= size) {
    return {status::range_not_satisfiable, 0, 0};
  }
  const std::uint64_t last = std::min(to.value_or(size - 1), size - 1);
  return {status::partial_content, *from, last - *from + 1};
}

}  // namespace

served_file::served_file(io::file_descriptor descriptor, const struct stat& facts,
                         std::string_view name)
    : descriptor_(std::move(descriptor)),
      size_(static_cast<std::uint64_t>(facts.st_size)),
      modified_(facts.st_mtim),
      changed_(facts.st_ctim),
      device_(facts.st_dev),
      inode_(facts.st_ino),
      content_type_(content_type_of(name)) {
  entity_tag_ = "\"";
  append_hex(entity_tag_, static_cast<std::uint64_t>(facts.st_ino));
  entity_tag_ += '-';
  append_hex(entity_tag_, size_);
  entity_tag_ += '-';
  append_hex(entity_tag_, static_cast<std::uint64_t>(facts.st_mtim.tv_sec) * 1'000'000'000 +
                              static_cast<std::uint64_t>(facts.st_mtim.tv_nsec));
  entity_tag_ += '"';
  fields_ = "\r\nLast-Modified: " + format_date(modified_.tv_sec) + "\r\nETag: " + entity_tag_ +
            "\r\nAccept-Ranges: bytes";
  if (size_ <= content_bytes_max) {
    take_content();
  }
}

// A file that is being cut off meanwhile stays on its descriptor.
void served_file::take_content() {
  std::string content(size_, '\0');
  std::size_t held = 0;
  while (held < content.size()) {
    const ssize_t count = pread(descriptor_.get(), content.data() + held, content.size() - held,
                                static_cast<off_t>(held));
    if (count <= 0) {
      return;
    }
    held += static_cast<std::size_t>(count);
  }
  content_ = std::move(content);
  descriptor_.close();
}

bool served_file::is_still(const struct stat& facts) const noexcept {
  return facts.st_dev == device_ && facts.st_ino == inode_ &&
         static_cast<std::uint64_t>(facts.st_size) == size_ && same(facts.st_mtim, modified_) &&
         same(facts.st_ctim, changed_);
}

file_part choose_part(const request& message, const served_file& file) {
  const status condition = check_conditions(message, file);
  if (condition != status::none) {
    return {condition, 0, 0};
  }
  const auto range = message.field("Range");
  // RFC 9110 defines ranges for GET alone.
  if (!range.has_value() || message.verb() != method::get || !range_is_meant(message, file)) {
    return {status::ok, 0, file.size()};
  }
  return choose_range(*range, file.size());
}

}  // namespace jackdaw::http
