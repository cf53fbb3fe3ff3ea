// conformance-sweep: cancels every task of every scenario at every step, and compares with CPython.
//
// The points and the checksums of CPython's traces are in golden/, where sweep.py has recorded them. Each
// point is a run of its own, in a loop of its own. Beyond the trace, which ends with the accounts of the
// primitives, a run must have kept what it was given: permits, items, locks, tasks and frames.
#include "../fuzz/interpreter.hpp"
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace jackdaw::fuzz {
namespace {

constexpr const char* default_folder = "tests/conformance/sweep";
constexpr std::size_t failures_shown_max = 5;
/// A run with more of them is one that would never end.
constexpr std::size_t steps_max = 20'000;

struct cancellation {
  std::size_t step;
  std::string task;
};
using plan = std::vector<cancellation>;

struct scenario {
  std::string name;  // FILE/SCENARIO
  program source;
};

struct outcome_of_run {
  std::string trace;
  std::vector<std::string> losses;
};

// The last six digits of zlib's CRC-32.
std::uint32_t checksum(const std::string& text) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char each : text) {
    crc ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
    }
  }
  return ~crc & 0xffffff;
}

std::string name_of_point(const std::string& scenario_name, const plan& cancellations) {
  std::string name = scenario_name;
  for (const cancellation& each : cancellations) {
    name += " " + std::to_string(each.step) + " " + each.task;
  }
  return name;
}

// With `tells`, the trace has a line for every step.
outcome_of_run run(const scenario& which, const plan& cancellations, bool tells = false) {
  const std::int64_t frames_before = live_frames();
  outcome_of_run result;
  {
    interpreter runs(which.source);
    runs.before_steps([&](interpreter& running, std::size_t step) {
      if (step == steps_max) {
        std::printf("FAILED  %s: it does not end\n",
                    name_of_point(which.name, cancellations).c_str());
        std::exit(1);
      }
      if (tells) {
        running.note("step " + std::to_string(step));
      }
      for (std::size_t index = 0; index < cancellations.size(); ++index) {
        if (cancellations[index].step == step) {
          running.cancel_task(step, cancellations[index].task, "i" + std::to_string(index + 1));
        }
      }
    });
    result.trace = runs.run();
    result.losses = runs.losses();
  }
  if (const std::int64_t left = live_frames() - frames_before; left != 0) {
    result.losses.push_back(std::to_string(left) + " frames are left");
  }
  return result;
}

std::ifstream opened(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path.string());
  }
  return file;
}

// A file holds several, each after a line `scenario NAME`. The lines of the others are blanked, so that
// line numbers in traces are those of the file.
std::vector<scenario> read_scenarios(const std::filesystem::path& path) {
  std::ifstream file = opened(path);
  std::vector<std::pair<std::string, std::string>> texts;
  std::string head;
  std::string blank;
  for (std::string line; std::getline(file, line);) {
    blank += '\n';
    if (line.starts_with("scenario ")) {
      const std::size_t lines_of_head = std::count(head.begin(), head.end(), '\n');
      texts.emplace_back(path.stem().string() + "/" + line.substr(line.find(' ') + 1),
                         head + blank.substr(lines_of_head));
    } else {
      (texts.empty() ? head : texts.back().second) += line + '\n';
    }
  }
  std::vector<scenario> found;
  for (const auto& [name, text] : texts) {
    found.push_back({name, parse(text)});
  }
  return found;
}

class sweep {
 public:
  /// Every `stride`-th line of the recorded ones.
  sweep(std::filesystem::path folder, std::size_t stride)
      : folder_(std::move(folder)), stride_(stride) {}

  void file(const std::string& stem) {
    const std::vector<scenario> scenarios =
        read_scenarios(folder_ / "scenarios" / (stem + ".prog"));
    std::ifstream golden = opened(folder_ / "golden" / (stem + ".txt"));
    auto current = scenarios.end();
    for (std::string line; std::getline(golden, line);) {
      std::istringstream words(line);
      std::string first;
      std::string second;
      words >> first >> second;
      if (first == "scenario") {
        current = std::find_if(scenarios.begin(), scenarios.end(), [&](const scenario& each) {
          return each.name == stem + "/" + second;
        });
        if (current == scenarios.end()) {
          throw std::runtime_error("golden/" + stem + ".txt: no scenario " + second);
        }
        ++scenarios_;
        std::string recorded;
        words >> recorded;
        point(*current, {}, recorded);
      } else if (lines_++ % stride_ == 0) {
        line_of(*current, {std::stoull(first), second}, words);
      }
    }
  }

