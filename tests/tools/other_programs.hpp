// Programs of others that tests talk to the server with: curl, openssl. A test that needs one that is not
// here skips itself, loudly.
#pragma once

#include <jackdaw/tests/tools/child_process.hpp>

#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::test {

/// The path of an installed program, or nothing.
inline std::optional<std::string> find_program(const std::string& name) {
  for (const char* const directory : {"/usr/bin/", "/bin/", "/usr/local/bin/"}) {
    const std::string path = directory + name;
    if (access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return std::nullopt;
}

struct program_result {
  int status = -1;
  std::string output;  // Without the last line end.
  std::string errors;
};

/// Runs it to its end. Output: text.
inline program_result run_program(const std::string& name, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), find_program(name).value_or(name));
  child_process process(std::move(arguments));
  program_result result;
  for (std::string line = process.read_line(); !line.empty(); line = process.read_line()) {
    result.output += (result.output.empty() ? "" : "\n") + line;
  }
  result.status = process.wait(std::chrono::seconds(30)).value_or(-1);
  result.errors = process.error_text();
  return result;
}

/// curl, which says nothing of its own and takes paths as they are.
inline program_result curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"-sS", "--path-as-is", "--max-time", "20"});
  return run_program("curl", std::move(arguments));
}

}  // namespace jackdaw::test

#define JACKDAW_REQUIRE_PROGRAM(name)                       \
  if (!jackdaw::test::find_program(name).has_value()) {     \
    GTEST_SKIP() << "NOT TESTED: no " << (name) << " here"; \
  }                                                         \
  static_cast<void>(0)
