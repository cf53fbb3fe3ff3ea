// Goal: the registry counts, keeps to its cap, and wakes exactly the idle connections, without losing
// what they have received.

#include <jackdaw/tools/http/connection_registry.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace jackdaw::http {
namespace {

struct pair_of_sockets {
  pair_of_sockets() { socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()); }
  pair_of_sockets(const pair_of_sockets&) = delete;
  pair_of_sockets& operator=(const pair_of_sockets&) = delete;
  ~pair_of_sockets() {
    close(ends[0]);
    close(ends[1]);
  }

  // What a read finds now: a number of bytes, 0 at the end, -1 if it would wait.
  [[nodiscard]] ssize_t read_now() const {
    std::array<char, 16> bytes;
    return recv(ends[0], bytes.data(), bytes.size(), 0);
  }

  std::array<int, 2> ends{};
};

TEST(connection_registry, admits_as_many_as_it_is_told_to) {
  connection_registry registry;
  EXPECT_TRUE(registry.reserve(2));
  EXPECT_TRUE(registry.reserve(2));
  EXPECT_FALSE(registry.reserve(2));
  EXPECT_EQ(registry.size(), 2u);

  open_connection first(-1);
  open_connection second(-1);
  registry.add(first);
  registry.add(second);
  EXPECT_FALSE(registry.remove(first));
  EXPECT_TRUE(registry.reserve(2));
  EXPECT_FALSE(registry.remove(second));  // One is counted that has not been added yet.
  registry.add(first);
  EXPECT_TRUE(registry.remove(first));
  EXPECT_EQ(registry.size(), 0u);
}

TEST(connection_registry, wakes_the_idle_and_leaves_the_busy_alone) {
  const pair_of_sockets idle_pair;
  const pair_of_sockets busy_pair;
  connection_registry registry;
  open_connection idle(idle_pair.ends[0]);
  open_connection busy(busy_pair.ends[0]);
  ASSERT_TRUE(registry.reserve(9) && registry.reserve(9));
  registry.add(idle);
  registry.add(busy);
  idle.idle = true;
  EXPECT_EQ(idle_pair.read_now(), -1);
  registry.end_idle_ones();
  EXPECT_EQ(idle_pair.read_now(), 0);
  EXPECT_EQ(busy_pair.read_now(), -1);
  EXPECT_FALSE(registry.remove(idle));
  EXPECT_TRUE(registry.remove(busy));
}

TEST(connection_registry, what_was_received_is_read_before_the_end) {
  const pair_of_sockets pair;
  connection_registry registry;
  open_connection idle(pair.ends[0]);
  ASSERT_TRUE(registry.reserve(9));
  registry.add(idle);
  idle.idle = true;
  ASSERT_EQ(write(pair.ends[1], "abc", 3), 3);
  registry.end_idle_ones();
  EXPECT_EQ(pair.read_now(), 3);
  EXPECT_EQ(pair.read_now(), 0);
  EXPECT_TRUE(registry.remove(idle));
}

}  // namespace
}  // namespace jackdaw::http
