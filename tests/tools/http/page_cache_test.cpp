// Goal: bytes are said to be in memory only if they are, and never of what cannot be asked.

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tools/http/page_cache.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace jackdaw::test {
namespace {

using http::is_cached;

constexpr std::uint64_t file_bytes = 1'000'000;

class page_cache : public testing::Test {
 protected:
  void SetUp() override {
    site_.write("file", std::string(file_bytes, 'x'));
    file_ = io::file_descriptor(open(site_.path("file").c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(static_cast<bool>(file_));
    if (!is_cached(file_.get(), 0, file_bytes)) {
      GTEST_SKIP() << "this kernel does not tell";
    }
  }

  scratch_directory site_;
  io::file_descriptor file_;
};

TEST_F(page_cache, has_what_was_just_written_and_no_more) {
  EXPECT_TRUE(is_cached(file_.get(), 0, 1));
  EXPECT_TRUE(is_cached(file_.get(), 4095, 2));
  EXPECT_TRUE(is_cached(file_.get(), file_bytes - 1, 1));
  EXPECT_TRUE(is_cached(file_.get(), file_bytes, 0));
  EXPECT_FALSE(is_cached(file_.get(), 0, 2 * file_bytes));
}

TEST_F(page_cache, has_not_what_the_kernel_forgot) {
  struct statfs facts{};
  ASSERT_EQ(fstatfs(file_.get(), &facts), 0);
  if (facts.f_type == TMPFS_MAGIC) {
    GTEST_SKIP() << "this file is nowhere else";
  }
  ASSERT_EQ(fsync(file_.get()), 0);
  ASSERT_EQ(posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
  EXPECT_FALSE(is_cached(file_.get(), 0, file_bytes));
  char byte = 0;
  ASSERT_EQ(pread(file_.get(), &byte, 1, 0), 1);
  EXPECT_TRUE(is_cached(file_.get(), 0, 1));
}

TEST_F(page_cache, knows_nothing_of_what_is_no_file) {
  EXPECT_FALSE(is_cached(-1, 0, 1));
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(is_cached(ends[0], 0, 1));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace jackdaw::test
