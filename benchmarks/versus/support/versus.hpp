// What every C++ program of the kit shares: its arguments, its clock, its line of JSON.
// The twins in other languages are versus.rs, versus.go and versus.py; they print the same line.
#pragma once

#include <sched.h>
#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace versus {

/// What a problem may depend on. README.md says what each problem makes of them.
struct arguments {
  unsigned workers = 1;
  std::int64_t size = 1;
  std::int64_t tasks = 1;
  std::int64_t capacity = 0;  // 0: unbounded.
};

inline constexpr int exit_not_applicable = 77;

/// Ends the program: the library cannot do what was asked for, which is no failure.
[[noreturn]] inline void not_applicable(const char* why) {
  std::fprintf(stderr, "not applicable: %s\n", why);
  std::exit(exit_not_applicable);
}

inline arguments parse(int count, char** values) {
  arguments result;
  for (int index = 1; index + 1 < count; index += 2) {
    const std::string_view name = values[index];
    const std::int64_t value = std::atoll(values[index + 1]);
    if (name == "--workers" && value > 0) {
      result.workers = static_cast<unsigned>(value);
    } else if (name == "--size" && value > 0) {
      result.size = value;
    } else if (name == "--tasks" && value > 0) {
      result.tasks = value;
    } else if (name == "--capacity" && value >= 0) {
      result.capacity = value;
    } else {
      std::fprintf(stderr, "unknown: %s %s\n", values[index], values[index + 1]);
      std::exit(2);
    }
  }
  return result;
}

/// For a library that has no threads of its own.
inline arguments parse_for_one_worker(int count, char** values) {
  const arguments result = parse(count, values);
  if (result.workers != 1) {
    not_applicable("one worker is all it has");
  }
  return result;
}

/// CPU time of the whole process, and wall time, from its construction to stop().
class stopwatch {
 public:
  stopwatch() : cpu_(cpu_now()), wall_(clock::now()) {}

  void stop() {
    wall_s = std::chrono::duration<double>(clock::now() - wall_).count();
    cpu_s = cpu_now() - cpu_;
  }

  double wall_s = 0;
  double cpu_s = 0;

 private:
  using clock = std::chrono::steady_clock;

  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  }
  static double cpu_now() {
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    return seconds(now.ru_utime) + seconds(now.ru_stime);
  }

  double cpu_;
  clock::time_point wall_;
};

/// For programs whose threads the kernel schedules: it gets as many processors as there are workers.
inline arguments parse_for_threads(int count, char** values) {
  const arguments result = parse(count, values);
  cpu_set_t allowed;
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (std::size_t cpu = 0, left = result.workers; cpu < CPU_SETSIZE && left > 0; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) {
      CPU_SET(cpu, &chosen);
      --left;
    }
  }
  sched_setaffinity(0, sizeof chosen, &chosen);
  return result;
}

/// A line of /proc/self/status. Not getrusage(): its peak is at least that of the process that started this.
inline std::int64_t memory_bytes(std::string_view key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (word == key) {
      std::int64_t kilobytes = 0;
      file >> kilobytes;
      return kilobytes * 1024;
    }
  }
  return 0;
}

/// What the process has in memory now, and had at most.
inline std::int64_t resident_bytes() { return memory_bytes("VmRSS:"); }
inline std::int64_t peak_bytes() { return memory_bytes("VmHWM:"); }

/// Keeps the optimiser from seeing through `value`.
template <class T>
inline void opaque(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

/// Prints the line. Returns main()'s result: 1 if the program did not compute what it should have.
inline int report(const stopwatch& time, std::int64_t operations, bool correct, double bytes = 0) {
  if (!correct) {
    std::fprintf(stderr, "wrong result\n");
    return 1;
  }
  std::printf(
      "{\"ns\": %.4f, \"operations\": %lld, \"wall_s\": %.6f, \"cpu_s\": %.6f, "
      "\"peak_rss_bytes\": %lld, \"bytes\": %.1f}\n",
      time.wall_s * 1e9 / static_cast<double>(operations), static_cast<long long>(operations),
      time.wall_s, time.cpu_s, static_cast<long long>(peak_bytes()), bytes);
  return 0;
}

}  // namespace versus
