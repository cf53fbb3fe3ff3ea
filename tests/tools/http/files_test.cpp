// Goal: the server serves the files of a directory as HTTP wants it, cached or not, in every mode and on every
// backend; clients of others agree. Method: the real command, raw bytes and curl.

#include <jackdaw/tests/tools/other_programs.hpp>
#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tests/tools/server_process.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

namespace jackdaw::test {
namespace {

class files : public testing::TestWithParam<combination> {
 protected:
  files() {
    site_.write("index.html", "<p>home</p>\n");
    site_.write("a.txt", "0123456789");
    site_.write("sub dir/index.html", "sub\n");
    site_.write("bare/x.css", "p{}");
    const timespec times[] = {{784'111'777, 0}, {784'111'777, 0}};
    utimensat(AT_FDCWD, site_.path("a.txt").c_str(), times, 0);
  }
  [[nodiscard]] std::vector<std::string> options() const { return {"--root", site_.path()}; }

  static std::string ask_for(const std::string& path, const std::string& fields = "",
                             const std::string& verb = "GET") {
    return verb + " " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }

  scratch_directory site_;
};
INSTANTIATE_TEST_SUITE_P(, files, every_combination(), name_of);

std::string value_of(const http_reply& reply, const std::string& field) {
  const std::size_t at = reply.head.find("\r\n" + field + ": ");
  if (at == std::string::npos) {
    return "";
  }
  const std::size_t begin = at + field.size() + 4;
  return reply.head.substr(begin, reply.head.find("\r\n", begin) - begin);
}

TEST_P(files, are_served_with_what_there_is_to_say_of_them) {
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  for (int round = 0; round < 3; ++round) {  // The first one looks, the others know.
    const http_reply reply = client.ask(ask_for("/a.txt"));
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.body, "0123456789");
    EXPECT_EQ(value_of(reply, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(value_of(reply, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(value_of(reply, "Accept-Ranges"), "bytes");
    const std::string tag = value_of(reply, "ETag");
    ASSERT_GT(tag.size(), 2u);

    client.send(ask_for("/a.txt", "", "HEAD"));
    const http_reply head = client.read_reply(10s, true);
    EXPECT_EQ(value_of(head, "Content-Length"), "10");
    EXPECT_EQ(value_of(head, "ETag"), tag);

    const http_reply known = client.ask(ask_for("/a.txt", "If-None-Match: " + tag + "\r\n"));
    EXPECT_EQ(known.status, 304u);
    EXPECT_EQ(known.body, "");
    EXPECT_EQ(value_of(known, "ETag"), tag);
    EXPECT_EQ(value_of(known, "Content-Length"), "");
    EXPECT_EQ(client.ask(ask_for("/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))
                  .status,
              304u);

    const http_reply part = client.ask(ask_for("/a.txt", "Range: bytes=2-4\r\n"));
    EXPECT_EQ(part.status, 206u);
    EXPECT_EQ(part.body, "234");
    EXPECT_EQ(value_of(part, "Content-Range"), "bytes 2-4/10");
    const http_reply beyond = client.ask(ask_for("/a.txt", "Range: bytes=10-\r\n"));
    EXPECT_EQ(beyond.status, 416u);
    EXPECT_EQ(value_of(beyond, "Content-Range"), "bytes */10");
    const http_reply several = client.ask(ask_for("/a.txt", "Range: bytes=0-1,4-5\r\n"));
    EXPECT_EQ(several.status, 200u);
    EXPECT_EQ(several.body, "0123456789");
    EXPECT_EQ(client.ask(ask_for("/a.txt", "If-Match: \"x\"\r\n")).status, 412u);
  }
}

TEST_P(files, directories_have_an_index_or_nothing) {
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  EXPECT_EQ(client.ask(ask_for("/")).body, "<p>home</p>\n");
  EXPECT_EQ(client.ask(ask_for("/?query")).body, "<p>home</p>\n");
  EXPECT_EQ(client.ask(ask_for("/sub%20dir/")).body, "sub\n");
  const http_reply moved = client.ask(ask_for("/sub%20dir?a=b"));
  EXPECT_EQ(moved.status, 301u);
  EXPECT_EQ(value_of(moved, "Location"), "/sub%20dir/?a=b");
  // Never to another host.
  EXPECT_EQ(value_of(client.ask(ask_for("//bare")), "Location"), "/bare/");
  EXPECT_EQ(client.ask(ask_for("/bare/")).status, 403u);
  EXPECT_EQ(client.ask(ask_for("/none")).status, 404u);
  EXPECT_EQ(client.ask(ask_for("/%zz")).status, 400u);
  EXPECT_EQ(client.ask(ask_for("/../../etc/passwd")).status, 403u);
}

TEST_P(files, take_the_place_of_the_examples) {
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  EXPECT_EQ(client.ask(ask_for("/json")).status, 404u);
  EXPECT_EQ(client.ask(ask_for("/sleep?ms=1")).status, 404u);
  EXPECT_EQ(client.ask(ask_for("/stats")).status, 200u);
  EXPECT_EQ(prometheus_reader(client.ask(ask_for("/metrics")).body).complaints(), "");
  const http_reply post =
      client.ask("POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(post.status, 405u);
  EXPECT_EQ(value_of(post, "Allow"), "GET, HEAD");
}

TEST_P(files, are_answered_in_order_among_those_that_are_not_there) {
  site_.write("large", pattern_of(300'000));
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  const std::string large = site_.read("large");
  std::string requests;
  for (int round = 0; round < 10; ++round) {
    requests += ask_for("/a.txt") + ask_for("/large") + ask_for("/none") + ask_for("/") +
                ask_for("/large", "Range: bytes=100000-\r\n");
  }
  ASSERT_TRUE(client.send(requests));
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(client.read_reply().body, "0123456789");
    ASSERT_TRUE(client.read_reply().body == large);
    ASSERT_EQ(client.read_reply().status, 404u);
    ASSERT_EQ(client.read_reply().body, "<p>home</p>\n");
    ASSERT_TRUE(client.read_reply().body == large.substr(100'000));
  }
}

TEST_P(files, that_change_are_served_changed) {
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  const http_reply before = client.ask(ask_for("/a.txt"));
  site_.write("a.txt", "changed");
  http_reply after;
  const auto limit = std::chrono::steady_clock::now() + 10s;
  do {
    after = client.ask(ask_for("/a.txt", "If-None-Match: " + value_of(before, "ETag") + "\r\n"));
  } while (after.status == 304 && std::chrono::steady_clock::now() < limit);
  EXPECT_EQ(after.body, "changed");
}

TEST_P(files, satisfy_curl) {
  JACKDAW_REQUIRE_PROGRAM("curl");
  site_.write("large", pattern_of(5'000'000));
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  const scratch_directory into;
  const std::string url = process.url() + "/large";
  ASSERT_EQ(curl({"-o", into.path("whole"), url}).status, 0);
  EXPECT_TRUE(into.read("whole") == site_.read("large"));
  // A download that broke off is resumed.
  into.write("resumed", site_.read("large").substr(0, 1'234'567));
  ASSERT_EQ(curl({"-C", "-", "-o", into.path("resumed"), url}).status, 0);
  EXPECT_TRUE(into.read("resumed") == site_.read("large"));
  // What one has already is not fetched again.
  ASSERT_EQ(curl({"--etag-save", into.path("etag"), "-o", into.path("first"), url}).status, 0);
  const program_result again = curl({"--etag-compare", into.path("etag"), "-o", into.path("again"),
                                     "-w", "%{http_code} %{size_download}", url});
  EXPECT_EQ(again.output, "304 0");
  const program_result followed =
      curl({"-L", "-w", "%{num_redirects}", process.url() + "/sub%20dir"});
  EXPECT_EQ(followed.output, "sub\n1");
}

}  // namespace
}  // namespace jackdaw::test
