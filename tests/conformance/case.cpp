// The table of cases.
#include "case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

std::vector<scenario>& table() {
  static std::vector<scenario> all;
  return all;
}

}  // namespace

registration::registration(std::string_view name, void (*run)(), order depends_on) {
  table().push_back(scenario{name, run, depends_on});
}

std::vector<scenario> all_scenarios() {
  std::vector<scenario> all = table();
  std::sort(all.begin(), all.end(),
            [](const scenario& a, const scenario& b) { return a.name < b.name; });
  return all;
}

}  // namespace jackdaw::conformance
