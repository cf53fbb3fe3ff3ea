// The program `conformance`: what CPython 3.13 prints, jackdaw prints.
//
// Three files make a case: cases/NAME.py is the scenario, cases/NAME.trace what CPython 3.13 printed when
// record.py ran it, with the exit status as the last line, and cases/NAME.cpp the same program in C++. This
// program runs the twins, each in a process of its own, and compares byte for byte. Over a pool it compares
// the lines and not their order, which no pool promises; and as chance has a part there, it does so often.
#include "case.hpp"
#include "child.hpp"
#include "diff.hpp"
#include <jackdaw/io/probe.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::conformance {
namespace {

namespace fs = std::filesystem;

constexpr auto time_limit = std::chrono::seconds(10);
constexpr int misuse = 2;
constexpr int skipped = 77;
constexpr int rounds_over_pool = 5;

constexpr auto usage = R"(usage: conformance [OPTION...] --list | --all | NAME...

  --list           the names of all cases
  --all            run all cases, print what differs from CPython and a summary; exit 1 if anything does
  NAME...          run these cases and print their traces; what differs from CPython goes to stderr
  --pool           over a pool instead of asyncio's loop; without names: the cases that are free of order
  --workers N      of that pool; by default first 1, then 4
  --backend NAME   asyncio's loop with the driver of io_uring or epoll; exit 77 if it is refused
  --cases DIR      where the recorded traces are; by default tests/conformance/cases in or above the
                   working directory, or above this program
  --without PREFIX cases of such names may lack their twins: this program was built without what they need
)";

struct request {
  bool list = false;
  bool all = false;
  std::vector<unsigned> pools;  // Their workers; none: asyncio's loop.
  std::optional<io::backend> backend;
  std::optional<fs::path> cases;
  std::optional<std::string> without;
  std::vector<std::string> names;
};

std::optional<io::backend> backend_named(std::string_view name) {
  for (const io::backend each : {io::backend::io_uring, io::backend::epoll}) {
    if (name == io::name_of(each)) {
      return each;
    }
  }
  return std::nullopt;
}

// 0: that is no number of workers.
unsigned workers_in(std::string_view text) {
  unsigned workers = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), workers);
  return error == std::errc() && end == text.data() + text.size() ? workers : 0;
}

bool contradicts_itself(const request& asked, bool pool) {
  const int kinds = int{asked.list} + int{asked.all} + int{!asked.names.empty()};
  return kinds != 1 || (!pool && !asked.pools.empty()) || (pool && asked.backend);
}

std::optional<request> parse(const std::vector<std::string>& arguments) {
  request parsed;
  bool pool = false;
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    const std::string& argument = arguments[index];
    if (argument == "--list") {
      parsed.list = true;
    } else if (argument == "--all") {
      parsed.all = true;
    } else if (argument == "--pool") {
      pool = true;
    } else if (argument == "--workers" && index + 1 < arguments.size()) {
      parsed.pools = {workers_in(arguments[++index])};
    } else if (argument == "--backend" && index + 1 < arguments.size()) {
      parsed.backend = backend_named(arguments[++index]);
      if (!parsed.backend) {
        return std::nullopt;
      }
    } else if (argument == "--cases" && index + 1 < arguments.size()) {
      parsed.cases = arguments[++index];
    } else if (argument == "--without" && index + 1 < arguments.size()) {
      parsed.without = arguments[++index];
    } else if (!argument.empty() && argument.front() != '-') {
      parsed.names.push_back(argument);
    } else {
      return std::nullopt;
    }
  }
  parsed.all = parsed.all || (pool && parsed.names.empty());
  if (contradicts_itself(parsed, pool) || parsed.pools == std::vector{0U}) {
    return std::nullopt;
  }
  if (pool && parsed.pools.empty()) {
    parsed.pools = {1, 4};
  }
  return parsed;
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

std::string sorted_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line + '\n');
  }
  std::sort(lines.begin(), lines.end());
  std::string sorted;
  for (const std::string& line : lines) {
    sorted += line;
  }
  return sorted;
}

