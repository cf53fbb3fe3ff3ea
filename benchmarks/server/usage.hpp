// What the processes that are measured have used: processor time by the scheduler's own count, and memory.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace jackdaw::benchmarks {

[[noreturn]] inline void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct usage {
  std::uint64_t nanoseconds = 0;
  std::uint64_t switches = 0;
};

/// Adds what all threads of `pid` have used.
inline void add_usage_of(const std::string& pid, usage& total) {
  const std::string tasks = "/proc/" + pid + "/task";
  DIR* const directory = opendir(tasks.c_str());
  if (directory == nullptr) {
    fail(tasks.c_str());
  }
  while (const dirent* const each = readdir(directory)) {
    if (each->d_name[0] == '.') {
      continue;
    }
    const std::string task = tasks + "/" + each->d_name;
    std::uint64_t on_processor = 0;
    std::ifstream(task + "/schedstat") >> on_processor;
    total.nanoseconds += on_processor;
    std::ifstream status(task + "/status");
    for (std::string word; status >> word;) {
      std::uint64_t count = 0;
      if (word == "voluntary_ctxt_switches:" && status >> count) {
        total.switches += count;
      }
    }
  }
  closedir(directory);
}

inline usage usage_of(const std::string& pids) {
  usage total;
  std::istringstream list(pids);
  for (std::string pid; std::getline(list, pid, ',');) {
    add_usage_of(pid, total);
  }
  return total;
}

/// A line "name: <number> kB" of a file, in bytes.
inline double memory_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    double kibibytes = 0;
    if (word == name && file >> kibibytes) {
      return kibibytes * 1024;
    }
  }
  return 0;
}

inline double memory_of(const std::string& pids) {
  double total = 0;
  std::istringstream list(pids);
  for (std::string pid; std::getline(list, pid, ',');) {
    total += memory_in("/proc/" + pid + "/smaps_rollup", "Pss:");
  }
  return total;
}

}  // namespace jackdaw::benchmarks
