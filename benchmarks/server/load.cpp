// The client of the server benchmarks: a fixed number of requests over a fixed number of connections, and
// what the server's threads spent on them.
//
//     bench_load PORT PID CONNECTIONS REQUESTS [BYTES] [--spin] [--idle] [--http DEPTH [--path PATH]]
//
// Each connection has one request of BYTES (64) under way and sends the next when the reply is there. --http:
// DEPTH requests of HTTP/1.1 at once, and the next when all replies are there; what a reply looks like is learnt
// from the first one, and all others have to be as long. PID
// is the server: the time its threads were on a processor, by the scheduler's own count in nanoseconds
// (/proc/PID/task/*/schedstat), before and after the counted phase, divided by the requests. A warm-up of a
// tenth, and at least one request per connection, is not counted. --spin: the client never sleeps. --idle:
// one request per connection; then prints the server's memory per connection, and the kernel's per pair of
// sockets, and ends.
//
// Prints one line: CPU microseconds per request, voluntary switches per request, requests per second.
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct usage {
  std::uint64_t nanoseconds = 0;
  std::uint64_t switches = 0;
};

/// What all threads of a process have used.
void add_usage(const std::string& pid, usage& total) {
  const std::string tasks = "/proc/" + pid + "/task";
  DIR* const directory = opendir(tasks.c_str());
  if (directory == nullptr) {
    fail(tasks.c_str());
  }
  while (const dirent* const each = readdir(directory)) {
    if (each->d_name[0] == '.') {
      continue;
    }
    const std::string task = tasks + "/" + each->d_name;
    std::uint64_t on_processor = 0;
    std::ifstream(task + "/schedstat") >> on_processor;
    total.nanoseconds += on_processor;
    std::ifstream status(task + "/status");
    for (std::string word; status >> word;) {
      std::uint64_t count = 0;
      if (word == "voluntary_ctxt_switches:" && status >> count) {
        total.switches += count;
      }
    }
  }
  closedir(directory);
}

/// Of "PID" or "PID,PID,...".
std::vector<std::string> each_of(const std::string& pids) {
  std::vector<std::string> all;
  std::istringstream list(pids);
  for (std::string pid; std::getline(list, pid, ',');) {
    all.push_back(pid);
  }
  return all;
}

usage usage_of(const std::string& pids) {
  usage total;
  for (const std::string& pid : each_of(pids)) {
    add_usage(pid, total);
  }
  return total;
}

/// A line "name: <number> kB" of a file, in bytes.
double memory_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    double kibibytes = 0;
    if (word == name && file >> kibibytes) {
      return kibibytes * 1024;
    }
  }
  return 0;
}

double memory_of(const std::string& pids) {
  double total = 0;
  for (const std::string& pid : each_of(pids)) {
    total += memory_in("/proc/" + pid + "/smaps_rollup", "Pss:");
  }
  return total;
}

int connect_to(sockaddr_in server) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 ||
      connect(descriptor, reinterpret_cast<sockaddr*>(&server), sizeof(server)) != 0) {
    fail("connect");
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return descriptor;
}

sockaddr_in loopback(int port) {
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(port));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return server;
}

/// What a connection sends at once, and what it gets for that.
struct exchange {
  std::string message;
  std::size_t reply_bytes;
  std::size_t requests = 1;  // In the message.
};

exchange echo_of(std::size_t bytes) { return {std::string(bytes, 'x'), bytes}; }

/// `depth` requests for `path`, after one that tells how long a reply is.
exchange http_requests(int port, const std::string& path, std::size_t depth) {
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  const int descriptor = connect_to(loopback(port));
  if (send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    fail("send");
  }
  std::string reply;
  std::size_t expected = 1;
  while (reply.size() < expected) {
    std::array<char, 65536> buffer;
    const ssize_t count = recv(descriptor, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      fail("recv");
    }
    reply.append(buffer.data(), static_cast<std::size_t>(count));
    const std::size_t head = reply.find("\r\n\r\n");
    const std::size_t field = reply.find("ontent-");  // Content-Length, however it is spelt.
    if (head == std::string::npos) {
      expected = reply.size() + 1;
      continue;
    }
    std::size_t length = field;
    while (length < head && strncasecmp(&reply[length], "ontent-length:", 14) != 0) {
      length = reply.find("ontent-", length + 1);
    }
    if (!reply.starts_with("HTTP/1.1 200") || length >= head) {
      std::fprintf(stderr, "not a reply with a length:\n%s\n", reply.substr(0, head).c_str());
      std::exit(1);
    }
    expected = head + 4 + std::stoul(reply.substr(length + 14));
  }
  close(descriptor);
  std::string message;
  for (std::size_t count = 0; count < depth; ++count) {
    message += request;
  }
  return {message, depth * expected, depth};
}

