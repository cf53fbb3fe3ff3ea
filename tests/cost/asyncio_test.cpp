// tests/cost/asyncio_test.cpp
//
// Goal: what asyncio mode takes from the heap: nothing per callback and per wake-up once a program runs, and
// little per task that waits. Method: this program's operator new counts; after a warm-up, which fills the
// free lists, the same thing is done a thousand times between two looks at the count. A program of its own,
// because there is one operator new per program, and not built with sanitizers, which have theirs.
#include <jackdaw/runtime/asyncio/asyncio.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace {

std::int64_t blocks_taken = 0;
std::int64_t bytes_taken = 0;

constexpr std::int64_t malloc_header_bytes = 8;

}  // namespace

void* operator new(std::size_t bytes) {
  void* const block = std::malloc(bytes);
  if (block == nullptr) {
    throw std::bad_alloc();
  }
  ++blocks_taken;
  bytes_taken += static_cast<std::int64_t>(malloc_usable_size(block)) + malloc_header_bytes;
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t /*bytes*/) noexcept { std::free(block); }

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;

constexpr int times = 1000;

// Memory for frames and records does not come from operator new; of that any growth counts.
std::int64_t all_taken() {
  return blocks_taken + static_cast<std::int64_t>(frame_bytes() / frame_lists::class_bytes);
}

/// Blocks that `work` takes when it is done for the second time.
task<std::int64_t> blocks_of(task<void> (*work)()) {
  co_await work();
  const std::int64_t before = all_taken();
  co_await work();
  co_return all_taken() - before;
}

// -- Callbacks -------------------------------------------------------------------------------------

template <std::size_t Bytes>
task<void> call_soon_with_capture() {
  std::array<std::byte, Bytes> captured{};
  for (int index = 0; index < times; ++index) {
    get_running_loop().call_soon([captured] { static_cast<void>(captured); });
    co_await sleep(0s);
  }
}

TEST(asyncio_cost, call_soon_of_a_small_callable_allocates_nothing) {
  EXPECT_EQ(run(blocks_of(call_soon_with_capture<8>)), 0);
  EXPECT_EQ(run(blocks_of(call_soon_with_capture<48>)), 0);
}

TEST(asyncio_cost, call_soon_of_a_large_callable_allocates_once) {
  EXPECT_EQ(run(blocks_of(call_soon_with_capture<49>)), times);
}

task<void> call_later_and_cancel() {
  for (int index = 0; index < times; ++index) {
    get_running_loop().call_later(1h, [] {}).cancel();
    co_await sleep(0s);
  }
}

TEST(asyncio_cost, a_timer_that_is_cancelled_allocates_nothing) {
  EXPECT_EQ(run(blocks_of(call_later_and_cancel)), 0);
}

// -- Wake-ups --------------------------------------------------------------------------------------

task<void> give_way() {
  for (int index = 0; index < times; ++index) {
    co_await sleep(0s);
  }
}

TEST(asyncio_cost, giving_way_allocates_nothing) { EXPECT_EQ(run(blocks_of(give_way)), 0); }

task<void> answer(event& question, event& reply) {
  for (int index = 0; index < times; ++index) {
    co_await question.wait();
    question.clear();
    reply.set();
  }
}

task<void> ask() {
  event question;
  event reply;
  const auto other = create_task(answer(question, reply));
  for (int index = 0; index < times; ++index) {
    question.set();
    co_await reply.wait();
    reply.clear();
  }
  co_await other;
}

TEST(asyncio_cost, waking_a_task_through_an_event_allocates_nothing) {
  EXPECT_EQ(run(blocks_of(ask)), 0);
}

task<void> sleep_long() {
  for (int index = 0; index < times; ++index) {
    co_await sleep(1h);
  }
}

TEST(asyncio_cost, waking_a_task_by_a_timer_allocates_nothing) {
  EXPECT_EQ(run(blocks_of(sleep_long), {.virtual_time = true}), 0);
}

// -- Tasks -----------------------------------------------------------------------------------------

task<int> child(int value) { co_return value + 1; }

task<void> create_and_await() {
  int value = 0;
  for (int index = 0; index < times; ++index) {
    value = co_await create_task(child(value));
  }
}

TEST(asyncio_cost, a_task_that_ends_gives_its_memory_to_the_next_one) {
  EXPECT_EQ(run(blocks_of(create_and_await)), 0);
}

task<void> wait_at(const future<void>& gate) { co_await gate; }

struct bytes_per_task {
  std::int64_t frame = 0;
  std::int64_t beyond = 0;
};

// From the heap, and for frames and records.
std::int64_t bytes_in_use() { return bytes_taken + static_cast<std::int64_t>(frame_bytes()); }

task<bytes_per_task> suspend_many() {
  constexpr std::int64_t count = 10'000;
  const future<void> gate;
  std::vector<task<void>> bodies;
  std::vector<join_handle<void>> tasks;
  bodies.reserve(count);
  tasks.reserve(count);
  bytes_per_task each;

  std::int64_t before = bytes_in_use();
  for (std::int64_t index = 0; index < count; ++index) {
    bodies.push_back(wait_at(gate));
  }
  each.frame = (bytes_in_use() - before) / count;

  before = bytes_in_use();
  for (task<void>& body : bodies) {
    tasks.push_back(create_task(std::move(body)));
  }
  co_await sleep(0s);  // Now all of them wait.
  each.beyond = (bytes_in_use() - before) / count;

  gate.set_result();
  for (const join_handle<void>& waiting : tasks) {
    co_await waiting;
  }
  co_return each;
}

TEST(asyncio_cost, a_suspended_task_takes_at_most_300_bytes_beyond_its_frame) {
  const bytes_per_task each = run(suspend_many());
  EXPECT_GT(each.beyond, 0);
  EXPECT_LE(each.beyond, 300);
  RecordProperty("frame", std::to_string(each.frame));
  RecordProperty("beyond_frame", std::to_string(each.beyond));
}

}  // namespace
}  // namespace jackdaw::asyncio
