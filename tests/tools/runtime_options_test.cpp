// Goal: the words of --mode and --backend mean what they say, and wrong ones are named.

#include <jackdaw/tools/runtime_options.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace jackdaw::tools {
namespace {

TEST(runtime_options, words_become_options) {
  EXPECT_EQ(to_io_options({}).mode, io::mode::multi_thread);
  EXPECT_EQ(to_io_options({}).backend, io::backend::automatic);
  const io::options chosen = to_io_options({.mode = "asyncio", .backend = "epoll", .workers = 1});
  EXPECT_EQ(chosen.mode, io::mode::asyncio);
  EXPECT_EQ(chosen.backend, io::backend::epoll);
  EXPECT_EQ(to_io_options({.mode = "multi", .backend = "io_uring", .workers = 3}).workers, 3u);
}

TEST(runtime_options, wrong_words_are_named) {
  const auto complaint = [](const runtime_options& chosen) -> std::string {
    try {
      static_cast<void>(to_io_options(chosen));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(complaint({.mode = "fast", .backend = "auto", .workers = 0}).find("'fast'"),
            std::string::npos);
  EXPECT_NE(complaint({.mode = "multi", .backend = "kqueue", .workers = 0}).find("'kqueue'"),
            std::string::npos);
  EXPECT_NE(complaint({.mode = "asyncio", .backend = "auto", .workers = 2}).find("--workers 2"),
            std::string::npos);
}

}  // namespace
}  // namespace jackdaw::tools