bool over_pool() { return chosen_platform().workers != 0; }

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
    return judged;
  }
  std::string expected = read_file(recorded);
  std::string found = judged.trace;
  if (over_pool()) {
    expected = sorted_lines(expected);
    found = sorted_lines(found);
  }
  if (expected != found) {
    judged.difference = "- CPython 3.13\n+ jackdaw\n\n" + diff(expected, found);
  }
  return judged;
}

// The first verdict that is bad, of as many as it takes to believe a good one.
verdict judge_enough(const scenario& scenario, const fs::path& cases) {
  const int rounds = chosen_platform().workers > 1 ? rounds_over_pool : 1;
  verdict judged = judge(scenario, cases);
  for (int round = 1; round < rounds && judged.difference.empty(); ++round) {
    judged = judge(scenario, cases);
  }
  return judged;
}

// Scripts without a twin would look like cases that pass.
std::size_t count_missing_twins(const std::vector<scenario>& scenarios, const fs::path& cases,
                                const std::optional<std::string>& without) {
  std::size_t missing = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(cases)) {
    const std::string name = entry.path().stem().string();
    const bool left_out = without && name.starts_with(*without);
    const bool known =
        left_out || std::any_of(scenarios.begin(), scenarios.end(),
                                [&](const scenario& each) { return each.name == name; });
    if (entry.path().extension() == ".py" && !known) {
      std::printf("FAILED  %s: has a script but no twin in this program\n", name.c_str());
      ++missing;
    }
  }
  return missing;
}

int run_all(const fs::path& cases, const std::optional<std::string>& without) {
  const std::vector<scenario> scenarios = all_scenarios();
  std::size_t passed = 0;
  std::size_t failed = count_missing_twins(scenarios, cases, without);
  std::size_t left_out = 0;
  for (const scenario& each : scenarios) {
    if (over_pool() && each.depends_on != any_order) {
      ++left_out;
      continue;
    }
    const verdict judged = judge_enough(each, cases);
    const bool same = judged.difference.empty();
    ++(same ? passed : failed);
    std::printf("%s  %.*s\n%s", same ? "passed" : "FAILED", static_cast<int>(each.name.size()),
                each.name.data(), judged.difference.c_str());
  }
  std::printf("%zu passed, %zu failed", passed, failed);
  if (over_pool()) {
    std::printf(" over a pool of %u; %zu depend on order or on a loop", chosen_platform().workers,
                left_out);
  }
  std::printf("\n");
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
    const verdict judged = judge_enough(*found, cases);
    std::fputs(judged.trace.c_str(), stdout);
    std::fflush(stdout);
    if (!judged.difference.empty()) {
      std::fprintf(stderr, "FAILED  %s\n%s", name.c_str(), judged.difference.c_str());
      status = 1;
    }
  }
  return status;
}

int run_cases(const request& asked, const fs::path& cases) {
  const auto run = [&] {
    return asked.all ? run_all(cases, asked.without) : run_named(asked.names, cases);
  };
  chosen_platform().backend = asked.backend;
  if (asked.pools.empty()) {
    return run();
  }
  int status = 0;
  for (const unsigned workers : asked.pools) {
    chosen_platform().workers = workers;
    status = std::max(status, run());
  }
  return status;
}

// "" if the driver can be had.
std::string refusal_of(std::optional<io::backend> backend) {
  if (backend != io::backend::io_uring) {
    return {};
  }
  const io::probe_result probed = io::probe();
  return probed.usable ? std::string() : io::backend_line(false, false, probed);
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
  if (const std::string refusal = refusal_of(asked->backend); !refusal.empty()) {
    std::printf("NOT TESTED ON io_uring: %s\n", refusal.c_str());
    return skipped;
  }
  return run_cases(*asked, *cases);
}

}  // namespace
}  // namespace jackdaw::conformance

int main(int argc, char** argv) {
  return jackdaw::conformance::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
