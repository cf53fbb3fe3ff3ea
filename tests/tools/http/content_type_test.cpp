// Goal: the extension decides, whatever the case of its letters, and nothing else does.

#include <jackdaw/tools/http/content_type.hpp>

#include <gtest/gtest.h>

namespace jackdaw::http {
namespace {

TEST(content_type, is_that_of_the_extension) {
  const struct {
    const char* name;
    const char* type;
  } rows[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"a/b/STYLE.CSS", "text/css; charset=utf-8"},
      {"app.min.js", "text/javascript; charset=utf-8"},
      {"data.json", "application/json"},
      {"logo.svg", "image/svg+xml"},
      {"font.woff2", "font/woff2"},
      {"a.tar.gz", "application/gzip"},
      {"module.wasm", "application/wasm"},
      {"unknown.xyz", "application/octet-stream"},
      {"html", "application/octet-stream"},
      {".html", "application/octet-stream"},
      {"dir.html/file", "application/octet-stream"},
      {"ends.", "application/octet-stream"},
      {"", "application/octet-stream"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(content_type_of(row.name), row.type) << row.name;
  }
}

}  // namespace
}  // namespace jackdaw::http
