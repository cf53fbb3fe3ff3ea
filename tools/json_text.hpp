// A small JSON object as text. The JSON library is heavy to compile and stays in json_text.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace jackdaw::tools {

struct json_field;

/// Fields in the order in which they are written.
using json_object = std::vector<json_field>;

struct json_field {
  json_field(std::string_view name, std::uint64_t value) : key(name), value(value) {}
  json_field(std::string_view name, double value) : key(name), value(value) {}
  json_field(std::string_view name, std::string value) : key(name), value(std::move(value)) {}
  json_field(std::string_view name, json_object value) : key(name), value(std::move(value)) {}

  std::string key;
  std::variant<std::uint64_t, double, std::string, json_object> value;
};

/// On one line, with a line end. Bytes that are not UTF-8 are replaced, not refused.
[[nodiscard]] std::string to_json(const json_object& object);

/// Writes `text` to a file in one step: a reader sees the old content, or all of the new one.
/// Throws std::system_error that names the file.
void write_file(const std::string& path, std::string_view text);

}  // namespace jackdaw::tools
