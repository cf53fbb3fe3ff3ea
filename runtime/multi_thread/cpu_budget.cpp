// Asking the kernel for our share of the machine.
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/multi_thread/idle_set.hpp>

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace jackdaw {
namespace {

unsigned processors_in_affinity_mask() {
  // Larger than cpu_set_t, whose 1,024 processors a big machine may exceed: EINVAL then.
  for (std::size_t processors = 1024; processors <= (1U << 16); processors *= 4) {
    cpu_set_t* const set = CPU_ALLOC(processors);
    const std::size_t bytes = CPU_ALLOC_SIZE(processors);
    const int status = sched_getaffinity(0, bytes, set);
    const int count = status == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (status == 0) {
      return static_cast<unsigned>(std::max(count, 1));
    }
  }
  return 1;
}

// True if `name` is one of the names in "cpu,cpuacct"; "cpu" is not one of those in "cpuset".
bool contains(const std::string& names, const std::string& name) {
  return ("," + names + ",").find("," + name + ",") != std::string::npos;
}

// The path of this process in the hierarchy of `controller` ("" is version 2). A line of the file is
// "4:cpu,cpuacct:/path", of version 2 "0::/path".
std::string cgroup_path(const std::filesystem::path& membership, const std::string& controller) {
  std::ifstream file(membership);
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : contains(names, controller)) {
      return line.substr(second + 1);
    }
  }
  return {};
}

// cpu.max holds "max 100000" or "150000 100000": microseconds per period.
double quota_version_2(const std::filesystem::path& directory) {
  std::ifstream file(directory / "cpu.max");
  double quota = 0;
  double period = 0;
  // "max" is no number: the read fails.
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) {
    return 0;
  }
  return quota / period;
}

double quota_version_1(const std::filesystem::path& directory) {
  std::ifstream quota_file(directory / "cpu.cfs_quota_us");
  std::ifstream period_file(directory / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) {
    return 0;
  }
  return quota / period;
}

// A limit may be set on any ancestor: the tightest one counts.
double tightest(const std::filesystem::path& root, const std::string& path,
                double (*read)(const std::filesystem::path&)) {
  double tightest_quota = 0;
  std::filesystem::path directory = root;
  const auto consider = [&] {
    const double quota = read(directory);
    if (quota > 0 && (tightest_quota == 0 || quota < tightest_quota)) {
      tightest_quota = quota;
    }
  };
  consider();
  for (const auto& part : std::filesystem::path(path).relative_path()) {
    directory /= part;
    consider();
  }
  return tightest_quota;
}

}  // namespace

cpu_budget read_cpu_budget(const std::filesystem::path& cgroup_root,
                           const std::filesystem::path& membership) {
  cpu_budget budget;
  budget.affinity = processors_in_affinity_mask();
  budget.quota = tightest(cgroup_root, cgroup_path(membership, ""), &quota_version_2);
  if (budget.quota == 0) {
    budget.quota = tightest(cgroup_root / "cpu", cgroup_path(membership, "cpu"), &quota_version_1);
  }
  budget.workers = budget.affinity;
  budget.source = "affinity mask";
  if (budget.quota > 0 && std::ceil(budget.quota) < budget.affinity) {
    budget.workers = std::max(1U, static_cast<unsigned>(std::ceil(budget.quota)));
    budget.source = "cgroup quota";
  }
  budget.workers = std::min(budget.workers, idle_set::worker_count_max);
  return budget;
}

}  // namespace jackdaw
