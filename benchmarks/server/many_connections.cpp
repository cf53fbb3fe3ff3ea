// Many connections in one process: do they fit beneath a hard limit of descriptors, and what do they cost?
//
//     bench_many_connections [--connections N] [--limit N] [--clients N] [--mode multi|asyncio]
//                            [--workers N] [--bursts N] [--plain] [--small]
//
// Starts its client processes before anything else; they use plain sockets, each its share, from
// addresses of their own (127.0.0.2 and up: each has its range of ports). The server lowers its hard limit to
// --limit and serves an echo with direct descriptors (--plain: without, to see it fail). Each connection
// sends one message and checks the answer, then all are idle. When the server has answered all of them it
// prints what it and the kernel hold; as many times as --bursts says all connections send again at once; then
// it tells the clients to end, and ends when they have. No timer runs while it answers: what is not noticed
// by itself is not noticed.
//
// A connection that finds no room in the listener's backlog tries again after 1, 3, 7 s: the kernel's counts of
// these are printed beside the time, which means little if there are any.
//
// Exits with 1 if a connection was refused or got a wrong answer, with 77 if there are no direct descriptors
// to be had; ended by a signal after five minutes.
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/io.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::size_t message_bytes = 64;
constexpr unsigned patience_seconds = 300;
constexpr int skipped = 77;
constexpr unsigned window = 256;  // Connections of a client whose answer is awaited at a time.

struct settings {
  unsigned connections = 100'000;
  rlim_t limit = 20'000;
  unsigned clients = 8;
  unsigned bursts = 5;
  bool direct = true;
  io::options runtime;
};

// -- Clients -----------------------------------------------------------------------------------------

void set_limit(rlim_t soft, rlim_t hard) {
  const rlimit wanted{soft, hard};
  if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
    std::perror("setrlimit");
    std::exit(2);
  }
}

int connect_from(unsigned client, const sockaddr_in& server) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + client);
  const int on = 1;
  setsockopt(made, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  if (made < 0 || ::bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0 ||
      ::connect(made, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) {
    std::perror("client: connect");
    std::exit(1);
  }
  return made;
}

void exchange(std::span<const int> connections) {
  std::array<char, message_bytes> message;
  message.fill('m');
  for (const int each : connections) {
    if (::send(each, message.data(), message.size(), MSG_NOSIGNAL) != ssize_t{message_bytes}) {
      std::perror("client: send");
      std::exit(1);
    }
  }
  for (const int each : connections) {
    std::array<char, message_bytes> answer{};
    if (::recv(each, answer.data(), answer.size(), MSG_WAITALL) != ssize_t{message_bytes} ||
        answer != message) {
      std::perror("client: recv");
      std::exit(1);
    }
  }
}

// Waits for the port, does its share, and ends when `control` says so by its end.
[[noreturn]] void run_client(unsigned number, unsigned share, int control) {
  alarm(patience_seconds);
  in_port_t port = 0;
  if (::read(control, &port, sizeof(port)) != ssize_t{sizeof(port)}) {
    std::exit(1);
  }
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port);
  std::vector<int> connections;
  while (connections.size() < share) {
    const std::size_t first = connections.size();
    while (connections.size() < std::min<std::size_t>(share, first + window)) {
      connections.push_back(connect_from(number, server));
    }
    exchange(std::span(connections).subspan(first));
  }
  char order = 0;
  while (::read(control, &order, 1) == 1) {
    exchange(connections);
  }
  std::_Exit(0);
}

// -- The server --------------------------------------------------------------------------------------

// Bytes, since a message may come in parts.
struct tally {
  std::atomic<std::uint64_t> answered{0};
  std::uint64_t wanted = 0;
  event all;

  void add(std::size_t bytes) {
    // The count alone; the event orders what is read when it is complete.
    if (answered.fetch_add(bytes, std::memory_order_relaxed) + bytes == wanted) {
      all.set();
    }
  }
};

task<void> echo(io::tcp_stream peer, tally& answers) {
  io::buffered_reader reader(peer);
  while (true) {
    const io::result<std::size_t> received = co_await reader.fill();
    if (!received.ok() || *received == 0) {
      co_return;
    }
    const auto bytes = reader.buffered();
    const io::result<std::size_t> sent = co_await peer.try_write_all(bytes);
    if (!sent.ok()) {
      co_return;
    }
    answers.add(bytes.size());
    reader.consume(bytes.size());
  }
}

task<void> accept_all(io::tcp_listener listener, bool direct, tally& answers) {
  while (true) {
    io::tcp_stream peer = co_await listener.accept();
    if (direct && !io::is_direct(peer.native_handle())) {
      std::puts("no direct descriptors here");
      std::fflush(stdout);
      std::_Exit(skipped);
    }
    spawn_detached(echo(std::move(peer), answers));
  }
}

// The number behind a word in a file of /proc; in KiB where the file says so.
long number_in(const char* path, std::string_view line_begin, std::string_view word = {}) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(line_begin)) {
      continue;
    }
    const std::size_t begin = word.empty() ? line_begin.size() : line.find(word) + word.size();
    return std::strtol(line.c_str() + begin, nullptr, 10);
  }
  return 0;
}

// A count of the kernel's, by its name in the line before the numbers.
long tcp_count(std::string_view wanted) {
  std::ifstream file("/proc/net/netstat");
  std::string name_line;
  std::string number_line;
  std::getline(file, name_line);
  std::getline(file, number_line);
  std::istringstream names(name_line);
  std::istringstream numbers(number_line);
  std::string name;
  std::string number;
  while (names >> name && numbers >> number) {
    if (name == wanted) {
      return std::stol(number);
    }
  }
  return 0;
}

