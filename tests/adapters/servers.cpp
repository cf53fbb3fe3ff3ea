// Starting, waiting until it answers, and stopping.
#include "servers.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace jackdaw::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto patience_to_start = 60s;

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool answers(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(where.sun_path), sizeof(where.sun_path) - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0;
  close(socket);
  return connected;
}

void wait_until_it_answers(const std::string& path, const std::string& log) {
  const auto until = std::chrono::steady_clock::now() + patience_to_start;
  while (!answers(path)) {
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("no server at " + path + ": " + text_of_file(log));
    }
    std::this_thread::sleep_for(5ms);
  }
}

// The newest; "" if there is none.
std::string postgresql_programs() {
  std::string found;
  std::error_code none;
  for (const auto& each : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    if (std::filesystem::exists(each.path() / "bin" / "initdb")) {
      found = std::max(found, (each.path() / "bin").string());
    }
  }
  return found;
}

// PostgreSQL refuses to run as root.
std::string ordinary_user() {
  if (geteuid() != 0) {
    return {};
  }
  return getpwnam("postgres") != nullptr ? "postgres" : "nobody";
}

}  // namespace

server_process::~server_process() {
  if (runs()) {
    stop(SIGKILL);
  }
}

void server_process::start(const std::vector<std::string>& command, const std::string& log,
                           const std::string& user) {
  // It dies with the thread that started it, which is the test's main one.
  std::vector<std::string> words{"setpriv", "--pdeathsig", "KILL"};
  if (!user.empty()) {
    const passwd* const entry = getpwnam(user.c_str());
    words.insert(words.end(), {"--reuid", std::to_string(entry->pw_uid), "--regid",
                               std::to_string(entry->pw_gid), "--clear-groups"});
  }
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  for (std::string& each : words) {
    arguments.push_back(each.data());
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int status =
      posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) {
    pid_ = -1;
    throw std::system_error(status, std::generic_category(), command.front());
  }
}

int server_process::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

int server_process::stop(int signal) {
  ::kill(pid_, signal);
  return wait();
}

scratch_directory::scratch_directory(const std::string& owner) : path_("/tmp/jackdaw.XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  const passwd* const entry = owner.empty() ? nullptr : getpwnam(owner.c_str());
  if (entry != nullptr && chown(path_.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
    throw std::system_error(errno, std::generic_category(), "chown");
  }
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string redis_server::missing() {
  return access("/usr/bin/redis-server", X_OK) == 0
             ? ""
             : "there is no redis-server (Debian: redis-server)";
}

redis_server::redis_server() {
  const std::string log = directory_.path() + "/log";
  process_.start({"/usr/bin/redis-server", "--port", "0", "--unixsocket", socket(), "--dir",
                  directory_.path(), "--save", "", "--daemonize", "no"},
                 log);
  wait_until_it_answers(socket(), log);
}

redis_server::~redis_server() { kill(); }

void redis_server::kill() {
  if (process_.runs()) {
    process_.stop(SIGKILL);
  }
}

std::string postgresql_server::missing() {
  return postgresql_programs().empty() ? "there is no PostgreSQL (Debian: postgresql)" : "";
}

postgresql_server::postgresql_server() : directory_(ordinary_user()) {
  const std::string log = directory_.path() + "/initdb.log";
  server_process initdb;
  initdb.start({postgresql_programs() + "/initdb", "--pgdata", directory_.path() + "/data",
                "--auth", "trust", "--username", "jackdaw", "--no-sync", "--locale", "C"},
               log, ordinary_user());
  if (initdb.wait() != 0) {
    throw std::runtime_error("initdb: " + text_of_file(log));
  }
  start();
}

postgresql_server::~postgresql_server() { kill(); }

std::string postgresql_server::description() const {
  return "host=" + directory_.path() + " user=jackdaw dbname=postgres";
}

void postgresql_server::start() {
  const std::string log = directory_.path() + "/log";
  process_.start({postgresql_programs() + "/postgres", "-D", directory_.path() + "/data", "-k",
                  directory_.path(), "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                  "shared_buffers=16MB"},
                 log, ordinary_user());
  wait_until_it_answers(directory_.path() + "/.s.PGSQL.5432", log);
  const auto until = std::chrono::steady_clock::now() + patience_to_start;
  int status = 1;
  while (status != 0) {  // It answers, but may refuse while it recovers.
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("PostgreSQL does not start: " + text_of_file(log));
    }
    server_process asking;
    asking.start({postgresql_programs() + "/pg_isready", "-q", "-h", directory_.path()}, log);
    status = asking.wait();
  }
}

void postgresql_server::kill() {
  if (process_.runs()) {
    process_.stop(SIGQUIT);
  }
}

}  // namespace jackdaw::testing
