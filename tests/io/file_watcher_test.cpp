// tests/io/file_watcher_test.cpp
//
// Goal: what happens to files is told once, in order and under the name that was given, and if something
// was lost that is told too. Method: a directory of its own for each test, over all runtimes.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_watcher.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class file_watcher_test : public testing::io_test {
 protected:
  void SetUp() override {
    io_test::SetUp();
    directory_ = ::testing::TempDir() + "jdXXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
  }
  void TearDown() override {
    std::filesystem::remove_all(directory_);
    io_test::TearDown();
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};
JACKDAW_OVER_IO(file_watcher_test, testing::all_io_kinds());

void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string words_of(file_change kinds) {
  const std::vector<std::pair<file_change, const char*>> names = {
      {file_change::modified, "modified"},     {file_change::attributes, "attributes"},
      {file_change::written, "written"},       {file_change::moved_from, "moved_from"},
      {file_change::moved_to, "moved_to"},     {file_change::created, "created"},
      {file_change::deleted, "deleted"},       {file_change::self_deleted, "self_deleted"},
      {file_change::self_moved, "self_moved"}, {file_change::unmounted, "unmounted"},
      {file_change::overflow, "overflow"},     {file_change::unwatched, "unwatched"}};
  std::string words;
  for (const auto& [kind, name] : names) {
    words += has(kinds, kind) ? std::string(words.empty() ? "" : "+") + name : "";
  }
  return words;
}

/// "kinds path", for each, without the directory's own name.
task<std::vector<std::string>> read_events(file_watcher& watcher, std::size_t count,
                                           const std::string& below) {
  std::vector<std::string> events;
  while (events.size() < count) {
    const file_event event = co_await watcher.next();
    std::string path = event.path;
    if (path.starts_with(below)) {
      path.erase(0, below.size());
    }
    events.push_back(words_of(event.kinds) + " " + path + (event.is_directory ? "/" : ""));
  }
  co_return events;
}

task<bool> nothing_comes(file_watcher& watcher) {
  bool timed_out = false;
  try {
    static_cast<void>(co_await timeout(5ms, watcher.next()));
  } catch (const timeout_error&) {
    timed_out = true;
  }
  co_return timed_out;
}

TEST_P(file_watcher_test, the_life_of_a_file_is_told_in_order) {
  struct body {
    static task<void> run(const std::string& directory) {
      file_watcher watcher;
      watcher.watch(directory);
      write_file(directory + "/file", "text");
      std::filesystem::create_directory(directory + "/below");
      std::filesystem::remove(directory + "/file");
      const auto events = co_await read_events(watcher, 5, directory);
      EXPECT_THAT(events, ElementsAre("created /file", "modified /file", "written /file",
                                      "created /below/", "deleted /file"));
      const bool nothing = co_await nothing_comes(watcher);
      EXPECT_TRUE(nothing);
    }
  };
  run(body::run(directory()));
}

TEST_P(file_watcher_test, a_wait_ends_when_something_happens) {
  struct body {
    static task<void> run(const std::string& directory) {
      file_watcher watcher;
      watcher.watch(directory, file_change::written);
      auto waiting = spawn(watcher.next());
      for (int turn = 0; turn < 5; ++turn) {
        co_await yield();
      }
      EXPECT_FALSE(waiting.done());
      write_file(directory + "/file", "text");
      const file_event event = co_await waiting;
      EXPECT_EQ(event.path, directory + "/file");
      EXPECT_EQ(event.kinds, file_change::written) << "only what was asked for";
    }
  };
  run(body::run(directory()));
}

TEST_P(file_watcher_test, the_halves_of_a_rename_have_one_cookie) {
  struct body {
    static task<void> run(const std::string& directory) {
      write_file(directory + "/old", "");
      file_watcher watcher;
      watcher.watch(directory + "/", file_change::moved_from | file_change::moved_to);
      std::filesystem::rename(directory + "/old", directory + "/new");
      const file_event from = co_await watcher.next();
      const file_event to = co_await watcher.next();
      EXPECT_EQ(from.path, directory + "/old") << "no second slash";
      EXPECT_EQ(from.kinds, file_change::moved_from);
      EXPECT_EQ(to.path, directory + "/new");
      EXPECT_EQ(to.kinds, file_change::moved_to);
      EXPECT_NE(from.cookie, 0U);
      EXPECT_EQ(from.cookie, to.cookie);
    }
  };
  run(body::run(directory()));
}

