// How many processors this process may really use.
#pragma once

#include <filesystem>
#include <string>

namespace jackdaw {

/// What bounds the number of useful workers.
struct cpu_budget {
  unsigned affinity = 1;  // Processors in the affinity mask.
  double quota = 0;       // Processors granted by the cgroup, 0 if unlimited.
  unsigned workers = 1;   // min(affinity, ceil(quota)), at least 1, at most 48.
  std::string source;     // For people: where the figure comes from.
};

/// Reads the affinity mask and the quota of the process's cgroup (version 2, or 1), which `membership`
/// names. What cannot be read or understood limits nothing.
[[nodiscard]] cpu_budget read_cpu_budget(
    const std::filesystem::path& cgroup_root = "/sys/fs/cgroup",
    const std::filesystem::path& membership = "/proc/self/cgroup");

}  // namespace jackdaw
