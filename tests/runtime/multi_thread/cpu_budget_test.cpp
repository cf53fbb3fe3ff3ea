// tests/runtime/multi_thread/cpu_budget_test.cpp
//
// Goal: as many workers as this process may use processors, and no more. Method: a scratch directory in
// place of the cgroup file system, and a file in it that says which groups we are in.
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/multi_thread/idle_set.hpp>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace jackdaw {
namespace {

namespace fs = std::filesystem;

class cpu_budget_test : public ::testing::Test {
 protected:
  cpu_budget_test() {
    std::string name = (fs::temp_directory_path() / "jackdaw_cgroup_XXXXXX").string();
    root = mkdtemp(name.data());
    member_of("0::/\n");
  }
  ~cpu_budget_test() override { fs::remove_all(root); }

  static void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  void limit_version_1(const fs::path& group, const std::string& quota) const {
    write(root / "cpu" / group / "cpu.cfs_quota_us", quota);
    write(root / "cpu" / group / "cpu.cfs_period_us", "100000");
  }
  void member_of(const std::string& lines) const { write(root / "membership", lines); }
  [[nodiscard]] cpu_budget read() const { return read_cpu_budget(root, root / "membership"); }

  /// What follows from a quota on this machine.
  static void expect_quota(const cpu_budget& budget, double quota) {
    EXPECT_DOUBLE_EQ(budget.quota, quota);
    const double granted = std::ceil(quota);
    const bool binds = granted < budget.affinity;
    const unsigned most = binds ? static_cast<unsigned>(granted) : budget.affinity;
    EXPECT_EQ(budget.workers, std::clamp(most, 1U, idle_set::worker_count_max));
    EXPECT_EQ(budget.source, binds ? "cgroup quota" : "affinity mask");
  }
  static void expect_no_quota(const cpu_budget& budget) {
    EXPECT_EQ(budget.quota, 0);
    EXPECT_EQ(budget.workers, std::min(budget.affinity, idle_set::worker_count_max));
    EXPECT_EQ(budget.source, "affinity mask");
  }

  fs::path root;
};

TEST_F(cpu_budget_test, without_cgroups_the_affinity_mask_decides) {
  const cpu_budget budget = read();
  EXPECT_GE(budget.affinity, 1U);
  EXPECT_LE(budget.affinity, static_cast<unsigned>(sysconf(_SC_NPROCESSORS_CONF)));
  expect_no_quota(budget);
  expect_no_quota(read_cpu_budget(root / "does" / "not" / "exist"));
}

TEST_F(cpu_budget_test, the_machine_it_runs_on_gives_at_least_one_worker) {
  const cpu_budget budget = read_cpu_budget();
  EXPECT_GE(budget.workers, 1U);
  EXPECT_LE(budget.workers, idle_set::worker_count_max);
  EXPECT_FALSE(budget.source.empty());
}

TEST_F(cpu_budget_test, a_thread_that_may_use_one_processor_gets_one_worker) {
  std::thread([this] {
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    int first = 0;
    while (!CPU_ISSET(first, &all)) {
      ++first;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    const cpu_budget budget = read();
    EXPECT_EQ(budget.affinity, 1U);
    EXPECT_EQ(budget.workers, 1U);
  }).join();
}

TEST_F(cpu_budget_test, a_quota_of_version_2_is_rounded_up) {
  for (const auto& [text, quota] :
       {std::pair("150000 100000", 1.5), std::pair("100000 100000", 1.0),
        std::pair("20000 100000", 0.2), std::pair("1000 100000", 0.01),
        std::pair("250000 50000", 5.0), std::pair("100000000 100000", 1000.0)}) {
    write(root / "cpu.max", text);
    expect_quota(read(), quota);
  }
}

TEST_F(cpu_budget_test, no_limit_in_version_2_is_called_max) {
  write(root / "cpu.max", "max 100000");
  expect_no_quota(read());
}

TEST_F(cpu_budget_test, a_quota_of_version_1_is_rounded_up) {
  for (const auto& [text, quota] : {std::pair("150000", 1.5), std::pair("50000", 0.5)}) {
    limit_version_1("", text);
    expect_quota(read(), quota);
  }
}

TEST_F(cpu_budget_test, no_limit_in_version_1_is_minus_one) {
  limit_version_1("", "-1");
  expect_no_quota(read());
}

TEST_F(cpu_budget_test, where_both_versions_are_mounted_that_with_a_limit_counts) {
  write(root / "cpu.max", "max 100000");
  limit_version_1("", "70000");
  expect_quota(read(), 0.7);
}

TEST_F(cpu_budget_test, files_that_say_nothing_limit_nothing) {
  write(root / "cpu.max", "");
  expect_no_quota(read());
  write(root / "cpu.max", "100000 0");
  expect_no_quota(read());
  write(root / "cpu" / "cpu.cfs_quota_us", "100000");  // And no period.
  expect_no_quota(read());
}

TEST_F(cpu_budget_test, words_that_nobody_understands_limit_nothing) {
  write(root / "cpu.max", "plenty 100000");
  expect_no_quota(read());
}

TEST_F(cpu_budget_test, of_nested_limits_of_version_2_the_tightest_counts) {
  member_of("0::/system.slice/ours");
  write(root / "cpu.max", "70000 100000");
  write(root / "system.slice" / "ours" / "cpu.max", "max 100000");
  expect_quota(read(), 0.7);
  write(root / "system.slice" / "cpu.max", "60000 100000");
  expect_quota(read(), 0.6);
  write(root / "system.slice" / "ours" / "cpu.max", "30000 100000");
  expect_quota(read(), 0.3);
  write(root / "cpu.max", "10000 100000");
  expect_quota(read(), 0.1);
}

TEST_F(cpu_budget_test, limits_of_groups_that_we_are_not_in_do_not_count) {
  member_of("0::/ours");
  write(root / "theirs" / "cpu.max", "10000 100000");
  write(root / "ours" / "below" / "cpu.max", "10000 100000");
  expect_no_quota(read());
}

TEST_F(cpu_budget_test, of_nested_limits_of_version_1_the_tightest_counts) {
  for (const char* const controllers : {"cpu", "cpu,cpuacct", "cpuacct,cpu"}) {
    member_of("7:cpuset:/theirs\n5:" + std::string(controllers) + ":/outer/ours\n0::/theirs");
    limit_version_1("theirs", "1000");
    limit_version_1("outer", "70000");
    limit_version_1("outer/ours", "-1");
    expect_quota(read(), 0.7);
    limit_version_1("outer/ours", "30000");
    expect_quota(read(), 0.3);
  }
}

}  // namespace
}  // namespace jackdaw
