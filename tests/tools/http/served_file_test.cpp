// Goal: conditions and ranges give what RFC 9110 says, for every spelling; a file is known again by its facts.

#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tools/http/request_parser.hpp>
#include <jackdaw/tools/http/response.hpp>
#include <jackdaw/tools/http/served_file.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <span>
#include <string>

namespace jackdaw::http {
namespace {

constexpr std::time_t modified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

class served : public testing::Test {
 protected:
  std::shared_ptr<const served_file> file_of(std::string_view content) const {
    directory_.write("file.txt", content);
    io::file_descriptor opened(::open(directory_.path("file.txt").c_str(), O_RDONLY | O_CLOEXEC));
    const timespec times[] = {{modified, 0}, {modified, 0}};
    futimens(opened.get(), times);
    fstat(opened.get(), &facts_);
    return std::make_shared<const served_file>(std::move(opened), facts_, "file.txt");
  }

  // "200 0+10" for the whole of ten bytes.
  std::string part(const std::string& fields, const char* verb = "GET") const {
    request_parser parser;
    const std::string text = std::string(verb) + " / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    EXPECT_EQ(parser.feed(std::as_bytes(std::span(text))).outcome, progress::complete) << text;
    const file_part chosen = choose_part(parser.message(), *file_);
    return std::to_string(static_cast<int>(chosen.code)) + " " + std::to_string(chosen.offset) +
           "+" + std::to_string(chosen.length);
  }

  test::scratch_directory directory_;
  mutable struct stat facts_{};
  std::shared_ptr<const served_file> file_ = file_of("0123456789");
};

TEST_F(served, ranges_are_what_they_say) {
  const struct {
    const char* range;
    const char* part;
  } rows[] = {
      {"bytes=0-0", "206 0+1"},    {"bytes=0-9", "206 0+10"},
      {"bytes=2-4", "206 2+3"},    {"bytes=9-", "206 9+1"},
      {"bytes=5-999", "206 5+5"},  {"bytes=5-99999999999999999999", "200 0+10"},  // No number.
      {"bytes=-3", "206 7+3"},     {"bytes=-10", "206 0+10"},
      {"bytes=-99", "206 0+10"},   {"BYTES=1-1", "206 1+1"},
      {"bytes=10-", "416 0+0"},    {"bytes=10-20", "416 0+0"},
      {"bytes=-0", "416 0+0"},     {"bytes=0-1,3-4", "200 0+10"},
      {"bytes=4-2", "200 0+10"},   {"bytes=-", "200 0+10"},
      {"bytes=", "200 0+10"},      {"bytes=a-b", "200 0+10"},
      {"bytes=+1-2", "200 0+10"},  {"bytes=1--2", "200 0+10"},
      {"bytes=0x1-2", "200 0+10"}, {"lines=1-2", "200 0+10"},
      {"1-2", "200 0+10"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(part("Range: " + std::string(row.range) + "\r\n"), row.part) << row.range;
  }
  EXPECT_EQ(part("Range: bytes=2-4\r\n", "HEAD"), "200 0+10");
}

TEST_F(served, an_empty_file_has_no_ranges) {
  file_ = file_of("");
  EXPECT_EQ(part(""), "200 0+0");
  EXPECT_EQ(part("Range: bytes=0-\r\n"), "416 0+0");
  EXPECT_EQ(part("Range: bytes=-5\r\n"), "416 0+0");
}

TEST_F(served, a_client_that_has_it_is_told_so) {
  const std::string tag = file_->entity_tag();
  const std::string has = "304 0+0";
  const std::string whole = "200 0+10";
  const struct {
    std::string fields;
    std::string part;
  } rows[] = {
      {"If-None-Match: " + tag + "\r\n", has},
      {"If-None-Match: W/" + tag + "\r\n", has},
      {"If-None-Match: \"other, one\", " + tag + "\r\n", has},
      {"If-None-Match: *\r\n", has},
      {"If-None-Match: \"other\"\r\n", whole},
      {"If-None-Match: " + tag.substr(0, tag.size() - 1) + "\r\n", whole},
      {"If-None-Match: \"\r\n", whole},
      {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", has},
      {"If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n", has},
      {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", whole},
      {"If-Modified-Since: once\r\n", whole},
      // The tag is the better evidence, and the date is not looked at.
      {"If-None-Match: \"other\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", whole},
      {"If-None-Match: " + tag + "\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", has},
      {"If-None-Match: " + tag + "\r\nRange: bytes=0-1\r\n", has},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(part(row.fields), row.part) << row.fields;
    EXPECT_EQ(part(row.fields, "HEAD"), row.part) << row.fields;
  }
}

TEST_F(served, a_client_that_wants_the_same_file_or_none_gets_that) {
  const std::string tag = file_->entity_tag();
  EXPECT_EQ(part("If-Match: " + tag + "\r\n"), "200 0+10");
  EXPECT_EQ(part("If-Match: *\r\n"), "200 0+10");
  EXPECT_EQ(part("If-Match: \"other\"\r\n"), "412 0+0");
  EXPECT_EQ(part("If-Match: W/" + tag + "\r\n"), "412 0+0");  // The strong comparison.
  EXPECT_EQ(part("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200 0+10");
  EXPECT_EQ(part("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), "412 0+0");
}

TEST_F(served, the_rest_of_a_file_is_the_rest_of_the_same_file) {
  const std::string range = "Range: bytes=4-\r\n";
  EXPECT_EQ(part(range + "If-Range: " + file_->entity_tag() + "\r\n"), "206 4+6");
  EXPECT_EQ(part(range + "If-Range: W/" + file_->entity_tag() + "\r\n"), "200 0+10");
  EXPECT_EQ(part(range + "If-Range: \"other\"\r\n"), "200 0+10");
  EXPECT_EQ(part(range + "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "206 4+6");
  EXPECT_EQ(part(range + "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n"), "200 0+10");
}

TEST_F(served, small_ones_are_held_and_large_ones_are_open) {
  EXPECT_TRUE(file_->is_in_memory());
  EXPECT_EQ(file_->content(), "0123456789");
  EXPECT_EQ(file_->content_type(), "text/plain; charset=utf-8");
  EXPECT_EQ(file_->fields(), "\r\nLast-Modified: " + format_date(modified) +
                                 "\r\nETag: " + file_->entity_tag() + "\r\nAccept-Ranges: bytes");
  const auto large = file_of(std::string(served_file::content_bytes_max + 1, 'x'));
  EXPECT_FALSE(large->is_in_memory());
  EXPECT_GE(large->descriptor(), 0);
  EXPECT_TRUE(file_of(std::string(served_file::content_bytes_max, 'x'))->is_in_memory());
}

TEST_F(served, is_known_again_until_it_changes) {
  EXPECT_TRUE(file_->is_still(facts_));
  const std::string tag = file_->entity_tag();
  const auto longer = file_of("0123456789a");
  EXPECT_FALSE(file_->is_still(facts_));
  EXPECT_NE(longer->entity_tag(), tag);
}

}  // namespace
}  // namespace jackdaw::http
