// Goal: no request fails while servers are replaced: by SIGUSR2, and by a supervisor that keeps the socket. Method:
// clients that never pause, on connections that they keep and on new ones; each of their requests is counted, and
// none may fail, connecting included.

#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tools/http/hand_over.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::test {
namespace {

// Clients of one port until they are destroyed.
class load {
 public:
  explicit load(std::uint16_t port) {
    for (int number = 0; number < 4; ++number) {
      threads_.emplace_back([this, port] { keep_connections(port); });
      threads_.emplace_back([this, port] { connect_anew(port); });
    }
  }
  load(const load&) = delete;
  load& operator=(const load&) = delete;
  ~load() { end(); }

  void end() {
    goes_on_ = false;
    for (std::thread& each : threads_) {
      each.join();
    }
    threads_.clear();
  }
  // Until so many more requests have been answered.
  void await(std::uint64_t count) const {
    const std::uint64_t wanted = answered_ + count;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (answered_ < wanted && failed_ == 0 && std::chrono::steady_clock::now() < limit) {
      std::this_thread::sleep_for(1ms);
    }
  }
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  // As HTTP wants it: a connection is used until a reply says that it was the last.
  void keep_connections(std::uint16_t port) {
    while (goes_on_) {
      raw_client client(port);
      bool kept = true;
      while (goes_on_ && kept) {
        const http_reply reply = client.ask(get("/json"));
        count(reply);
        kept = reply.status == 200 && !reply.has("Connection: close");
      }
    }
  }
  void connect_anew(std::uint16_t port) {
    while (goes_on_) {
      raw_client client(port);
      count(client.ask("GET /sleep?ms=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    }
  }
  void count(const http_reply& reply) { ++(reply.status == 200 ? answered_ : failed_); }

  std::atomic<bool> goes_on_{true};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::vector<std::thread> threads_;
};

class hand_over : public ::testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, hand_over, every_combination(), name_of);

// The process that answers at the port; 0 if none does.
pid_t process_at(std::uint16_t port) {
  raw_client client(port);
  const nlohmann::json stats = server_process::stats(client);
  return stats.is_object() ? stats["pid"].get<pid_t>() : 0;
}

// A server that was not started by us, and that is to end with the test all the same.
struct orphan {
  explicit orphan(pid_t process) : id(process) {}
  orphan(const orphan&) = delete;
  orphan& operator=(const orphan&) = delete;
  ~orphan() {
    if (id > 0) {
      kill(id, SIGKILL);
    }
  }
  pid_t id;
};

TEST_P(hand_over, sigusr2_replaces_the_process_and_no_request_fails) {
  server_process first(GetParam(), {"--idle-grace-s", "5"});
  JACKDAW_REQUIRE_LISTENING(first);
  const std::uint16_t port = first.port();
  orphan current(first.process().id());
  std::set<pid_t> seen = {current.id};
  load clients(port);
  clients.await(200);
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(kill(current.id, SIGUSR2), 0);
    const auto limit = std::chrono::steady_clock::now() + 20s;
    // A predecessor may accept a moment longer than its successor begins to.
    pid_t now = current.id;
    while (seen.contains(now) && std::chrono::steady_clock::now() < limit) {
      now = process_at(port);
    }
    ASSERT_TRUE(seen.insert(now).second);
    ASSERT_NE(now, 0);
    current.id = now;
    clients.await(200);
  }
  EXPECT_EQ(first.process().wait(20s), 0) << first.words();
  clients.end();
  EXPECT_EQ(clients.failed(), 0u);
  EXPECT_GE(clients.answered(), 800u);
  kill(current.id, SIGTERM);
  for (int attempt = 0; attempt < 10'000 && first.connect().connected(); ++attempt) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_FALSE(first.connect().connected());
  current.id = 0;
}

TEST_P(hand_over, a_successor_that_cannot_start_changes_nothing) {
  scratch_directory scratch;
  scratch.write("site/index.html", "Hello, World!\n");
  server_process process(GetParam(), {"--root", scratch.path("site")});
  JACKDAW_REQUIRE_LISTENING(process);
  ASSERT_EQ(rename(scratch.path("site").c_str(), scratch.path("moved").c_str()), 0);
  process.process().send(SIGUSR2);
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (process.words().find("no successor") == std::string::npos &&
         std::chrono::steady_clock::now() < limit) {
    ASSERT_TRUE(process.healthy());
  }
  EXPECT_NE(process.words().find("no successor"), std::string::npos) << process.words();
  EXPECT_EQ(process_at(process.port()), process.process().id());
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(10s), 0) << process.words();
}

// Descriptor 3 of whoever is started through it, as systemd does it.
class supervised_socket {
 public:
  supervised_socket() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, raw, size), 0);
    EXPECT_EQ(listen(socket_, 1024), 0);
    getsockname(socket_, raw, &size);
    port_ = ntohs(address.sin_port);
  }
  supervised_socket(const supervised_socket&) = delete;
  supervised_socket& operator=(const supervised_socket&) = delete;
  ~supervised_socket() { close(socket_); }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::unique_ptr<child_process> start(const combination& how,
                                                     const std::string& count = "1") const {
    const std::string script = "export LISTEN_PID=$$ LISTEN_FDS=" + count +
                               "; exec \"$0\" \"$@\" 3<&" + std::to_string(socket_);
    return std::make_unique<child_process>(
        std::vector<std::string>{"/bin/sh", "-c", script, JACKDAW_COMMAND, "serve", "--mode",
                                 how.mode, "--backend", how.backend, "--workers", how.workers});
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

TEST_P(hand_over, a_supervisor_replaces_the_process_and_no_request_fails) {
  server_process probe(GetParam());
  JACKDAW_REQUIRE_LISTENING(probe);
  const supervised_socket socket;
  auto current = socket.start(GetParam());
  EXPECT_NE(current->read_line().find(":" + std::to_string(socket.port())), std::string::npos);
  load clients(socket.port());
  for (int round = 0; round < 3; ++round) {
    clients.await(200);
    current->send(SIGTERM);
    ASSERT_EQ(current->wait(20s), 0) << current->error_text();  // Meanwhile clients queue.
    current = socket.start(GetParam());
  }
  clients.await(200);
  clients.end();
  EXPECT_EQ(clients.failed(), 0u);
  EXPECT_GE(clients.answered(), 800u);
  EXPECT_EQ(process_at(socket.port()), current->id());
}

TEST_P(hand_over, what_is_inherited_must_be_one_listening_socket) {
  const supervised_socket socket;
  const auto two = socket.start(GetParam(), "2");
  EXPECT_EQ(two->wait(10s), 1);
  EXPECT_NE(two->error_text().find("LISTEN_FDS"), std::string::npos);
  child_process none({"/bin/sh", "-c",
                      "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" serve 3</dev/null",
                      JACKDAW_COMMAND});
  EXPECT_EQ(none.wait(10s), 1);
  EXPECT_NE(none.error_text().find("descriptor 3"), std::string::npos) << none.error_text();
}

TEST_P(hand_over, others_environment_is_not_ours) {
  child_process process({"/bin/sh", "-c",
                         "export LISTEN_PID=1 LISTEN_FDS=1; exec \"$0\" serve --http 127.0.0.1:0",
                         JACKDAW_COMMAND});
  EXPECT_NE(process.read_line().find("http://127.0.0.1:"), std::string::npos);
}

TEST_P(hand_over, two_servers_share_an_address_if_both_want_to) {
  server_process first(GetParam(), {"--reuse-port"});
  JACKDAW_REQUIRE_LISTENING(first);
  const std::string address = "127.0.0.1:" + std::to_string(first.port());
  child_process second({JACKDAW_COMMAND, "serve", "--http", address, "--reuse-port"});
  EXPECT_NE(second.read_line().find(address), std::string::npos);
  first.process().send(SIGTERM);
  EXPECT_EQ(first.process().wait(10s), 0) << first.words();
  EXPECT_EQ(process_at(first.port()), second.id());
}

}  // namespace
}  // namespace jackdaw::test
