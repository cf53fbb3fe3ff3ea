// A file as the server sends it, and which part of it a request is to get.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/status.hpp>

#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace jackdaw::http {

/// Does not change once it is made: who has a share of it can send it, whatever becomes of the file's name.
/// Of a small file it is the content, of a large one the descriptor.
class served_file {
 public:
  /// What is not larger is kept in memory, and leaves together with its head.
  static constexpr std::uint64_t content_bytes_max = std::uint64_t{64} * 1024;

  served_file(io::file_descriptor descriptor, const struct stat& facts, std::string_view name);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::time_t modified() const noexcept { return modified_.tv_sec; }
  /// With its quotes; strong.
  [[nodiscard]] const std::string& entity_tag() const noexcept { return entity_tag_; }
  [[nodiscard]] std::string_view content_type() const noexcept { return content_type_; }
  /// Lines for the head: what the file is, apart from its length and type. Each begins with CRLF.
  [[nodiscard]] const std::string& fields() const noexcept { return fields_; }

  [[nodiscard]] bool is_in_memory() const noexcept { return !descriptor_; }
  /// Only if it is in memory.
  [[nodiscard]] std::string_view content() const noexcept { return content_; }
  /// Only if it is not.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  /// Whether `facts` are those of the file as we know it.
  [[nodiscard]] bool is_still(const struct stat& facts) const noexcept;

 private:
  void take_content();

  io::file_descriptor descriptor_;
  std::uint64_t size_;
  timespec modified_;
  timespec changed_;
  dev_t device_;
  ino_t inode_;
  std::string entity_tag_;
  std::string fields_;
  std::string content_;
  std::string_view content_type_;
};

/// What a request gets of a file.
struct file_part {
  file_part(status verdict, std::uint64_t first, std::uint64_t count) noexcept
      : code(verdict), offset(first), length(count) {}

  status code;  // 200, 206, 304, 412 or 416; the latter three have no part.
  std::uint64_t offset;
  std::uint64_t length;
};

/// Conditions first, in the order of RFC 9110, 13.2.2, then the range. Several ranges get the whole file,
/// as section 14.2 allows; so does a range that makes no sense.
[[nodiscard]] file_part choose_part(const request& message, const served_file& file);

}  // namespace jackdaw::http