class clients {
 public:
  clients(int port, std::size_t connections, exchange what, bool spins)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), spins_(spins), what_(std::move(what)) {
    left_.assign(connections, 0);
    sockaddr_in server = loopback(port);
    for (std::size_t index = 0; index < connections; ++index) {
      // The loopback's own addresses: one of them has too few ports for very many connections.
      server.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index / 20000));
      const int descriptor = connect_to(server);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = index;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
      sockets_.push_back(descriptor);
    }
  }

  /// So many requests over all connections together; more, if that is no number of whole messages.
  void run(std::uint64_t wanted) {
    const std::uint64_t requests = (wanted + what_.requests - 1) / what_.requests;
    std::uint64_t started = 0;
    std::uint64_t finished = 0;
    for (std::size_t index = 0; index < sockets_.size() && started < requests; ++index, ++started) {
      ask(index);
    }
    std::array<epoll_event, 512> events;
    while (finished < requests) {
      const int ready =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), spins_ ? 0 : -1);
      for (int each = 0; each < ready; ++each) {
        const std::size_t index = events[static_cast<std::size_t>(each)].data.u64;
        if (!answered(index)) {
          continue;
        }
        ++finished;
        if (started < requests) {
          ask(index);
          ++started;
        }
      }
    }
  }

 private:
  void ask(std::size_t index) {
    left_[index] = what_.reply_bytes;
    const ssize_t sent =
        send(sockets_[index], what_.message.data(), what_.message.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(what_.message.size())) {
      fail("send");
    }
  }

  /// True: that was the rest of the reply.
  bool answered(std::size_t index) {
    static std::array<char, 262'144> buffer;
    // A long reply is not looked at: what the copy costs is not what is measured.
    const int flags = what_.reply_bytes > buffer.size() ? MSG_TRUNC : 0;
    const ssize_t count = recv(sockets_[index], buffer.data(), buffer.size(), flags);
    if (count <= 0 || static_cast<std::size_t>(count) > left_[index]) {
      fail("recv");
    }
    left_[index] -= static_cast<std::size_t>(count);
    return left_[index] == 0;
  }

  int epoll_;
  bool spins_;
  exchange what_;
  std::vector<int> sockets_;
  std::vector<std::size_t> left_;
};

void show_memory(const std::string& pids, int port, std::size_t connections, const exchange& what) {
  {
    clients warm_up(port, 64, what, false);
    warm_up.run(4096);
  }
  const double server_before = memory_of(pids);
  const double kernel_before = memory_in("/proc/meminfo", "Slab:");
  clients idle(port, connections, what, false);
  idle.run(connections);
  const double server_after = memory_of(pids);
  const double kernel_after = memory_in("/proc/meminfo", "Slab:");
  const auto count = static_cast<double>(connections);
  std::printf("pss_base_kib %.0f pss_bytes_per_connection %.1f slab_bytes_per_pair %.0f\n",
              server_before / 1024, (server_after - server_before) / count,
              (kernel_after - kernel_before) / count);
}

void show_cost(const std::string& pid, clients& asking, std::uint64_t requests) {
  const usage before = usage_of(pid);
  const auto begin = std::chrono::steady_clock::now();
  asking.run(requests);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const usage after = usage_of(pid);
  const auto count = static_cast<double>(requests);
  std::printf("cpu_us %.4f switches %.4f per_second %.0f\n",
              static_cast<double>(after.nanoseconds - before.nanoseconds) / 1000 / count,
              static_cast<double>(after.switches - before.switches) / count, count / took.count());
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> plain;
  bool spins = false;
  bool idle = false;
  std::size_t depth = 0;
  std::string path = "/plaintext";
  for (int index = 1; index < count; ++index) {
    const std::string argument = arguments[index];
    spins = spins || argument == "--spin";
    idle = idle || argument == "--idle";
    if (argument == "--http" && index + 1 < count) {
      depth = std::stoul(arguments[++index]);
    } else if (argument == "--path" && index + 1 < count) {
      path = arguments[++index];
    } else if (!argument.starts_with("--")) {
      plain.push_back(argument);
    }
  }
  if (plain.size() < 4) {
    std::fputs(
        "usage: bench_load PORT PID CONNECTIONS REQUESTS [BYTES] [--spin] [--idle] [--http DEPTH "
        "[--path PATH]]\n",
        stderr);
    return 2;
  }
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  const int port = std::stoi(plain[0]);
  const std::size_t connections = std::stoul(plain[2]);
  const std::uint64_t requests = std::stoull(plain[3]);
  const exchange what = depth > 0 ? http_requests(port, path, depth)
                                  : echo_of(plain.size() > 4 ? std::stoul(plain[4]) : 64);
  if (idle) {
    show_memory(plain[1], port, connections, what);
    return 0;
  }
  clients asking(port, connections, what, spins);
  asking.run(std::max<std::uint64_t>(requests / 10, connections));
  show_cost(plain[1], asking, requests);
  return 0;
}
