// Question: what does a message cost from one task to another, through a channel and through asyncio's queue: without
// bounds from one sender, and with room for 1024 from two, to one receiver?
// Not the question: how long a message takes; see ping_pong.cpp for two tasks that wait for each other each time.
#include "in_runtime.hpp"
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/channel.hpp>
#include <jackdaw/runtime/sync/queue.hpp>

#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using number = std::uint64_t;

constexpr number messages = 1 << 20;
constexpr std::size_t room = 1024;

enum class from { queue, channel, channel_in_batches };

task<void> send_through(channel<number>& to, number count) {
  for (number message = 0; message < count; ++message) {
    co_await to.send(message);
  }
}
task<void> send_through(queue<number>& to, number count) {
  for (number message = 0; message < count; ++message) {
    co_await to.put(message);
  }
}

task<number> receive_through(channel<number>& messages_from, number count) {
  number sum = 0;
  for (number received = 0; received < count; ++received) {
    const std::optional<number> message = co_await messages_from.receive();
    sum += *message;
  }
  co_return sum;
}
task<number> receive_through(queue<number>& messages_from, number count) {
  number sum = 0;
  for (number received = 0; received < count; ++received) {
    const number message = co_await messages_from.get();
    sum += message;
  }
  co_return sum;
}

// A batch is what a task has at hand at once: a buffer that was parsed, the rows of a page.
task<void> send_batches(channel<number>& to, number count) {
  std::vector<number> batch(64);
  for (number message = 0; message < count; message += batch.size()) {
    std::iota(batch.begin(), batch.end(), message);
    co_await to.send_many(batch);
  }
}

task<number> receive_batches(channel<number>& messages_from, number count) {
  number sum = 0;
  std::vector<number> batch;
  while (count > 0) {
    batch.clear();
    count -= co_await messages_from.receive_many(batch);
    for (const number message : batch) {
      sum += message;
    }
  }
  co_return sum;
}

template <from Kind, class Channel>
task<number> receive_all(Channel& messages_from) {
  number sum = 0;
  if constexpr (Kind == from::channel_in_batches) {
    sum = co_await receive_batches(messages_from, messages);
  } else {
    sum = co_await receive_through(messages_from, messages);
  }
  co_return sum;
}

template <from Kind, class Channel>
task<void> send_all(Channel& to, number count) {
  if constexpr (Kind == from::channel_in_batches) {
    co_await send_batches(to, count);
  } else {
    co_await send_through(to, count);
  }
}

template <from Kind, class Channel>
task<void> transfer(benchmark::State& state, Channel& through, number senders) {
  number sum = 0;
  for (auto _ : state) {
    std::vector<join_handle<void>> sending;
    auto receiving = spawn(receive_all<Kind>(through));
    for (number sender = 0; sender < senders; ++sender) {
      sending.push_back(spawn(send_all<Kind>(through, messages / senders)));
    }
    for (const join_handle<void>& sender : sending) {
      co_await sender;
    }
    sum += co_await receiving;
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}

template <from Kind>
task<void> transfer_unbounded(benchmark::State& state) {
  if constexpr (Kind == from::queue) {
    queue<number> through;
    co_await transfer<Kind>(state, through, 1);
  } else {
    channel<number> through;
    co_await transfer<Kind>(state, through, 1);
  }
}

template <from Kind>
task<void> transfer_bounded(benchmark::State& state) {
  if constexpr (Kind == from::queue) {
    queue<number> through(room);
    co_await transfer<Kind>(state, through, 2);
  } else {
    channel<number> through(room);
    co_await transfer<Kind>(state, through, 2);
  }
}

template <from Kind>
void unbounded(benchmark::State& state) {
  run_in(state.range(0), transfer_unbounded<Kind>(state));
}
template <from Kind>
void bounded(benchmark::State& state) {
  run_in(state.range(0), transfer_bounded<Kind>(state));
}

BENCHMARK(unbounded<from::queue>)->Name("queue_unbounded")->Apply(over_schedulers);
BENCHMARK(unbounded<from::channel>)->Name("channel_unbounded")->Apply(over_schedulers);
BENCHMARK(unbounded<from::channel_in_batches>)
    ->Name("channel_unbounded_batches")
    ->Apply(over_schedulers);
BENCHMARK(bounded<from::queue>)->Name("queue_bounded")->Apply(over_schedulers);
BENCHMARK(bounded<from::channel>)->Name("channel_bounded")->Apply(over_schedulers);
BENCHMARK(bounded<from::channel_in_batches>)
    ->Name("channel_bounded_batches")
    ->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
