// tests/io/directory_test.cpp
//
// Goal: each entry comes once, in batches, also for who leaves in between. Method: over all runtimes, in a
// directory of the test's own.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/directory.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace jackdaw::io {
namespace {

class directory_test : public testing::io_test {
 protected:
  directory_test() {
    std::string name = std::filesystem::temp_directory_path() / "jackdaw-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) {
      directory_ = name;
    }
  }
  ~directory_test() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

 private:
  std::filesystem::path directory_;
};
JACKDAW_OVER_IO(directory_test, testing::all_io_kinds());

task<void> list(std::string path) {
  constexpr int files = 700;
  for (int index = 0; index < files; ++index) {
    std::ofstream(path + std::to_string(index)) << "x";
  }
  std::filesystem::create_directory(path + "directory");
  std::filesystem::create_symlink("nowhere", path + "link");
  auto entries = co_await directory::open(path);
  EXPECT_TRUE(entries);
  EXPECT_EQ(entries.path(), path);
  std::map<std::string, file_type> seen;
  std::size_t batches = 0;
  while (true) {
    const auto batch = co_await entries.next();
    if (batch.empty()) {
      break;
    }
    ++batches;
    EXPECT_LE(batch.size(), directory::batch_max);
    for (const directory_entry& each : batch) {
      EXPECT_TRUE(seen.emplace(each.name, each.type).second) << each.name;
    }
  }
  EXPECT_EQ(seen.size(), std::size_t{files} + 2);
  EXPECT_GE(batches, 3U);
  EXPECT_EQ(seen.at("0"), file_type::regular);
  EXPECT_EQ(seen.at("directory"), file_type::directory);
  EXPECT_EQ(seen.at("link"), file_type::link);
  const auto end = co_await entries.next();
  EXPECT_TRUE(end.empty()) << "it stays at its end";
}

TEST_P(directory_test, every_entry_comes_once) { run(list(path(""))); }

task<void> take_one_batch(directory& from, std::size_t& seen) {
  const auto batch = co_await from.next();
  seen += batch.size();
}

task<void> leave_often(std::string path) {
  constexpr int files = 600;
  for (int index = 0; index < files; ++index) {
    std::ofstream(path + std::to_string(index)) << "x";
  }
  auto entries = co_await directory::open(path);
  std::size_t seen = 0;
  int cancelled = 0;
  for (int round = 0; round < 50; ++round) {
    auto leaving = spawn(take_one_batch(entries, seen));
    for (int turn = 0; turn < round % 3; ++turn) {
      co_await yield();
    }
    leaving.cancel();
    try {
      co_await leaving;
    } catch (const cancelled_error&) {
      ++cancelled;
    }
  }
  EXPECT_GT(cancelled, 0);
  while (true) {
    const std::size_t before = seen;
    co_await take_one_batch(entries, seen);
    if (seen == before) {
      break;
    }
  }
  EXPECT_EQ(seen, std::size_t{files});
}

TEST_P(directory_test, a_reader_that_leaves_in_any_instant_loses_no_entry) {
  run(leave_often(path("")));
}

task<void> make_mistakes(std::string none, std::string file) {
  std::ofstream(file) << "x";
  std::string said;
  try {
    static_cast<void>(co_await directory::open(none));
  } catch (const error& failed) {
    said = failed.what();
  }
  EXPECT_EQ(said, "open " + none + ": No such file or directory");
  const result<directory> kind = co_await directory::try_open(file);
  EXPECT_EQ(meaning_of(kind.error_number()), meaning::wrong_kind);
  const result<directory> cut = co_await directory::try_open(std::string("/tmp\0x", 6));
  EXPECT_EQ(cut.error_number(), EINVAL);
  directory closed;
  const auto of_none = co_await closed.try_next();
  EXPECT_EQ(of_none.error_number(), EBADF);
}

TEST_P(directory_test, failures_name_the_path) { run(make_mistakes(path("none"), path("file"))); }

}  // namespace
}  // namespace jackdaw::io
