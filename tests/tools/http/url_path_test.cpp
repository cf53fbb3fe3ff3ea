// Goal: a path is decoded once, and what no file is called is told from what is malformed.

#include <jackdaw/tools/http/url_path.hpp>

#include <gtest/gtest.h>

#include <string>

namespace jackdaw::http {
namespace {

using namespace std::string_literals;

TEST(url_path, is_decoded_once) {
  const struct {
    std::string path;
    std::string name;
  } rows[] = {
      {"/", "/"},
      {"/a/b.txt", "/a/b.txt"},
      {"/a%20b", "/a b"},
      {"/%41%7e%C3%bc", "/A~\xC3\xBC"},
      {"/%2e%2E/x", "/../x"},
      {"/%25", "/%"},
      {"/%2541", "/%41"},
      {"/a+b", "/a+b"},
      {"", ""},
  };
  for (const auto& row : rows) {
    std::string name;
    EXPECT_EQ(decode_path(row.path, name), status::none) << row.path;
    EXPECT_EQ(name, row.name);
  }
}

TEST(url_path, broken_encoding_and_nul_are_malformed) {
  for (const std::string& path :
       {"/%"s, "/%4"s, "/%g0"s, "/%0g"s, "/a%"s, "/%%41"s, "/%00"s, "/a%00b"s, "/a\0b"s, "/%-1"s}) {
    std::string name;
    EXPECT_EQ(decode_path(path, name), status::bad_request) << path;
  }
}

TEST(url_path, no_file_has_a_slash_in_its_name) {
  for (const char* const path : {"/%2f", "/a%2Fb", "/..%2fetc"}) {
    std::string name;
    EXPECT_EQ(decode_path(path, name), status::not_found) << path;
  }
}

}  // namespace
}  // namespace jackdaw::http
