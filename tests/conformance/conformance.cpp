// The program `conformance`: what CPython 3.13 prints, jackdaw prints.
//
// Three files make a case: cases/NAME.py is the scenario, cases/NAME.trace what CPython 3.13 printed when
// record.py ran it, with the exit status as the last line, and cases/NAME.cpp the same program in C++. This
// program runs the twins, each in a process of its own, and compares byte for byte.
#include "case.hpp"
#include "child.hpp"
#include "diff.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace jackdaw::conformance {
namespace {

namespace fs = std::filesystem;

constexpr auto time_limit = std::chrono::seconds(10);
constexpr int misuse = 2;

constexpr auto usage = R"(usage: conformance [--cases DIR] --list | --all | NAME...

  --list       the names of all cases
  --all        run all cases, print what differs from CPython and a summary; exit 1 if anything does
  NAME...      run these cases and print their traces; what differs from CPython goes to stderr
  --cases DIR  where the recorded traces are; by default tests/conformance/cases in or above the
               working directory, or above this program
)";

struct request {
  bool list = false;
  bool all = false;
  std::optional<fs::path> cases;
  std::vector<std::string> names;
};

std::optional<request> parse(const std::vector<std::string>& arguments) {
  request parsed;
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    const std::string& argument = arguments[index];
    if (argument == "--list") {
      parsed.list = true;
    } else if (argument == "--all") {
      parsed.all = true;
    } else if (argument == "--cases" && index + 1 < arguments.size()) {
      parsed.cases = arguments[++index];
    } else if (!argument.empty() && argument.front() != '-') {
      parsed.names.push_back(argument);
    } else {
      return std::nullopt;
    }
  }
  const int kinds = int{parsed.list} + int{parsed.all} + int{!parsed.names.empty()};
  return kinds == 1 ? std::optional(parsed) : std::nullopt;
}

std::optional<fs::path> find_cases() {
  std::error_code ignored;
  for (fs::path from : {fs::current_path(ignored), fs::read_symlink("/proc/self/exe", ignored)}) {
    for (; !from.empty(); from = from.parent_path()) {
      const fs::path cases = from / "tests/conformance/cases";
      if (fs::is_directory(cases, ignored)) {
        return cases;
      }
      if (from == from.root_path()) {
        break;
      }
    }
  }
  return std::nullopt;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

struct verdict {
  std::string trace;
  std::string difference;  // Empty: none.
};

verdict judge(const scenario& scenario, const fs::path& cases) {
  const child_result result = run_in_child(scenario.run, time_limit);
  verdict judged;
  judged.trace = result.output + "exit=" + result.status + "\n";
  const fs::path recorded = cases / (std::string(scenario.name) + ".trace");
  if (!fs::is_regular_file(recorded)) {
    judged.difference = "there is no " + recorded.string() + "\n";
  } else if (const std::string expected = read_file(recorded); expected != judged.trace) {
    judged.difference = "- CPython 3.13\n+ jackdaw\n\n" + diff(expected, judged.trace);
  }
  return judged;
}

// Scripts without a twin would look like cases that pass.
std::size_t count_missing_twins(const std::vector<scenario>& scenarios, const fs::path& cases) {
  std::size_t missing = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(cases)) {
    const std::string name = entry.path().stem().string();
    const bool known = std::any_of(scenarios.begin(), scenarios.end(),
                                   [&](const scenario& each) { return each.name == name; });
    if (entry.path().extension() == ".py" && !known) {
      std::printf("FAILED  %s: has a script but no twin in this program\n", name.c_str());
      ++missing;
    }
  }
  return missing;
}

int run_all(const fs::path& cases) {
  const std::vector<scenario> scenarios = all_scenarios();
  std::size_t passed = 0;
  std::size_t failed = count_missing_twins(scenarios, cases);
  for (const scenario& each : scenarios) {
    const verdict judged = judge(each, cases);
    const bool same = judged.difference.empty();
    ++(same ? passed : failed);
    std::printf("%s  %.*s\n%s", same ? "passed" : "FAILED", static_cast<int>(each.name.size()),
                each.name.data(), judged.difference.c_str());
  }
  std::printf("%zu passed, %zu failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

int run_named(const std::vector<std::string>& names, const fs::path& cases) {
  int status = 0;
  const std::vector<scenario> scenarios = all_scenarios();
  for (const std::string& name : names) {
    const auto found = std::find_if(scenarios.begin(), scenarios.end(),
                                    [&](const scenario& each) { return each.name == name; });
    if (found == scenarios.end()) {
      std::fprintf(stderr, "conformance: no case %s; see --list\n", name.c_str());
      return misuse;
    }
    const verdict judged = judge(*found, cases);
    std::fputs(judged.trace.c_str(), stdout);
    std::fflush(stdout);
    if (!judged.difference.empty()) {
      std::fprintf(stderr, "FAILED  %s\n%s", name.c_str(), judged.difference.c_str());
      status = 1;
    }
  }
  return status;
}

int run_program(const std::vector<std::string>& arguments) {
  const std::optional<request> asked = parse(arguments);
  if (!asked) {
    std::fputs(usage, stderr);
    return misuse;
  }
  if (asked->list) {
    for (const scenario& each : all_scenarios()) {
      print_line(each.name);
    }
    return 0;
  }
  const std::optional<fs::path> cases = asked->cases ? asked->cases : find_cases();
  if (!cases || !fs::is_directory(*cases)) {
    std::fputs("conformance: the recorded traces were not found; name their directory by --cases\n",
               stderr);
    return misuse;
  }
  return asked->all ? run_all(*cases) : run_named(asked->names, *cases);
}

}  // namespace
}  // namespace jackdaw::conformance

int main(int argc, char** argv) {
  return jackdaw::conformance::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