  /// Whether all were as recorded.
  [[nodiscard]] bool report() const {
    std::printf("%zu scenarios, %zu points, %zu differ\n", scenarios_, points_, failures_);
    return failures_ == 0 && points_ > 0;
  }

 private:
  // CHECKSUM, then with a second cancellation: +STEPS:CHECKSUM of the same task so much later, or
  // TASK:CHECKSUM of another one at the same step.
  void line_of(const scenario& which, const cancellation& first, std::istringstream& words) {
    for (std::string word; words >> word;) {
      const std::size_t colon = word.find(':');
      if (colon == std::string::npos) {
        point(which, {first}, word);
        continue;
      }
      const cancellation second =
          word.front() == '+' ? cancellation{first.step + std::stoull(word.substr(1)), first.task}
                              : cancellation{first.step, word.substr(0, colon)};
      point(which, {first, second}, word.substr(colon + 1));
    }
  }

  void point(const scenario& which, const plan& cancellations, const std::string& recorded) {
    ++points_;
    const outcome_of_run result = run(which, cancellations);
    const bool same = checksum(result.trace) == std::stoul(recorded, nullptr, 16);
    if (same && result.losses.empty()) {
      return;
    }
    if (++failures_ > failures_shown_max) {
      return;
    }
    const std::string name = name_of_point(which.name, cancellations);
    std::printf("FAILED  %s%s\n", name.c_str(), same ? "" : ": the trace is not CPython's");
    for (const std::string& loss : result.losses) {
      std::printf("  not kept: %s\n", loss.c_str());
    }
    std::printf("  jackdaw:  conformance-sweep --show %s\n", name.c_str());
    std::printf("  CPython:  %s/sweep.py --show %s\n", folder_.c_str(), name.c_str());
  }

  std::filesystem::path folder_;
  std::size_t stride_;
  std::size_t scenarios_ = 0;
  std::size_t lines_ = 0;
  std::size_t points_ = 0;
  std::size_t failures_ = 0;
};

int show(const std::filesystem::path& folder, const std::vector<std::string>& words) {
  const std::string stem = words.at(0).substr(0, words.at(0).find('/'));
  for (const scenario& each : read_scenarios(folder / "scenarios" / (stem + ".prog"))) {
    if (each.name == words.at(0)) {
      plan cancellations;
      for (std::size_t at = 1; at + 1 < words.size(); at += 2) {
        cancellations.push_back({std::stoull(words[at]), words[at + 1]});
      }
      const outcome_of_run result = run(each, cancellations, true);
      std::fputs(result.trace.c_str(), stdout);
      for (const std::string& loss : result.losses) {
        std::printf("not kept: %s\n", loss.c_str());
      }
      return 0;
    }
  }
  throw std::runtime_error("no scenario " + words.at(0));
}

int sweep_files(const std::filesystem::path& folder, std::vector<std::string> stems,
                std::size_t stride) {
  if (stems.empty()) {
    for (const auto& entry : std::filesystem::directory_iterator(folder / "scenarios")) {
      stems.push_back(entry.path().stem().string());
    }
    std::sort(stems.begin(), stems.end());
  }
  sweep whole(folder, stride);
  for (const std::string& stem : stems) {
    whole.file(stem);
  }
  return whole.report() ? 0 : 1;
}

int main_of(std::vector<std::string> arguments) {
  std::filesystem::path folder = default_folder;
  std::size_t stride = sanitized ? 7 : 1;  // A prime: all tasks have their turn.
  bool shows = false;
  std::size_t at = 0;
  for (; at < arguments.size() && arguments[at].starts_with("--"); ++at) {
    if (arguments[at] == "--show") {
      shows = true;
    } else if (arguments[at] == "--folder" && at + 1 < arguments.size()) {
      folder = arguments[++at];
    } else if (arguments[at] == "--stride" && at + 1 < arguments.size()) {
      stride = std::stoul(arguments[++at]);
    } else {
      std::fputs(
          "Usage: conformance-sweep [--folder F] [--stride N] [FILE...]\n"
          "       conformance-sweep [--folder F] --show FILE/SCENARIO [STEP TASK]...\n"
          "Runs the points that sweep.py recorded, or every N-th; see tests/conformance/sweep.\n",
          stderr);
      return 2;
    }
  }
  arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(at));
  return shows ? show(folder, arguments) : sweep_files(folder, std::move(arguments), stride);
}

}  // namespace
}  // namespace jackdaw::fuzz

int main(int count, char** arguments) {
  try {
    return jackdaw::fuzz::main_of({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conformance-sweep: %s\n", error.what());
    return 2;
  }
}
