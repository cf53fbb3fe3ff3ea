// What the machine grants this process: read from /proc, getrlimit() and the like.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace jackdaw::doctor {

/// A soft and a hard limit; no value: unlimited.
struct limit {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
};

struct host_facts {
  std::string kernel;                    // "Linux 6.1.0 x86_64"
  std::optional<int> io_uring_disabled;  // kernel.io_uring_disabled; none before Linux 6.6.
  limit descriptors;                     // RLIMIT_NOFILE
  limit locked_memory;                   // RLIMIT_MEMLOCK
  std::optional<int> seccomp;            // 0: off, 1: strict, 2: a filter.
  bool no_new_privileges = false;
  std::string container;  // What kind, or empty.
};

/// `root` is a directory to look into instead of /, for tests.
[[nodiscard]] host_facts read_host_facts(const std::filesystem::path& root = "/");

/// "1024 (hard limit 4096)", "unlimited".
[[nodiscard]] std::string describe(const limit& bounds, std::uint64_t unit, const char* unit_name);

}  // namespace jackdaw::doctor
