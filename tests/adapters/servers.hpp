// Servers that tests start for themselves: in a directory of their own, on a local socket, ended with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace jackdaw::testing {

/// A child process that dies with us.
class server_process {
 public:
  server_process() = default;
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;
  ~server_process();

  /// Its output goes to `log`. As the user of this name, if we may choose.
  void start(const std::vector<std::string>& command, const std::string& log,
             const std::string& user = {});
  /// Sends the signal, and waits for the end; the status of wait(2).
  int stop(int signal);
  [[nodiscard]] bool runs() const noexcept { return pid_ > 0; }
  /// Waits for its own end; the status.
  int wait();

 private:
  pid_t pid_ = -1;
};

/// A directory that goes with its object.
class scratch_directory {
 public:
  explicit scratch_directory(const std::string& owner = {});
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

class redis_server {
 public:
  /// "" if there is one to start, else what to install.
  [[nodiscard]] static std::string missing();
  redis_server();
  ~redis_server();
  [[nodiscard]] std::string socket() const { return directory_.path() + "/redis.sock"; }
  void kill();

 private:
  scratch_directory directory_;
  server_process process_;
};

class postgresql_server {
 public:
  [[nodiscard]] static std::string missing();
  postgresql_server();
  ~postgresql_server();
  /// For libpq.
  [[nodiscard]] std::string description() const;
  /// At once, as in a crash.
  void kill();
  /// Again.
  void start();

 private:
  scratch_directory directory_;
  server_process process_;
};

}  // namespace jackdaw::testing
