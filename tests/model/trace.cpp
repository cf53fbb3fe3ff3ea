// Prints steps, with the line of the source that each is.
#include "trace.hpp"

#include <fstream>
#include <map>
#include <sstream>

namespace jackdaw::model {
namespace {

const char* name_of(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

// Values are numbers, or addresses, which are of no use in decimal.
std::string number(std::uint64_t value) {
  std::ostringstream text;
  if (value > 0xffffff) {
    text << std::hex << "0x";
  }
  text << value;
  return text.str();
}

std::string action(const step& of) {
  const std::string place = "x" + std::to_string(of.location);
  const std::string missed =
      of.newer == 0 ? "" : " (misses " + std::to_string(of.newer) + " newer)";
  switch (of.kind) {
    case step_kind::load:
      return place + " reads " + number(of.read) + missed;
    case step_kind::store:
      return place + " := " + number(of.written);
    case step_kind::exchange:
      return place + " from " + number(of.read) + " := " + number(of.written);
    case step_kind::failed_exchange:
      return place + " stays, reads " + number(of.read) + missed +
             (of.spurious ? " (fails spuriously)" : "");
    case step_kind::spin:
      return place + " is waited for";
    case step_kind::end_of_object:
      return place + " is destroyed";
    case step_kind::end:
      return "ends";
  }
  return {};
}

// The lines of a file, if it can be read from where the tests run: the root of the repository.
const std::vector<std::string>& lines_of(const std::string& path) {
  static std::map<std::string, std::vector<std::string>> files;
  const auto [found, is_new] = files.try_emplace(path);
  if (is_new) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      line.erase(0, line.find_first_not_of(' '));
      found->second.push_back(line);
    }
  }
  return found->second;
}

}  // namespace

std::string describe(const std::vector<step>& steps, const std::vector<std::string>& names) {
  std::ostringstream text;
  std::size_t number = 0;
  for (const step& each : steps) {
    text << "  " << ++number << ". " << names[each.thread] << ": " << action(each);
    if (each.kind != step_kind::end) {
      const std::string path = each.where.file_name();
      const std::size_t line = each.where.line();
      text << "  [" << name_of(each.order) << "]  " << path << ":" << line;
      if (const auto& lines = lines_of(path); line > 0 && line <= lines.size()) {
        text << "  " << lines[line - 1];
      }
    }
    text << '\n';
  }
  return text.str();
}

}  // namespace jackdaw::model
