// Goal: reports are valid JSON in the order in which they were written, and files appear whole.

#include <jackdaw/tools/json_text.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace jackdaw::tools {
namespace {

TEST(json_text, keeps_order_types_and_nesting) {
  const json_object inner = {{"p50", 1.5}};
  const json_object object = {{"z", std::uint64_t{18446744073709551615U}},
                              {"a", std::string("say \"hi\"\n")},
                              {"latency", inner}};
  EXPECT_EQ(to_json(object),
            "{\"z\":18446744073709551615,\"a\":\"say \\\"hi\\\"\\n\",\"latency\":{\"p50\":1.5}}\n");
  EXPECT_EQ(to_json({}), "{}\n");
}

TEST(json_text, survives_bytes_that_are_no_utf_8) {
  EXPECT_EQ(to_json({{"x", std::string("a\xff")}}), "{\"x\":\"a\xef\xbf\xbd\"}\n");
}

TEST(write_file, replaces_a_file_in_one_step) {
  const std::string path = testing::TempDir() + "jackdaw-json-" + std::to_string(getpid());
  write_file(path, "old and long\n");
  write_file(path, "new\n");
  std::ifstream file(path);
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(content, "new\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  std::filesystem::remove(path);
}

TEST(write_file, names_the_file_that_cannot_be_written) {
  try {
    write_file("/no/such/directory/file", "x");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/directory/file"), std::string::npos);
    EXPECT_EQ(error.code().value(), ENOENT);
  }
}

}  // namespace
}  // namespace jackdaw::tools
