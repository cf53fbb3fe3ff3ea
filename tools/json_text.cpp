// JSON objects through nlohmann's library, and files that are never seen half-written.

#include <jackdaw/tools/json_text.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <type_traits>

namespace jackdaw::tools {

namespace {

nlohmann::ordered_json to_value(const json_object& object) {
  nlohmann::ordered_json result = nlohmann::ordered_json::object();
  for (const json_field& field : object) {
    result[field.key] = std::visit(
        [](const auto& value) -> nlohmann::ordered_json {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, json_object>) {
            return to_value(value);
          } else {
            return value;
          }
        },
        field.value);
  }
  return result;
}

}  // namespace

std::string to_json(const json_object& object) {
  constexpr int one_line = -1;
  constexpr bool ascii_only = false;
  return to_value(object).dump(one_line, ' ', ascii_only,
                               nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

void write_file(const std::string& path, std::string_view text) {
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  const bool written = file.good();
  file.close();
  if (!written || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(unfinished.c_str());
    throw std::system_error(error, std::generic_category(), "cannot write " + path);
  }
}

}  // namespace jackdaw::tools
