// The client of the server benchmarks: a fixed number of requests over a fixed number of connections, and
// what the server's threads spent on them.
//
//     bench_load PORT PID CONNECTIONS REQUESTS [BYTES] [options]
//
// Each connection has one request under way, or one batch of them, and sends the next when the replies are
// there. PID is the server, and every further one of "PID,PID": the time its threads were on a processor, by
// the scheduler's own count in nanoseconds (/proc/PID/task/*/schedstat), before and after the counted phase,
// divided by the requests. A warm-up of a tenth, and at least one request per connection, is not counted.
//
// A request is BYTES (64) that come back; with --http PATH it is a GET, whose first reply tells how long all
// others are. That is all this client parses: a reply of another length, or more than was asked for, ends it.
//
//     --http PATH   GET it, keep-alive     --udp        datagrams      --depth N    requests per batch
//     --spin        never sleep            --threads N  that share the connections
//     --tls         over TLS 1.3           --fresh      a new connection for each batch
//     --idle        one request per connection; then prints the server's memory per connection, and the
//                   kernel's per pair of sockets, and ends
//
// Prints one line: CPU microseconds per request, voluntary switches per request, requests per second, and
// two percentiles of the microseconds that a batch took.
#include "channel.hpp"
#include "usage.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using clock_type = std::chrono::steady_clock;

struct options {
  std::vector<std::string> plain;  // PORT PID CONNECTIONS REQUESTS [BYTES]
  std::string path;                // Of --http.
  std::size_t depth = 1;
  std::size_t threads = 1;
  bool spins = false;
  bool idle = false;
  bool datagrams = false;
  bool tls = false;
  bool fresh = false;
};

/// How often something took so long: 16 steps to each doubling.
class histogram {
 public:
  void add(clock_type::duration took) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 16));
    const auto doubling = static_cast<std::size_t>(std::bit_width(ns)) - 5;
    ++counts_[std::min(doubling * 16 + (ns >> doubling) - 16, counts_.size() - 1)];
  }
  void add(const histogram& other) {
    for (std::size_t index = 0; index < counts_.size(); ++index) {
      counts_[index] += other.counts_[index];
    }
  }
  void clear() { counts_.fill(0); }

  [[nodiscard]] double microseconds_at(double part) const {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts_) {
      total += count;
    }
    auto left = static_cast<double>(total) * part;
    for (std::size_t index = 0; index < counts_.size(); ++index) {
      left -= static_cast<double>(counts_[index]);
      if (left <= 0) {
        return static_cast<double>((16 + index % 16) << (index / 16)) / 1000;
      }
    }
    return 0;
  }

 private:
  std::array<std::uint64_t, 640> counts_{};
};

class clients {
 public:
  clients(const options& chosen, std::size_t connections)
      : chosen_(chosen), epoll_(epoll_create1(EPOLL_CLOEXEC)), asked_(connections) {
    if (chosen.tls) {
      tls_ = one_way_to_agree();
    }
    left_.assign(connections, 0);
    for (std::size_t index = 0; index < connections; ++index) {
      channels_.push_back(connected(index));
    }
    if (chosen.path.empty()) {
      reply_bytes_ = chosen.plain.size() > 4 ? std::stoul(chosen.plain[4]) : 64;
      message_.assign(reply_bytes_, 'x');
    } else {
      message_ = "GET " + chosen.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      learn();
    }
    const std::string one = message_;
    while (message_.size() < one.size() * chosen.depth) {
      message_ += one;
    }
  }
  clients(const clients&) = delete;
  clients& operator=(const clients&) = delete;
  ~clients() { close(epoll_); }

  /// So many requests over all connections together, in whole batches.
  void run(std::uint64_t requests) {
    times_.clear();
    const std::uint64_t batches = (requests + chosen_.depth - 1) / chosen_.depth;
    std::uint64_t started = 0;
    std::uint64_t finished = 0;
    for (std::size_t index = 0; index < channels_.size() && started < batches; ++index, ++started) {
      ask(index);
    }
    std::array<epoll_event, 512> events;
    while (finished < batches) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                   chosen_.spins ? 0 : -1);
      for (int each = 0; each < ready; ++each) {
        const std::size_t index = events[static_cast<std::size_t>(each)].data.u64;
        if (!answered(index)) {
          continue;
        }
        times_.add(clock_type::now() - asked_[index]);
        ++finished;
        if (started < batches) {
          ask(index);
          ++started;
        }
      }
    }
  }

  [[nodiscard]] const histogram& times() const { return times_; }

 private:
  channel connected(std::size_t index) {
    channel made(static_cast<std::uint16_t>(std::stoul(chosen_.plain[0])), index,
                 chosen_.datagrams ? SOCK_DGRAM : SOCK_STREAM, tls_.get());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, made.descriptor(), &event);
    return made;
  }

  /// How long a reply is, from the first one.
  void learn() {
    channels_[0].send_all(message_);
    std::string head;
    std::size_t end = std::string::npos;
    for (char byte = 0; end == std::string::npos; end = head.find("\r\n\r\n")) {
      static_cast<void>(channels_[0].receive({&byte, 1}));
      head += byte;
    }
    const std::string name = "content-length: ";
    std::string lower = head;
    std::transform(head.begin(), head.end(), lower.begin(), [](char letter) {
      return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
    });
    const std::size_t field = lower.find(name);
    if (!head.starts_with("HTTP/1.1 200 ") || field == std::string::npos) {
      std::fprintf(stderr, "not what was hoped for:\n%s", head.c_str());
      std::exit(1);
    }
    const std::size_t body = std::stoul(head.substr(field + name.size()));
    for (left_[0] = body; left_[0] > 0;) {
      static_cast<void>(answered(0));
    }
    reply_bytes_ = head.size() + body;
  }

  void ask(std::size_t index) {
    left_[index] = reply_bytes_ * chosen_.depth;
    asked_[index] = clock_type::now();
    if (chosen_.fresh) {
      channels_[index] = connected(index);
    }
    channels_[index].send_all(message_);
  }

  /// True: that was the rest of the replies.
  bool answered(std::size_t index) {
    std::array<char, 16384> buffer;
    const std::size_t count = channels_[index].discard(left_[index], buffer);
    if (count > left_[index]) {
      fail("recv");
    }
    left_[index] -= count;
    return left_[index] == 0;
  }

  const options& chosen_;
  int epoll_;
  std::string message_;  // A batch of them.
  std::size_t reply_bytes_ = 0;
  tls_settings tls_;
  std::vector<channel> channels_;
  std::vector<std::size_t> left_;
  std::vector<clock_type::time_point> asked_;
  histogram times_;
};

