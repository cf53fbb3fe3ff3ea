// tests/io/file_system_test.cpp
//
// Goal: what the calls do to names and files is what the system calls behind them do; a file is replaced
// whole or not at all, and copied byte for byte; failures name the call and the path. Method: over all
// runtimes, in a directory of the test's own, looked at by the standard library.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/file_system.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

class file_system_test : public testing::io_test {
 protected:
  file_system_test() {
    std::string name = std::filesystem::temp_directory_path() / "jackdaw-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) {
      directory_ = name;
    }
  }
  ~file_system_test() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

 private:
  std::filesystem::path directory_;
};
JACKDAW_OVER_IO(file_system_test, testing::all_io_kinds());

void put(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string get(const std::string& path) {
  std::ifstream from(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(from), std::istreambuf_iterator<char>()};
}

std::size_t entries_of(const std::string& path) {
  const std::filesystem::directory_iterator all(path);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// What the error says, or "" if there is none.
template <class T>
task<std::string> said_by(task<T> call) {
  std::string said;
  try {
    static_cast<void>(co_await std::move(call));
  } catch (const error& failed) {
    said = failed.what();
  }
  co_return said;
}

task<std::string> said_by(task<void> call) {
  std::string said;
  try {
    co_await std::move(call);
  } catch (const error& failed) {
    said = failed.what();
  }
  co_return said;
}

// -- Names ------------------------------------------------------------------------------------------------

task<void> look(std::string path, std::string link) {
  put(path, "hello");
  EXPECT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  const file_status found = co_await status(link);
  EXPECT_EQ(found.type, file_type::regular);
  EXPECT_EQ(found.size, 5U);
  EXPECT_EQ(found.permissions, 0640U);
  EXPECT_EQ(found.user, ::getuid());
  EXPECT_EQ(found.links, 1U);
  const auto age = std::chrono::system_clock::now() - found.modified;
  EXPECT_LT(age, std::chrono::hours(24));
  EXPECT_GT(age, std::chrono::hours(-24));
  const file_status itself = co_await link_status(link);
  EXPECT_EQ(itself.type, file_type::link);
  EXPECT_NE(itself.inode, found.inode);
  const file_status null = co_await status("/dev/null");
  EXPECT_EQ(null.type, file_type::device);
}

TEST_P(file_system_test, a_status_is_of_the_file_or_of_the_link_to_it) {
  run(look(path("file"), path("link")));
}

task<void> move_and_remove(std::string one, std::string two, std::string directory) {
  put(one, "one");
  put(two, "two");
  co_await rename(one, two);
  EXPECT_EQ(get(two), "one");
  EXPECT_FALSE(std::filesystem::exists(one));
  co_await make_directory(directory, 0700);
  const file_status made = co_await status(directory);
  EXPECT_EQ(made.type, file_type::directory);
  EXPECT_EQ(made.permissions, 0700U);
  co_await remove_directory(directory);
  EXPECT_FALSE(std::filesystem::exists(directory));
  co_await unlink(two);
  EXPECT_FALSE(std::filesystem::exists(two));
}

TEST_P(file_system_test, names_are_changed_made_and_removed) {
  run(move_and_remove(path("one"), path("two"), path("directory")));
}

task<void> fail(std::string none, std::string directory) {
  const std::string cause = ": No such file or directory";
  const std::string looked = co_await said_by(status(none));
  EXPECT_EQ(looked, "stat " + none + cause);
  const std::string looked_at_link = co_await said_by(link_status(none));
  EXPECT_EQ(looked_at_link, "lstat " + none + cause);
  const std::string renamed = co_await said_by(rename(none, none + "2"));
  EXPECT_EQ(renamed, "rename " + none + " to " + none + "2" + cause);
  const std::string removed = co_await said_by(unlink(none));
  EXPECT_EQ(removed, "unlink " + none + cause);
  const std::string removed_directory = co_await said_by(remove_directory(none));
  EXPECT_EQ(removed_directory, "rmdir " + none + cause);
  const std::string read = co_await said_by(read_file(none));
  EXPECT_EQ(read, "open " + none + cause);
  const std::string copied = co_await said_by(copy_file(none, none + "2"));
  EXPECT_EQ(copied, "open " + none + " to " + none + "2" + cause);
  const std::string written = co_await said_by(write_file(none + "/below", "text"));
  EXPECT_EQ(written, "open " + none + "/below" + cause);
  co_await make_directory(directory);
  const result<void> twice = co_await try_make_directory(directory);
  EXPECT_EQ(meaning_of(twice.error_number()), meaning::exists);
  put(directory + "/file", "");
  const result<void> full = co_await try_remove_directory(directory);
  EXPECT_EQ(meaning_of(full.error_number()), meaning::exists);
  const result<std::string> kind = co_await try_read_file(directory);
  EXPECT_EQ(meaning_of(kind.error_number()), meaning::wrong_kind);
  const result<void> over = co_await try_write_file(directory, "text");
  EXPECT_EQ(meaning_of(over.error_number()), meaning::wrong_kind);
  const std::string cut = co_await said_by(unlink(directory + std::string("/file\0more", 10)));
  EXPECT_EQ(cut, "unlink " + directory + "/file: Invalid argument");
  EXPECT_TRUE(std::filesystem::exists(directory + "/file"));
  const result<void> missing = co_await try_unlink(none);
  EXPECT_EQ(meaning_of(missing.error_number()), meaning::not_found);
  const result<void> nowhere = co_await try_rename(none, directory);
  EXPECT_EQ(nowhere.error_number(), ENOENT);
  const result<file_status> unseen = co_await try_link_status(none);
  EXPECT_EQ(unseen.error_number(), ENOENT);
}

TEST_P(file_system_test, failures_have_a_meaning_and_name_the_call_and_the_path) {
  run(fail(path("none"), path("directory")));
}

// -- Whole files --------------------------------------------------------------------------------------------

task<void> replace(std::string path, std::string directory) {
  co_await write_file(path, "first");
  EXPECT_EQ(get(path), "first");
  EXPECT_EQ(::chmod(path.c_str(), 0604), 0);
  // Whoever has the old file open reads the old one to its end.
  auto old = co_await file::open(path);
  write_file_options careless;
  careless.sync = false;
  co_await write_file(path, "second", careless);
  EXPECT_EQ(get(path), "second");
  const std::string still = co_await old.read_all();
  EXPECT_EQ(still, "first");
  const file_status found = co_await status(path);
  EXPECT_EQ(found.permissions, 0604U) << "passed on";
  EXPECT_EQ(entries_of(directory), 1U) << "nothing is left beside it";
  const std::string text = co_await read_file(path);
  EXPECT_EQ(text, "second");
  const std::string just = co_await read_file(path, 6);
  EXPECT_EQ(just, "second");
  const std::string too_long = co_await said_by(read_file(path, 5));
  EXPECT_EQ(too_long, "read " + path + ": File too large");
  const std::string of_no_size = co_await read_file("/proc/self/status");
  EXPECT_NE(of_no_size.find("Threads:"), std::string::npos);
}

TEST_P(file_system_test, a_file_is_replaced_as_a_whole) { run(replace(path("file"), path(""))); }

task<void> write_over(std::string path, int count, char letter) {
  for (int index = 0; index < count; ++index) {
    write_file_options careless;
    careless.sync = false;
    co_await write_file(path, std::string(100'000, letter), careless);
  }
}

task<void> write_at_once(std::string path, std::string directory) {
  co_await write_file(path, std::string(100'000, 'a'));
  auto one = spawn(write_over(path, 20, 'b'));
  auto two = spawn(write_over(path, 20, 'c'));
  for (int round = 0; round < 20; ++round) {
    const std::string text = co_await read_file(path);
    EXPECT_EQ(text, std::string(100'000, text.empty() ? '?' : text[0])) << "never half of one";
  }
  co_await one;
  co_await two;
  EXPECT_EQ(entries_of(directory), 1U);
}

TEST_P(file_system_test, readers_and_writers_at_once_see_whole_files_only) {
  run(write_at_once(path("file"), path("")));
}

task<void> copy(std::string from, std::string to) {
  std::vector<std::byte> bytes(3'000'017);
  testing::byte_pattern(5).fill(bytes);
  const std::string text = testing::text_of(bytes);
  put(from, text);
  EXPECT_EQ(::chmod(from.c_str(), 0750), 0);
  put(to, "something longer was here" + text);
  const std::uint64_t count = co_await copy_file(from, to);
  EXPECT_EQ(count, bytes.size());
  EXPECT_TRUE(get(to) == text);
  const file_status found = co_await status(to);
  EXPECT_EQ(found.permissions, 0750U);
  const std::string same = co_await said_by(copy_file(from, from));
  EXPECT_EQ(same, "copy " + from + " to " + from + ": Invalid argument");
  EXPECT_TRUE(get(from) == text) << "not cut off";
  const result<std::uint64_t> kind = co_await try_copy_file("/proc", to);
  EXPECT_EQ(kind.error_number(), EINVAL);
  // Their sizes are 0: the kernel's own way would copy nothing.
  const std::uint64_t odd = co_await copy_file("/proc/self/cmdline", to);
  EXPECT_GT(odd, 0U);
  EXPECT_EQ(get(to), get("/proc/self/cmdline"));
  put(from, "");
  const std::uint64_t none = co_await copy_file(from, to);
  EXPECT_EQ(none, 0U);
  EXPECT_EQ(get(to), "");
}

TEST_P(file_system_test, a_copy_has_the_bytes_and_the_permissions) {
  run(copy(path("from"), path("to")));
}

TEST_P(file_system_test, a_copy_goes_from_one_file_system_to_another) {
  const std::string other = "/dev/shm/jackdaw-copy-" + std::to_string(::getpid());
  if (::access("/dev/shm", W_OK) != 0) {
    GTEST_SKIP() << "no second file system";
  }
  run(copy(path("from"), other));
  std::filesystem::remove(other);
}

}  // namespace
}  // namespace jackdaw::io
