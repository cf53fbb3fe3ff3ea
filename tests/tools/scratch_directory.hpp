// A directory for one test, which takes everything in it along.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace jackdaw::test {

class scratch_directory {
 public:
  scratch_directory() : path_(::testing::TempDir() + "jackdaw-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

  /// Makes the directories on the way.
  void write(std::string_view name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary | std::ios::trunc)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

/// Bytes that do not look alike wherever one looks.
inline std::string pattern_of(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 0x9E37'79B9'7F4A'7C15;
  for (char& byte : bytes) {
    state = state * 6'364'136'223'846'793'005 + 1;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace jackdaw::test