/// As many clients as there are threads.
class crowd {
 public:
  crowd(const options& chosen, std::size_t connections) {
    for (std::size_t thread = 0; thread < chosen.threads; ++thread) {
      members_.push_back(std::make_unique<clients>(chosen, connections / chosen.threads));
    }
  }

  void run(std::uint64_t requests) {
    std::vector<std::thread> others;
    for (std::size_t index = 1; index < members_.size(); ++index) {
      others.emplace_back([this, index, requests] { members_[index]->run(requests / size()); });
    }
    members_[0]->run(requests / size());
    for (std::thread& each : others) {
      each.join();
    }
  }

  [[nodiscard]] std::size_t size() const { return members_.size(); }

  [[nodiscard]] histogram times() const {
    histogram all;
    for (const auto& each : members_) {
      all.add(each->times());
    }
    return all;
  }

 private:
  std::vector<std::unique_ptr<clients>> members_;
};

void show_memory(const options& chosen, std::size_t connections) {
  const std::string& pids = chosen.plain[1];
  {
    clients warm_up(chosen, 64);
    warm_up.run(4096);
  }
  const double server_before = memory_of(pids);
  const double kernel_before = memory_in("/proc/meminfo", "Slab:");
  clients idle(chosen, connections);
  idle.run(connections);
  const double server_after = memory_of(pids);
  const double kernel_after = memory_in("/proc/meminfo", "Slab:");
  const auto count = static_cast<double>(connections);
  std::printf("pss_base_kib %.0f pss_bytes_per_connection %.1f slab_bytes_per_pair %.0f\n",
              server_before / 1024, (server_after - server_before) / count,
              (kernel_after - kernel_before) / count);
}

void show_cost(const std::string& pids, crowd& asking, std::uint64_t requests) {
  const usage before = usage_of(pids);
  const auto begin = clock_type::now();
  asking.run(requests);
  const std::chrono::duration<double> took = clock_type::now() - begin;
  const usage after = usage_of(pids);
  const auto count = static_cast<double>(requests);
  const histogram times = asking.times();
  std::printf("cpu_us %.4f switches %.4f per_second %.0f p50_us %.1f p99_us %.1f\n",
              static_cast<double>(after.nanoseconds - before.nanoseconds) / 1000 / count,
              static_cast<double>(after.switches - before.switches) / count, count / took.count(),
              times.microseconds_at(0.50), times.microseconds_at(0.99));
}

options read_options(int count, char** arguments) {
  options chosen;
  for (int index = 1; index < count; ++index) {
    const std::string argument = arguments[index];
    const std::string value = index + 1 < count ? arguments[index + 1] : "";
    if (argument == "--spin") {
      chosen.spins = true;
    } else if (argument == "--idle") {
      chosen.idle = true;
    } else if (argument == "--udp") {
      chosen.datagrams = true;
    } else if (argument == "--tls") {
      chosen.tls = true;
    } else if (argument == "--fresh") {
      chosen.fresh = true;
    } else if (argument == "--http") {
      chosen.path = value;
      ++index;
    } else if (argument == "--depth") {
      chosen.depth = std::stoul(value);
      ++index;
    } else if (argument == "--threads") {
      chosen.threads = std::stoul(value);
      ++index;
    } else {
      chosen.plain.push_back(argument);
    }
  }
  return chosen;
}

int run(int count, char** arguments) {
  const options chosen = read_options(count, arguments);
  if (chosen.plain.size() < 4 || chosen.plain.size() > 5) {
    std::fputs("usage: bench_load PORT PID CONNECTIONS REQUESTS [BYTES] [options]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL says goodbye to servers that have gone.
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  const std::size_t connections = std::stoul(chosen.plain[2]);
  std::uint64_t requests = std::stoull(chosen.plain[3]);
  if (chosen.idle) {
    show_memory(chosen, connections);
    return 0;
  }
  crowd asking(chosen, connections);
  const std::uint64_t step = chosen.depth * chosen.threads;
  requests = (requests + step - 1) / step * step;
  asking.run(std::max<std::uint64_t>(requests / 10, connections * chosen.depth));
  show_cost(chosen.plain[1], asking, requests);
  return 0;
}

}  // namespace
}  // namespace jackdaw::benchmarks

int main(int count, char** arguments) { return jackdaw::benchmarks::run(count, arguments); }
