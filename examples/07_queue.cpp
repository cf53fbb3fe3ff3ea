// Producers and consumers: a bounded queue makes the faster side wait for the slower one.
#include <jackdaw/io/io.hpp>

#include <cstdio>
#include <vector>

namespace io = jackdaw::io;
using jackdaw::task;

// References are right here, because the one who owns the queue awaits everybody who uses it.
task<void> produce(jackdaw::queue<int>& items, int first, int count) {
  for (int item = first; item < first + count; ++item) {
    co_await items.put(item);  // Waits while ten items are in the queue.
  }
}

task<long> consume(jackdaw::queue<int>& items) {
  long sum = 0;
  bool more = true;
  while (more) {
    try {
      sum += co_await items.get();  // Waits while the queue is empty.
    } catch (const jackdaw::queue_shut_down&) {
      more = false;  // No item is left, and none will come.
    }
  }
  co_return sum;
}

task<void> workshop() {
  jackdaw::queue<int> items(10);
  std::vector<jackdaw::join_handle<long>> consumers;
  consumers.reserve(3);
  for (int consumer = 0; consumer < 3; ++consumer) {
    consumers.push_back(jackdaw::spawn(consume(items)));
  }
  co_await jackdaw::gather(produce(items, 1, 500), produce(items, 501, 500));
  items.shutdown();

  long sum = 0;
  for (const jackdaw::join_handle<long>& consumer : consumers) {
    sum += co_await consumer;
  }
  std::printf("1 + 2 + ... + 1000 = %ld\n", sum);
}

int main() { io::run(workshop()); }
