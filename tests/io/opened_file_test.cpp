// tests/io/opened_file_test.cpp
//
// Goal: each call does what its system call does, and keeps the file open as long as somebody has a share. Method:
// files in a directory of their own, without a runtime.
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/opened_file.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::io {
namespace {

piece_of_file piece_of(std::string_view text) {
  piece_of_file piece;
  piece.size = text.size();
  piece.bytes = std::make_unique<std::byte[]>(text.size());
  std::memcpy(piece.bytes.get(), text.data(), text.size());
  return piece;
}

std::string text_of(const piece_of_file& piece) {
  return {reinterpret_cast<const char*>(piece.bytes.get()), piece.size};
}

class opened_file_test : public ::testing::Test {
 protected:
  opened_file_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "jackdaw-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  ~opened_file_test() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return (directory_ / "file").string(); }

  /// A file of this text, open for both.
  [[nodiscard]] opened_file::shared file_of(std::string_view text) const {
    file_options options = file_options::for_writing();
    options.read = true;
    result<opened_file::shared> made = opened_file::open(path(), options);
    EXPECT_TRUE(made.ok());
    EXPECT_TRUE(opened_file::write(*made, 0, piece_of(text)).ok());
    return *made;
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(opened_file_test, what_is_written_is_read_up_to_the_end) {
  const auto file = file_of("0123456789");
  EXPECT_EQ(file->path(), path());
  EXPECT_NE(fcntl(file->native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(text_of(*opened_file::read(file, 0, 4)), "0123");
  EXPECT_EQ(text_of(*opened_file::read(file, 8, 4)), "89");
  EXPECT_EQ(text_of(*opened_file::read(file, 10, 4)), "");
  EXPECT_EQ(*opened_file::size(file), 10U);
}

TEST_F(opened_file_test, it_is_cut_off_and_made_longer) {
  const auto file = file_of("0123456789");
  EXPECT_TRUE(opened_file::truncate(file, 2).ok());
  EXPECT_TRUE(opened_file::truncate(file, 3).ok());
  EXPECT_EQ(text_of(*opened_file::read(file, 0, 10)), std::string("01\0", 3));
  EXPECT_TRUE(opened_file::sync(file).ok());
  EXPECT_TRUE(opened_file::data_sync(file).ok());
}

TEST_F(opened_file_test, failures_are_results_that_name_the_call) {
  const result<opened_file::shared> missing = opened_file::open(path(), {});
  EXPECT_EQ(missing.error_number(), ENOENT);
  EXPECT_EQ(std::string(missing.cause().call), "open");
  file_options contradiction;
  contradiction.create = true;
  EXPECT_EQ(opened_file::open(path(), contradiction).error_number(), EINVAL);
  EXPECT_EQ(opened_file::open(std::string("a\0b", 3), {}).error_number(), EINVAL);

  static_cast<void>(file_of("text"));
  const auto read_only = *opened_file::open(path(), file_options::for_reading());
  const result<void> written = opened_file::write(read_only, 0, piece_of("x"));
  EXPECT_EQ(written.error_number(), EBADF);
  EXPECT_EQ(std::string(written.cause().call), "pwrite");
  EXPECT_EQ(opened_file::truncate(read_only, 0).error_number(), EINVAL);
}

TEST_F(opened_file_test, what_is_in_memory_is_read_on_the_spot_or_refused) {
  const auto file = file_of("0123456789");
  std::array<std::byte, 4> into{};
  const ssize_t count = file->read_on_the_spot(2, into);
  if (count < 0) {
    // File systems without it say so once, and are not asked again.
    EXPECT_EQ(count, -EOPNOTSUPP);
    EXPECT_FALSE(file->is_in_memory(0, 10));
    return;
  }
  EXPECT_EQ(count, 4);
  EXPECT_EQ(std::memcmp(into.data(), "2345", 4), 0);
  EXPECT_TRUE(file->is_in_memory(0, 10));
}

TEST_F(opened_file_test, who_reads_much_on_the_spot_has_to_give_way_once_per_turn) {
  const auto file = file_of(std::string(65536, 'x'));
  EXPECT_FALSE(file->must_give_way());
  const auto memory = std::make_unique<std::byte[]>(65536);
  const std::span<std::byte> into(memory.get(), 65536);
  if (file->read_on_the_spot(0, into) < 0) {
    GTEST_SKIP() << "no reads on the spot here";
  }
  for (std::size_t total = into.size(); total < file::turn_bytes; total += into.size()) {
    EXPECT_EQ(file->read_on_the_spot(0, into), 65536);
  }
  EXPECT_TRUE(file->must_give_way());
  EXPECT_FALSE(file->must_give_way());
}

TEST_F(opened_file_test, bringing_in_tells_whether_there_is_anything) {
  const auto file = file_of("0123456789");
  EXPECT_TRUE(*opened_file::bring_in(file, 0, 100'000));
  EXPECT_FALSE(*opened_file::bring_in(file, 10, 10));
}

TEST_F(opened_file_test, the_last_share_closes) {
  auto file = file_of("text");
  const int number = file->native_handle();
  auto other = file;
  EXPECT_EQ(opened_file::close(std::move(file)).error_number(), EBUSY);
  EXPECT_EQ(text_of(*opened_file::read(other, 0, 4)), "text");
  EXPECT_TRUE(opened_file::close(std::move(other)).ok());
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace jackdaw::io
