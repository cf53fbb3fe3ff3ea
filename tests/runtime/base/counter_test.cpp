// tests/runtime/base/counter_test.cpp
//
// Goal: no increment is lost, and readers never see a number go back. Method: threads.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/counter.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::scaled;

TEST(counter_test, it_starts_at_zero_and_adds) {
  counter count;
  EXPECT_EQ(count.get(), 0U);
  count.add();
  count.add(41);
  EXPECT_EQ(count.get(), 42U);
  count.set(7);
  EXPECT_EQ(count.get(), 7U);
}

TEST(counter_test, several_writers_lose_nothing_if_they_say_that_they_are_several) {
  constexpr int each = scaled(100'000);
  counter count;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&count] {
      for (int step = 0; step < each; ++step) {
        count.add_shared();
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(count.get(), 4U * each);
}

TEST(counter_test, a_reader_beside_the_one_writer_never_sees_it_go_back) {
  constexpr int steps = scaled(200'000);
  counter count;
  std::thread writer([&count] {
    for (int step = 0; step < steps; ++step) {
      count.add();
    }
  });
  std::uint64_t seen = 0;
  int went_back = 0;
  while (seen < steps) {
    const std::uint64_t now = count.get();
    went_back += now < seen ? 1 : 0;
    seen = now;
  }
  writer.join();
  EXPECT_EQ(went_back, 0);
  EXPECT_EQ(count.get(), static_cast<std::uint64_t>(steps));
}

}  // namespace
}  // namespace jackdaw
