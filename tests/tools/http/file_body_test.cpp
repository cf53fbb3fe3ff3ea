// Goal: large files arrive whole through sendfile and through TLS, however slowly they are read; one that
// cannot be sent whole ends its connection, and costs nobody else anything.

#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tools/http/file_body.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace jackdaw::test {
namespace {

class file_body : public testing::TestWithParam<combination> {
 protected:
  file_body() {
    site_.write("large", large_);
    site_.write("small", "small");
  }

  scratch_directory site_;
  std::string large_ = pattern_of(8'000'000);
};
INSTANTIATE_TEST_SUITE_P(, file_body, every_combination(), name_of);

TEST_P(file_body, arrives_whole_for_many_at_a_time) {
  server_process process(GetParam(), {"--root", site_.path()});
  JACKDAW_REQUIRE_LISTENING(process);
  std::vector<raw_client> clients;
  for (int number = 0; number < 10; ++number) {
    clients.push_back(process.connect());
    ASSERT_TRUE(clients.back().send(get("/large") + get("/small")));
  }
  for (raw_client& each : clients) {
    EXPECT_TRUE(each.read_reply().body == large_);
    EXPECT_EQ(each.read_reply().body, "small");
  }
  const prometheus_reader read(clients[0].ask(get("/metrics")).body);
  EXPECT_GT(read.value("jackdaw_http_sent_bytes_total"), 10.0 * static_cast<double>(large_.size()));
}

TEST_P(file_body, a_client_that_does_not_read_holds_nobody_up_and_has_its_time) {
  server_process process(GetParam(), {"--root", site_.path(), "--write-timeout-s", "0.5"});
  JACKDAW_REQUIRE_LISTENING(process);
  std::vector<raw_client> lazy;
  for (int number = 0; number < 20; ++number) {
    lazy.push_back(process.connect());
    ASSERT_TRUE(lazy.back().send(get("/large")));
  }
  raw_client client = process.connect();
  EXPECT_EQ(client.ask(get("/small")).body, "small");
  const auto limit = std::chrono::steady_clock::now() + 10s;
  std::optional<double> open;
  do {
    open =
        prometheus_reader(client.ask(get("/metrics")).body).value("jackdaw_http_connections_open");
  } while (open != 1 && std::chrono::steady_clock::now() < limit);
  EXPECT_EQ(open, 1);
}

TEST_P(file_body, a_file_that_is_cut_off_ends_the_connection) {
  server_process process(GetParam(), {"--root", site_.path()});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  ASSERT_TRUE(client.send(get("/large") + get("/small")));
  ASSERT_TRUE(
      client.wait_readable(10s));  // It is being sent, and more than fits into the socket is left.
  std::filesystem::resize_file(site_.path("large"), 10);
  EXPECT_EQ(client.read_reply().status, 0u);  // Not a whole reply, and nothing in its place.
  EXPECT_TRUE(client.ends_within(5s));
  EXPECT_EQ(process.connect().ask(get("/small")).body, "small");
}

TEST_P(file_body, clients_that_leave_in_the_middle_leave_nothing_behind) {
  server_process process(GetParam(), {"--root", site_.path()});
  JACKDAW_REQUIRE_LISTENING(process);
  for (int number = 0; number < 50; ++number) {
    raw_client client = process.connect();
    ASSERT_TRUE(client.send(get("/large")));
    ASSERT_TRUE(client.wait_readable(10s));
    client.reset();
  }
  raw_client client = process.connect();
  const auto limit = std::chrono::steady_clock::now() + 10s;
  std::optional<double> open;
  do {
    open =
        prometheus_reader(client.ask(get("/metrics")).body).value("jackdaw_http_connections_open");
  } while (open != 1 && std::chrono::steady_clock::now() < limit);
  EXPECT_EQ(open, 1);
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(5s), 0) << process.words();
}

}  // namespace
}  // namespace jackdaw::test
