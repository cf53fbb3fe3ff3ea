// Boost.Asio's own timers and sockets, awaited, cancelled and raced; and its handlers on jackdaw's threads.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include "../support/was_cancelled.hpp"
#include <jackdaw/adapters/asio.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class asio_test : public testing::io_test {};
JACKDAW_OVER_IO(asio_test, testing::all_io_kinds());

tcp::endpoint endpoint_of(const io::tcp_listener& listener) {
  return {asio::ip::address_v4::loopback(), listener.local_address().port()};
}

TEST_P(asio_test, a_timer_is_awaited) {
  struct body {
    static task<void> run() {
      asio_thread asios;
      asio::steady_timer timer(asios.context(), 1ms);
      co_await timer.async_wait(awaited);
      timer.expires_after(1ms);
      co_await timer.async_wait(awaited_with(timer));
    }
  };
  run(body::run());
}

TEST_P(asio_test, a_cancelled_wait_cancels_the_timer) {
  struct body {
    static task<void> wait(asio::steady_timer& timer) {
      co_await timer.async_wait(awaited_with(timer));
    }
    static task<void> run() {
      asio_thread asios;
      asio::steady_timer timer(asios.context());
      for (int turns = 0; turns < 6; ++turns) {
        timer.expires_after(1h);
        auto waiting = spawn(wait(timer));
        for (int turn = 0; turn < turns; ++turn) {
          co_await sleep(100us);
        }
        waiting.cancel();
        const bool cancelled = co_await testing::was_cancelled(waiting);
        EXPECT_TRUE(cancelled);
      }
      bool timed_out = false;
      timer.expires_after(1h);
      try {
        co_await timeout(2ms, timer.async_wait(awaited_with(timer)));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
  };
  run(body::run());
}

TEST_P(asio_test, what_cannot_be_cancelled_is_waited_for) {
  struct body {
    static task<void> wait(asio::steady_timer& timer, bool& went_on) {
      co_await timer.async_wait(awaited);
      went_on = true;  // Success wins: the cancellation is due at the next suspension.
      co_await sleep(1h);
    }
    static task<void> run() {
      asio_thread asios;
      asio::steady_timer timer(asios.context(), 10ms);
      bool went_on = false;
      auto waiting = spawn(wait(timer, went_on));
      co_await sleep(1ms);
      waiting.cancel();
      const bool cancelled = co_await testing::was_cancelled(waiting);
      EXPECT_TRUE(cancelled);
      EXPECT_TRUE(went_on);
    }
  };
  run(body::run());
}

task<void> echo(io::tcp_listener& listener, std::size_t bytes) {
  io::tcp_stream peer = co_await listener.accept();
  const std::string text = co_await testing::read_count(peer, bytes);
  co_await peer.write_all(testing::bytes_of(text));
}

TEST_P(asio_test, composed_operations_move_every_byte) {
  struct body {
    static task<void> run() {
      const std::size_t size = 1'000'000;
      asio_thread asios;
      auto listener = io::tcp_listener::bind(io::address::loopback(0));
      auto server = spawn(echo(listener, size));
      tcp::socket socket(asios.context());
      const auto stops = awaited_with(socket);
      co_await socket.async_connect(endpoint_of(listener), stops);
      std::vector<std::byte> sent(size);
      testing::byte_pattern(7).fill(sent);
      const std::size_t written = co_await asio::async_write(socket, asio::buffer(sent), stops);
      EXPECT_EQ(written, size);
      std::vector<std::byte> received(size);
      const std::size_t read = co_await asio::async_read(socket, asio::buffer(received), stops);
      EXPECT_EQ(read, size);
      EXPECT_TRUE(sent == received);
      co_await server;
    }
  };
  run(body::run());
}

TEST_P(asio_test, a_composed_operation_is_cancelled_in_the_midst) {
  struct body {
    static task<void> fill(tcp::socket& socket, std::vector<char>& buffer) {
      co_await asio::async_read(socket, asio::buffer(buffer), awaited_with(socket));
    }
    static task<void> run() {
      asio_thread asios;
      auto listener = io::tcp_listener::bind(io::address::loopback(0));
      tcp::socket socket(asios.context());
      co_await socket.async_connect(endpoint_of(listener), awaited_with(socket));
      io::tcp_stream peer = co_await listener.accept();
      std::vector<char> buffer(1000);
      auto reading = spawn(fill(socket, buffer));
      co_await peer.write_all(testing::bytes_of("some, and not enough"));
      co_await sleep(1ms);
      reading.cancel();
      const bool cancelled = co_await testing::was_cancelled(reading);
      EXPECT_TRUE(cancelled);
    }
  };
  run(body::run());
}

TEST_P(asio_test, errors_are_thrown) {
  struct body {
    static task<boost::system::error_code> connect(asio_thread& asios, tcp::endpoint there) {
      tcp::socket socket(asios.context());
      boost::system::error_code code;
      try {
        co_await socket.async_connect(there, awaited_with(socket));
        std::array<char, 8> buffer{};
        co_await socket.async_read_some(asio::buffer(buffer), awaited_with(socket));
      } catch (const boost::system::system_error& failed) {
        code = failed.code();
      }
      co_return code;
    }
    static task<void> run() {
      asio_thread asios;
      tcp::endpoint there;
      {
        auto listener = io::tcp_listener::bind(io::address::loopback(0));
        there = endpoint_of(listener);
        auto asking = spawn(connect(asios, there));
        io::tcp_stream peer = co_await listener.accept();
        peer.close();  // The server goes away.
        const boost::system::error_code gone = co_await asking;
        EXPECT_EQ(gone, asio::error::eof);
      }
      const boost::system::error_code refused = co_await connect(asios, there);
      EXPECT_EQ(refused, asio::error::connection_refused);
    }
  };
  run(body::run());
}

TEST_P(asio_test, a_socket_that_is_accepted_is_a_value) {
  struct body {
    static task<void> run() {
      asio_thread asios;
      tcp::acceptor acceptor(asios.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      auto client =
          spawn(io::tcp_stream::connect(io::address::loopback(acceptor.local_endpoint().port())));
      tcp::socket accepted = co_await acceptor.async_accept(awaited_with(acceptor));
      EXPECT_TRUE(accepted.is_open());
      static_cast<void>(co_await client);
    }
  };
  run(body::run());
}

TEST_P(asio_test, many_tasks_wait_for_one_io_context) {
  struct body {
    static task<int> ring(asio_thread& asios, int wait_us) {
      asio::steady_timer timer(asios.context(), std::chrono::microseconds(wait_us));
      co_await timer.async_wait(awaited_with(timer));
      co_return 1;
    }
    static task<void> run() {
      asio_thread asios;
      std::vector<task<int>> rings;
      for (int each = 0; each < 200; ++each) {
        rings.push_back(ring(asios, each * 17 % 1000));
      }
      const std::vector<int> rung = co_await gather(std::move(rings));
      EXPECT_EQ(rung.size(), 200U);
    }
  };
  run(body::run());
}

// The timer rings in the very instant in which it is cancelled: one of the two is seen, and the frame stays
// until the handler has run.
TEST_P(asio_test, cancellation_races_with_the_end) {
  struct body {
    static task<void> wait(asio::steady_timer& timer, std::atomic<int>& rung) {
      co_await timer.async_wait(awaited_with(timer));
      ++rung;
    }
    static task<void> run() {
      asio_thread asios;
      asio::steady_timer timer(asios.context());
      std::atomic<int> rung{0};
      int cancelled = 0;
      const int rounds = testing::scaled(300);
      for (int round = 0; round < rounds; ++round) {
        timer.expires_after(std::chrono::microseconds(round % 50));
        auto waiting = spawn(wait(timer, rung));
        for (int turn = 0; turn < round % 7; ++turn) {
          co_await yield();
        }
        waiting.cancel();
        const int before = rung.load();
        try {
          co_await waiting;
        } catch (const cancelled_error&) {
          ++cancelled;
          EXPECT_LE(rung.load(), before + 1);
        }
      }
      EXPECT_GE(cancelled + rung.load(), rounds);
    }
  };
  run(body::run());
}

TEST_P(asio_test, what_asio_posts_runs_in_a_task_of_ours) {
  struct body {
    static task<void> run(bool is_loop) {
      static_assert(asio::execution::is_executor<asio_scheduler::executor_type>::value);
      asio_thread asios;
      asio_scheduler here;
      scheduler* const home = &current_scheduler();
      const std::thread::id mine = std::this_thread::get_id();
      std::atomic<int> ran{0};
      event all;
      const auto step = [&] {
        EXPECT_EQ(&current_scheduler(), home);
        EXPECT_NE(current_context().task, nullptr);
        if (is_loop) {
          EXPECT_EQ(std::this_thread::get_id(), mine);
        }
        if (++ran == 100) {
          all.set();
        }
      };
      for (int each = 0; each < 50; ++each) {
        asio::post(here.get_executor(), step);
        asio::post(asios.context(), [&] { asio::post(here.get_executor(), step); });
      }
      co_await all.wait();
      EXPECT_EQ(ran, 100);
    }
  };
  run(body::run(GetParam().is_loop()));
}

TEST_P(asio_test, a_strand_of_ours_runs_one_at_a_time) {
  struct body {
    static task<void> run() {
      asio_scheduler here;
      auto strand = asio::make_strand(here.get_executor());
      int counter = 0;  // The strand is its lock.
      event all;
      for (int each = 0; each < 500; ++each) {
        asio::post(strand, [&] {
          if (++counter == 500) {
            all.set();
          }
        });
      }
      co_await all.wait();
      EXPECT_EQ(counter, 500);
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::adapters