TEST_P(file_watcher_test, a_file_that_is_deleted_ends_its_watch) {
  struct body {
    static task<void> run(const std::string& directory) {
      const std::string path = directory + "/file";
      write_file(path, "");
      file_watcher watcher;
      watcher.watch(path, file_change::self_deleted);
      std::filesystem::remove(path);
      const auto events = co_await read_events(watcher, 2, directory);
      EXPECT_THAT(events, ElementsAre("self_deleted /file", "unwatched /file"));
      EXPECT_FALSE(watcher.unwatch(path));
      write_file(path, "");
      const bool nothing = co_await nothing_comes(watcher);
      EXPECT_TRUE(nothing) << "another file";
    }
  };
  run(body::run(directory()));
}

TEST_P(file_watcher_test, after_unwatch_nothing_comes_not_even_what_has_happened) {
  struct body {
    static task<void> run(const std::string& directory) {
      const std::string other = directory + "/other";
      std::filesystem::create_directory(other);
      file_watcher watcher;
      watcher.watch(directory, file_change::created);
      watcher.watch(other, file_change::created);
      write_file(directory + "/1", "");
      write_file(other + "/2", "");
      write_file(directory + "/3", "");
      const file_event first = co_await watcher.next();  // The others have been read with it.
      EXPECT_EQ(first.path, directory + "/1");
      EXPECT_TRUE(watcher.unwatch(directory));
      write_file(directory + "/4", "");
      const file_event second = co_await watcher.next();
      EXPECT_EQ(second.path, other + "/2");
      const bool nothing = co_await nothing_comes(watcher);
      EXPECT_TRUE(nothing);
      EXPECT_FALSE(watcher.unwatch(directory));
    }
  };
  run(body::run(directory()));
}

TEST_P(file_watcher_test, what_is_not_there_cannot_be_watched_and_is_named) {
  file_watcher watcher;
  std::string said;
  try {
    watcher.watch(directory() + "/nothing");
  } catch (const error& refused) {
    EXPECT_EQ(refused.number(), ENOENT);
    said = refused.what();
  }
  EXPECT_EQ(said, "inotify_add_watch " + directory() + "/nothing: No such file or directory");
}

TEST_P(file_watcher_test, the_cancellation_of_a_wait_loses_no_event) {
  struct body {
    static task<void> note_next(file_watcher& watcher, std::vector<std::string>& paths) {
      const file_event event = co_await watcher.next();
      paths.push_back(event.path);
    }
    static task<void> run(const std::string& directory, int rounds) {
      file_watcher watcher;
      watcher.watch(directory, file_change::created);
      std::vector<std::string> created;
      std::vector<std::string> told;
      for (int round = 0; round < rounds; ++round) {
        auto waiting = spawn(note_next(watcher, told));
        for (int turn = 0; turn < round % 5; ++turn) {
          co_await yield();
        }
        created.push_back(directory + "/" + std::to_string(round));
        write_file(created.back(), "");
        for (int turn = 0; turn < round % 3; ++turn) {
          co_await yield();
        }
        waiting.cancel();
        try {
          co_await waiting;
        } catch (const cancelled_error&) {
          // With or without an event: all are counted at the end.
        }
      }
      while (told.size() < created.size()) {
        co_await timeout(20s, note_next(watcher, told));
      }
      EXPECT_EQ(told, created);
    }
  };
  run(body::run(directory(), testing::scaled(200)));
}

std::size_t queue_length_max() {
  std::size_t length = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> length;
  return length;
}

TEST_P(file_watcher_test, that_events_were_lost_is_told) {
  const std::size_t length = queue_length_max();
  if (length == 0 || length > 100'000) {
    std::cout << "NOT TESTED: the kernel's queue holds " << length << " events" << std::endl;
    GTEST_SKIP() << "too long a queue";
  }
  struct body {
    static task<void> run(const std::string& directory, std::size_t length) {
      write_file(directory + "/a", "");
      write_file(directory + "/b", "");
      file_watcher watcher;
      watcher.watch(directory, file_change::attributes);
      // In turns: equal events in a row are told once.
      for (std::size_t each = 0; each <= length; ++each) {
        const std::string path = directory + (each % 2 == 0 ? "/a" : "/b");
        EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), nullptr, 0), 0);
      }
      std::size_t told = 0;
      while (true) {
        const file_event event = co_await watcher.next();
        if (has(event.kinds, file_change::overflow)) {
          EXPECT_EQ(event.path, "");
          break;
        }
        ++told;
      }
      EXPECT_GE(told, length - 1);
      EXPECT_LE(told, length);
      EXPECT_EQ(utimensat(AT_FDCWD, (directory + "/a").c_str(), nullptr, 0), 0);
      const file_event event = co_await watcher.next();
      EXPECT_EQ(event.path, directory + "/a") << "and it goes on";
    }
  };
  run(body::run(directory(), length));
}

}  // namespace
}  // namespace jackdaw::io
