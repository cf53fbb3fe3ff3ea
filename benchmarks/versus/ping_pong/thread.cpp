// Two threads and two semaphores.
#include "../support/versus.hpp"

#include <semaphore>
#include <thread>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  const std::int64_t rounds = given.size / 2;
  std::binary_semaphore ping{0};
  std::binary_semaphore pong{0};
  std::int64_t value = 0;
  versus::stopwatch time;
  std::thread partner([&] {
    for (std::int64_t round = 0; round < rounds; ++round) {
      ping.acquire();
      ++value;
      pong.release();
    }
  });
  for (std::int64_t round = 0; round < rounds; ++round) {
    ping.release();
    pong.acquire();
  }
  partner.join();
  time.stop();
  return versus::report(time, rounds * 2, value == rounds);
}
