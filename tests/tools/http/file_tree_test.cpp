// Goal: below the directory every file is found, and nothing outside of it, whatever the path says; what is
// remembered is believed for a second, and bounded.

#include <jackdaw/io/error.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tools/http/file_tree.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace jackdaw::http {
namespace {

using namespace std::chrono_literals;

constexpr time_point start = time_point(1h);

class tree : public testing::Test {
 protected:
  tree() {
    directory_.write("site/index.html", "<p>");
    directory_.write("site/a.txt", "a");
    directory_.write("site/a b", "spaced");
    directory_.write("site/sub/b.txt", "b");
    directory_.write("site/with/index.html/c.txt", "c");
    directory_.write("secret.txt", "secret");
  }

  // The content, or the status.
  std::string get(const std::string& path, time_point now = start) {
    const looked_up found = files_.look_up(path, now);
    return found.code == status::ok ? std::string(found.file->content())
                                    : std::to_string(static_cast<int>(found.code));
  }
  void link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(symlink(target.c_str(), directory_.path("site/" + name).c_str()), 0);
  }

  test::scratch_directory directory_;
  file_tree files_{(directory_.write("site/x", "x"), directory_.path("site"))};
};

TEST_F(tree, has_its_files_and_their_statuses) {
  EXPECT_EQ(get("/a.txt"), "a");
  EXPECT_EQ(get("/a%20b"), "spaced");
  EXPECT_EQ(get("//sub//b.txt"), "b");
  EXPECT_EQ(get("/sub/../a.txt"), "a");
  EXPECT_EQ(get("/"), "<p>");
  EXPECT_EQ(get("/sub"), "301");
  EXPECT_EQ(get("/sub/"), "403");  // No index, and no listing.
  EXPECT_EQ(get("/with/"), "403");
  EXPECT_EQ(get("/none"), "404");
  EXPECT_EQ(get("/none/"), "404");
  EXPECT_EQ(get("/a.txt/"), "404");
  EXPECT_EQ(get("/a.txt/b"), "404");
  EXPECT_EQ(get("/%"), "400");
  EXPECT_EQ(get("/" + std::string(300, 'x')), "404");
}

TEST_F(tree, nothing_leads_out_of_it) {
  link("../secret.txt", "out");
  link(directory_.path("secret.txt"), "absolute");
  link("a.txt", "inside");
  link("/proc/self/root", "magic");
  link("loop", "loop");
  EXPECT_EQ(get("/inside"), "a");
  for (const char* const path :
       {"/out", "/absolute", "/magic/etc/passwd", "/loop", "/../secret.txt", "/..", "/../",
        "/%2e%2e/secret.txt", "/sub/../../secret.txt", "//../secret.txt"}) {
    EXPECT_EQ(get(path), "403") << path;
  }
  EXPECT_EQ(get("/..%2fsecret.txt"), "404");
}

TEST_F(tree, only_files_are_files) {
  ASSERT_EQ(mkfifo(directory_.path("site/pipe").c_str(), 0600), 0);
  EXPECT_EQ(get("/pipe"), "403");  // And nobody waited for a writer.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = directory_.path("site/socket");
  ASSERT_LT(name.size(), sizeof address.sun_path);
  std::strcpy(address.sun_path, name.c_str());
  const io::file_descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(get("/socket"), "403");
}

TEST_F(tree, what_may_not_be_read_is_forbidden) {
  if (geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  chmod(directory_.path("site/a.txt").c_str(), 0);
  EXPECT_EQ(get("/a.txt"), "403");
}

TEST_F(tree, stays_where_it_was_opened) {
  ASSERT_EQ(rename(directory_.path("site").c_str(), directory_.path("moved").c_str()), 0);
  EXPECT_EQ(get("/a.txt"), "a");
}

TEST_F(tree, is_not_made_of_what_is_no_directory) {
  EXPECT_THROW(file_tree(directory_.path("none")), io::error);
  EXPECT_THROW(file_tree(directory_.path("secret.txt")), io::error);
}

TEST_F(tree, what_was_found_is_believed_for_a_second) {
  EXPECT_EQ(files_.find("/a.txt", start), nullptr);
  EXPECT_EQ(get("/a.txt"), "a");
  ASSERT_NE(files_.find("/a.txt", start), nullptr);
  directory_.write("site/a.txt", "changed");
  EXPECT_EQ(files_.find("/a.txt", start + 999ms)->content(), "a");
  EXPECT_EQ(files_.find("/a.txt", start + 1s), nullptr);         // Who asks then looks;
  EXPECT_EQ(files_.find("/a.txt", start + 1s)->content(), "a");  // others need not.
  EXPECT_EQ(get("/a.txt", start + 1s), "changed");
  EXPECT_EQ(files_.find("/a.txt", start + 1s)->content(), "changed");
}

TEST_F(tree, an_unchanged_file_is_not_read_again) {
  EXPECT_EQ(get("/a.txt"), "a");
  const auto before = files_.find("/a.txt", start);
  EXPECT_EQ(get("/a.txt", start + 5s), "a");
  EXPECT_EQ(files_.find("/a.txt", start + 5s), before);
}

TEST_F(tree, a_file_that_has_gone_is_forgotten) {
  EXPECT_EQ(get("/a.txt"), "a");
  EXPECT_EQ(files_.size(), 1u);
  unlink(directory_.path("site/a.txt").c_str());
  EXPECT_EQ(get("/a.txt", start + 1s), "404");
  EXPECT_EQ(files_.size(), 0u);
  EXPECT_EQ(files_.find("/a.txt", start + 1s), nullptr);
}

TEST_F(tree, remembers_so_many_files_and_no_more) {
  for (std::size_t number = 0; number < 2 * file_tree::files_max; ++number) {
    // Spellings of the same file, as somebody might send who wants the memory to himself.
    ASSERT_EQ(get(std::string(number + 1, '/') + "a.txt"), "a");
  }
  EXPECT_LE(files_.size(), file_tree::files_max);
  EXPECT_GT(files_.size(), file_tree::files_max / 2);
  const std::string last = std::string(2 * file_tree::files_max, '/') + "a.txt";
  EXPECT_NE(files_.find(last, start), nullptr);
}

TEST_F(tree, remembers_so_many_bytes_and_no_more) {
  const std::string content(served_file::content_bytes_max, 'x');
  for (int number = 0; number < 600; ++number) {
    const std::string name = "large" + std::to_string(number);
    directory_.write("site/" + name, content);
    ASSERT_EQ(get("/" + name), content);
  }
  EXPECT_LE(files_.size() * content.size(), file_tree::bytes_max);
}

}  // namespace
}  // namespace jackdaw::http
