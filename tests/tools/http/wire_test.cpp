// Goal: over TLS the server does what it does without: requests, files, drains, time limits. Method: curl and
// openssl as clients, which also say whether the end was a good-bye.

#include <jackdaw/tests/tools/other_programs.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tests/tools/tls_identity.hpp>
#include <jackdaw/tools/http/wire.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace jackdaw::test {
namespace {

class wire : public ::testing::TestWithParam<combination> {
 protected:
  [[nodiscard]] std::vector<std::string> options(std::vector<std::string> more = {}) const {
    const std::vector<std::string> own = identity_.options();
    more.insert(more.end(), own.begin(), own.end());
    return more;
  }
  [[nodiscard]] static std::string url(const server_process& process, const std::string& path) {
    return "https://127.0.0.1:" + std::to_string(process.port()) + path;
  }
  [[nodiscard]] program_result fetch(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--cacert", identity_.authority_file()});
    return curl(std::move(arguments));
  }

  tls_identity identity_;
};
INSTANTIATE_TEST_SUITE_P(, wire, every_combination(), name_of);

TEST_P(wire, curl_trusts_the_server_and_is_answered) {
  JACKDAW_REQUIRE_PROGRAM("curl");
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  const program_result plain = fetch({url(process, "/")});
  EXPECT_EQ(plain.status, 0) << plain.errors;
  EXPECT_EQ(plain.output, "Hello, World!");
  // ALPN: a client that would rather speak HTTP/2 speaks 1.1.
  EXPECT_EQ(fetch({"-w", "%{http_version}", "-o", "/dev/null", url(process, "/")}).output, "1.1");
  // Several requests on one connection, bodies in both directions.
  const std::string body(200'000, 'b');
  const scratch_directory scratch;
  scratch.write("body", body);
  const program_result many = fetch(
      {"-w", "%{num_connects}\n", "-o", "/dev/null", url(process, "/json"), "-o",
       scratch.path("echo"), "--data-binary", "@" + scratch.path("body"), url(process, "/echo")});
  EXPECT_EQ(many.status, 0) << many.errors;
  const program_result echo = fetch({"-o", scratch.path("echo"), "--data-binary",
                                     "@" + scratch.path("body"), url(process, "/echo")});
  EXPECT_EQ(echo.status, 0) << echo.errors;
  EXPECT_TRUE(scratch.read("echo") == body);
  // Nobody else is trusted.
  EXPECT_NE(curl({url(process, "/")}).status, 0);
}

TEST_P(wire, files_are_sent_encrypted) {
  JACKDAW_REQUIRE_PROGRAM("curl");
  const scratch_directory site;
  site.write("large", pattern_of(3'000'000));
  site.write("small", "small");
  server_process process(GetParam(), options({"--root", site.path()}));
  JACKDAW_REQUIRE_LISTENING(process);
  const scratch_directory into;
  ASSERT_EQ(fetch({"-o", into.path("large"), url(process, "/large"), "-o", into.path("small"),
                   url(process, "/small")})
                .status,
            0);
  EXPECT_TRUE(into.read("large") == site.read("large"));
  EXPECT_EQ(into.read("small"), "small");
  ASSERT_EQ(
      fetch({"-r", "1000000-1999999", "-o", into.path("part"), url(process, "/large")}).status, 0);
  EXPECT_TRUE(into.read("part") == site.read("large").substr(1'000'000, 1'000'000));
}

TEST_P(wire, openssl_agrees_and_sees_a_farewell) {
  JACKDAW_REQUIRE_PROGRAM("openssl");
  server_process process(GetParam(), options({"--idle-timeout-s", "0.3"}));
  JACKDAW_REQUIRE_LISTENING(process);
  for (const char* const version : {"-tls1_2", "-tls1_3"}) {
    // It has no input, so it stays until the server leaves, whose time limit passes.
    const program_result seen = run_program(
        "sh", {"-c",
               "exec 2>&1; printf 'GET /json HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | openssl "
               "s_client -quiet -verify_return_error -no_ign_eof -ign_eof -alpn h2,http/1.1 " +
                   std::string(version) + " -CAfile " + identity_.authority_file() +
                   " -connect 127.0.0.1:" + std::to_string(process.port()) +
                   " | tr -d '\\r' | grep -v '^$'"});
    EXPECT_NE(seen.output.find("HTTP/1.1 200 OK"), std::string::npos) << seen.output;
    EXPECT_NE(seen.output.find("{\"message\":\"Hello, World!\"}"), std::string::npos);
    EXPECT_EQ(seen.output.find("unexpected eof"), std::string::npos) << seen.output;
  }
}

TEST_P(wire, who_does_not_speak_tls_gets_nothing_and_harms_nobody) {
  server_process process(GetParam(), options({"--header-timeout-s", "0.3"}));
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client plain = process.connect();
  EXPECT_EQ(plain.ask(get("/")).status, 0u);
  raw_client silent = process.connect();
  EXPECT_TRUE(silent.ends_within(5s));
  raw_client half = process.connect();
  half.send("\x16\x03\x01");
  EXPECT_TRUE(half.ends_within(5s));
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(5s), 0) << process.words();
}

TEST_P(wire, a_request_in_progress_is_finished_when_the_server_drains) {
  JACKDAW_REQUIRE_PROGRAM("curl");
  server_process process(GetParam(), options());
  JACKDAW_REQUIRE_LISTENING(process);
  child_process slow({*find_program("curl"), "-sS", "--no-buffer", "--cacert",
                      identity_.authority_file(), "-o", "-", url(process, "/"), "-o", "-",
                      url(process, "/sleep?ms=700")});
  EXPECT_EQ(slow.read_line(), "Hello, World!");
  process.process().send(SIGTERM);
  static_cast<void>(slow.read_line());  // "slept", if the second request came before the drain.
  EXPECT_EQ(process.process().wait(10s), 0) << process.words();
}

TEST_P(wire, a_wrong_certificate_is_told_at_the_start) {
  const jackdaw::testing::scratch_file nonsense("nonsense");
  server_process process(GetParam(), {"--tls-cert", nonsense.path(), "--tls-key", nonsense.path()});
  EXPECT_FALSE(process.listens());
  EXPECT_EQ(process.process().wait(10s), 1);
  EXPECT_NE(process.words().find(nonsense.path()), std::string::npos) << process.words();
}

}  // namespace
}  // namespace jackdaw::test
