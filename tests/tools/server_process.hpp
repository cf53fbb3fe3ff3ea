// `jackdaw serve` as a child process, in one of the combinations of mode and backend.
#pragma once

#include <jackdaw/tests/tools/child_process.hpp>
#include <jackdaw/tests/tools/raw_client.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace jackdaw::test {

struct combination {
  const char* mode;
  const char* backend;
  const char* workers;
};

inline std::string name_of(const ::testing::TestParamInfo<combination>& info) {
  return std::string(info.param.mode) + "_" + info.param.workers + "_" + info.param.backend;
}

inline auto every_combination() {
  return ::testing::Values(combination{"multi", "io_uring", "2"}, combination{"multi", "epoll", "2"},
                         combination{"asyncio", "io_uring", "1"},
                         combination{"asyncio", "epoll", "1"});
}

class server_process {
 public:
  /// `descriptors`: RLIMIT_NOFILE of the process, 0 for ours.
  explicit server_process(const combination& how, std::vector<std::string> more = {},
                          unsigned descriptors = 0)
      : process_(command(how, std::move(more), descriptors)) {
    const std::string line = process_.read_line();
    const std::size_t colon = line.find(':', line.find("//"));
    if (line.find("//") != std::string::npos && colon != std::string::npos) {
      port_ = static_cast<std::uint16_t>(std::strtoul(line.c_str() + colon + 1, nullptr, 10));
    }
  }

  /// False where this machine refuses the backend: the test should skip itself.
  [[nodiscard]] bool listens() const noexcept { return port_ != 0; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] child_process& process() noexcept { return process_; }
  /// What it wrote to standard error: the reason, if a test fails.
  [[nodiscard]] std::string words() const { return process_.error_text(); }
  [[nodiscard]] raw_client connect() const { return raw_client(port_); }

  /// Null if the server did not answer.
  [[nodiscard]] static nlohmann::json stats(raw_client& client) {
    constexpr bool throwing = false;
    const http_reply reply = client.ask(get("/stats"));
    return nlohmann::json::parse(reply.status == 200 ? reply.body : "null", nullptr, throwing);
  }
  [[nodiscard]] nlohmann::json stats() const {
    raw_client client(port_);
    return stats(client);
  }

  /// One word for "it works": a new client is answered.
  [[nodiscard]] bool healthy() const {
    raw_client client(port_);
    return client.ask(get("/")).body == "Hello, World!\n";
  }

 private:
  static std::vector<std::string> command(const combination& how, std::vector<std::string> more,
                                          unsigned descriptors) {
    std::vector<std::string> words;
    if (descriptors != 0) {
      words = {"/bin/sh", "-c",
               "ulimit -n " + std::to_string(descriptors) + "; exec \"$0\" \"$@\""};
    }
    for (const char* const word : {JACKDAW_COMMAND, "serve", "--http", "127.0.0.1:0", "--mode",
                                   how.mode, "--backend", how.backend, "--workers", how.workers}) {
      words.emplace_back(word);
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  child_process process_;
  std::uint16_t port_ = 0;
};

}  // namespace jackdaw::test

/// Skips the test where the kernel, or whoever sandboxes us, refuses the backend. Loudly.
#define JACKDAW_REQUIRE_LISTENING(server)                                 \
  if (!(server).listens()) {                                              \
    static_cast<void>((server).process().wait(std::chrono::seconds(10))); \
    const std::string words = (server).process().error_text();            \
    ASSERT_NE(words.find("io_uring"), std::string::npos) << words;        \
    GTEST_SKIP() << "refused here: " << words;                            \
  }                                                                       \
  static_cast<void>(0)
