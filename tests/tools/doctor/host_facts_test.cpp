// Goal: the doctor reads what the kernel says, also where files are missing. Method: a directory that
// looks like a machine.

#include <jackdaw/tools/doctor/host_facts.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace jackdaw::doctor {
namespace {

class host_facts_of : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "jackdaw-doctor-" + std::to_string(getpid());
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void put(const std::string& file, std::string_view content) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << content;
  }

  std::filesystem::path root_;
};

TEST_F(host_facts_of, an_empty_directory_are_unknown_but_no_error) {
  const host_facts facts = read_host_facts(root_);
  EXPECT_EQ(facts.io_uring_disabled, std::nullopt);
  EXPECT_EQ(facts.seccomp, std::nullopt);
  EXPECT_EQ(facts.container, "");
  EXPECT_TRUE(facts.kernel.starts_with("Linux "));
  EXPECT_TRUE(facts.descriptors.soft.value_or(1) > 0);
}

TEST_F(host_facts_of, a_container_that_is_locked_down) {
  put("proc/sys/kernel/io_uring_disabled", "2\n");
  put("proc/self/status", "Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n");
  put("proc/1/cgroup", "0::/kubepods/pod1\n");
  const host_facts facts = read_host_facts(root_);
  EXPECT_EQ(facts.io_uring_disabled, 2);
  EXPECT_EQ(facts.seccomp, 2);
  EXPECT_TRUE(facts.no_new_privileges);
  EXPECT_EQ(facts.container, "kubepods");
}

TEST_F(host_facts_of, docker_and_podman_leave_their_marks) {
  put("run/.containerenv", "");
  EXPECT_EQ(read_host_facts(root_).container, "Podman or Buildah");
  put(".dockerenv", "");
  EXPECT_EQ(read_host_facts(root_).container, "Docker");
}

TEST(host_facts, limits_are_described_in_their_unit) {
  EXPECT_EQ(describe({.soft = 1024, .hard = 4096}, 1, ""), "1024 (hard limit 4096)");
  EXPECT_EQ(describe({.soft = 8192, .hard = 8192}, 1024, " KiB"), "8 KiB");
  EXPECT_EQ(describe({}, 1, ""), "unlimited");
  EXPECT_EQ(describe({.soft = 5, .hard = {}}, 1, ""), "5 (hard limit unlimited)");
}

}  // namespace
}  // namespace jackdaw::doctor
