// Redis by hiredis, awaited: commands of three tasks on one connection. The argument is the server's local socket.
#include <jackdaw/adapters/redis.hpp>
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace adapters = jackdaw::adapters;
namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<void> visits(std::string server) {
  const auto redis = co_await adapters::redis_connection::connect(server);
  co_await redis->command("SET", "visits", "40");
  co_await jackdaw::gather(
      redis->command("INCRBY", "visits", "1"),  // Sent together, answered in turn.
      redis->command("INCRBY", "visits", "1"), redis->command("SET", "last", "today"));
  const adapters::redis_value both = co_await redis->command("MGET", "visits", "last");
  std::printf("%s visits, last %s\n", both.items[0].text.c_str(), both.items[1].text.c_str());
  try {
    co_await jackdaw::timeout(20ms, redis->command("BLPOP", "nothing", "0"));
  } catch (const jackdaw::timeout_error&) {
    std::printf("nothing came\n");
  }
}

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s <socket of redis-server>\n", arguments[0]);
    return 2;
  }
  io::run(visits(arguments[1]));
}
