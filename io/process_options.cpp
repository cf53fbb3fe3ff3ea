// What the kernel cannot be told, and the variables.
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/process_options.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace jackdaw::io {
namespace {

bool has_nul(const std::string& text) noexcept { return text.find('\0') != std::string::npos; }

}  // namespace

void process_options::check() const {
  bool fine = !has_nul(program) && !has_nul(directory);
  fine = fine && std::ranges::none_of(arguments, has_nul);
  for (const auto& [name, value] : environment) {
    const bool is_name = !name.empty() && name.find('=') == std::string::npos;
    fine = fine && is_name && !has_nul(name) && !has_nul(value);
  }
  if (!fine) {
    throw error(EINVAL, "spawn", program);
  }
}

std::vector<std::string> process_options::environment_of_child() const {
  std::vector<std::string> all;
  const auto replaced = [&](std::string_view entry) {
    return std::ranges::any_of(environment, [&](const auto& variable) {
      return entry.substr(0, entry.find('=')) == variable.first;
    });
  };
  for (char** entry = environ; !empty_environment && entry != nullptr && *entry != nullptr;
       ++entry) {
    if (!replaced(*entry)) {
      all.emplace_back(*entry);
    }
  }
  for (const auto& [name, value] : environment) {
    all.push_back(name + "=" + value);
  }
  return all;
}

}  // namespace jackdaw::io
