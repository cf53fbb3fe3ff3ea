// A function run in a process of its own, and what became of it.
#pragma once

#include <chrono>
#include <string>

namespace jackdaw::conformance {

struct child_result {
  std::string output;  // Its stdout.
  std::string status;  // "0"; "-11" for a signal, as Python's subprocess says; "killed after 10 s".
};

/// Runs `function` and exit(0) in a forked child. An exception that leaves it is exit(1), as in Python.
/// A child that takes longer than `limit` is killed. stderr is not caught.
[[nodiscard]] child_result run_in_child(void (*function)(), std::chrono::seconds limit);

}  // namespace jackdaw::conformance