struct memory_use {
  long rss = number_in("/proc/self/status", "VmRSS:");
  long slab = number_in("/proc/meminfo", "Slab:");
  long available = number_in("/proc/meminfo", "MemAvailable:");
  long socket_pages = number_in("/proc/net/sockstat", "TCP:", " mem ");
  long refused = tcp_count("ListenOverflows");
  long tried_again = tcp_count("TCPTimeouts");
};

void report(const settings& wanted, const memory_use& before, double seconds) {
  const memory_use now;
  const auto each = [&wanted](long kibibytes) {
    return static_cast<double>(kibibytes) * 1024 / wanted.connections;
  };
  std::printf("%u connections, hard limit of descriptors %lu, answered in %.1f s\n",
              wanted.connections, static_cast<unsigned long>(wanted.limit), seconds);
  std::printf("without room in the backlog %ld times, timeouts of TCP %ld\n",
              now.refused - before.refused, now.tried_again - before.tried_again);
  std::printf("server RSS     %8ld KiB  %6.0f bytes each\n", now.rss, each(now.rss - before.rss));
  const long slab = now.slab - before.slab;
  std::printf("kernel slab    %8ld KiB  %6.0f bytes each (both ends)\n", slab, each(slab));
  std::printf("socket buffers %8ld pages\n", now.socket_pages - before.socket_pages);
  const long all = before.available - now.available;
  std::printf("MemAvailable   %8ld KiB  %6.0f bytes each (server, clients, kernel)\n", all,
              each(all));
}

// Gives `order` to all clients, and waits until all their connections are answered.
task<double> answer_all(const settings& wanted, std::span<const int> controls, tally& answers,
                        std::string_view order) {
  answers.answered.store(0, std::memory_order_relaxed);  // Nobody counts now.
  answers.wanted = std::uint64_t{wanted.connections} * message_bytes;
  answers.all.clear();
  const auto begin = std::chrono::steady_clock::now();
  for (const int control : controls) {
    static_cast<void>(::write(control, order.data(), order.size()));
  }
  co_await answers.all.wait();
  co_return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

task<void> serve(const settings& wanted, std::span<const int> controls, tally& answers) {
  io::listen_options options;
  options.backlog = 4096;
  options.direct_descriptors = wanted.direct;
  io::tcp_listener listener = io::tcp_listener::bind(io::address::any(0), options);
  const memory_use before;
  const in_port_t port = listener.local_address().port();
  join_handle<void> accepting = spawn(accept_all(std::move(listener), wanted.direct, answers));
  const std::string_view order(reinterpret_cast<const char*>(&port), sizeof(port));
  const double seconds = co_await answer_all(wanted, controls, answers, order);
  co_await sleep(std::chrono::milliseconds(500));  // Memory comes to rest.
  report(wanted, before, seconds);
  for (unsigned burst = 0; burst < wanted.bursts; ++burst) {
    const double again = co_await answer_all(wanted, controls, answers, "b");
    std::printf("a burst        %8.3f s\n", again);
  }
  accepting.cancel();
}

settings parse(std::span<char*> arguments) {
  settings wanted;
  wanted.runtime.workers = 1;
  for (std::size_t index = 1; index < arguments.size(); ++index) {
    const std::string_view name = arguments[index];
    if (name == "--plain") {
      wanted.direct = false;
      continue;
    }
    if (name == "--small") {
      wanted.connections = 400;
      wanted.limit = 100;
      wanted.clients = 4;
      wanted.bursts = 2;
      continue;
    }
    const std::string value = index + 1 < arguments.size() ? arguments[++index] : "";
    if (name == "--mode") {
      wanted.runtime.mode = value == "asyncio" ? io::mode::asyncio : io::mode::multi_thread;
      continue;
    }
    const auto number = static_cast<unsigned>(std::stoul(value));
    if (name == "--connections") {
      wanted.connections = number;
    } else if (name == "--limit") {
      wanted.limit = number;
    } else if (name == "--clients") {
      wanted.clients = number;
    } else if (name == "--bursts") {
      wanted.bursts = number;
    } else if (name == "--workers") {
      wanted.runtime.workers = number;
    }
  }
  return wanted;
}

int run(const settings& wanted) {
  std::vector<int> controls;
  std::vector<pid_t> clients;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  set_limit(limit.rlim_max, limit.rlim_max);
  for (unsigned number = 0; number < wanted.clients; ++number) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return 2;
    }
    const unsigned share = (wanted.connections + number) / wanted.clients;
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[1]);
      std::for_each(controls.begin(), controls.end(), ::close);
      run_client(number, share, ends[0]);
    }
    ::close(ends[0]);
    controls.push_back(ends[1]);
    clients.push_back(child);
  }
  set_limit(wanted.limit, wanted.limit);
  alarm(patience_seconds);
  tally answers;
  io::run(serve(wanted, controls, answers), wanted.runtime);
  std::for_each(controls.begin(), controls.end(), ::close);
  bool all_well = true;
  for (const pid_t each : clients) {
    int status = 0;
    ::waitpid(each, &status, 0);
    all_well = all_well && status == 0;
  }
  return all_well ? 0 : 1;
}

}  // namespace
}  // namespace jackdaw::benchmarks

int main(int count, char** arguments) {
  using namespace jackdaw::benchmarks;
  return run(parse(std::span(arguments, static_cast<std::size_t>(count))));
}
