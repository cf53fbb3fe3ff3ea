// The loop for foreign libraries, with a library that is easy to see through: it waits for bytes in pipes.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include "../support/was_cancelled.hpp"
#include <jackdaw/adapters/foreign_loop.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;
using testing::make_pipe;
using testing::receive_now;
using testing::send_now;

/// "Reads" one byte of a pipe. Each read is watched from its begin to its end.
class pipe_library final : public foreign_loop {
 public:
  task<std::string> read(int descriptor) {
    request mine;
    {
      const std::lock_guard held(lock());
      requests_[descriptor] = &mine;
      EXPECT_EQ(watch(descriptor, POLLIN), 0);
    }
    const forget_at_end forgets(*this, descriptor);
    co_await wait_for(mine);
    co_return mine.text;
  }
  /// Ends when the timer rings.
  task<void> wait_for_timer(duration wait) {
    {
      const std::lock_guard held(lock());
      set_timer(wait);
    }
    co_await wait_for(alarm_);
  }
  void stop_timer() {
    const std::lock_guard held(lock());
    set_timer(std::nullopt);
  }

  std::atomic<int> rings{0};
  bool fails = false;  // The next event is an error.

 private:
  struct request : waiter {
    std::string text;
  };
  class forget_at_end {
   public:
    forget_at_end(pipe_library& library, int descriptor) noexcept
        : library_(&library), descriptor_(descriptor) {}
    forget_at_end(const forget_at_end&) = delete;
    forget_at_end& operator=(const forget_at_end&) = delete;
    ~forget_at_end() {
      const std::lock_guard held(library_->lock());
      library_->requests_.erase(descriptor_);
      library_->watch(descriptor_, 0);
    }

   private:
    pipe_library* library_;
    int descriptor_;
  };

  void on_ready(int descriptor, std::uint32_t events) override {
    EXPECT_NE(events & (POLLIN | POLLHUP), 0U);
    const auto found = requests_.find(descriptor);
    if (found == requests_.end()) {
      return;
    }
    if (fails) {
      fails = false;
      throw std::runtime_error("the library failed");
    }
    found->second->text = receive_now(descriptor, 1);
    complete(*found->second);
    requests_.erase(found);
    watch(descriptor, 0);
  }
  void on_timer() override {
    ++rings;
    complete(alarm_);
  }

  std::map<int, request*> requests_;
  waiter alarm_;
};

class foreign_loop_test : public testing::io_test {};
JACKDAW_OVER_IO(foreign_loop_test, testing::all_io_kinds());

task<void> a_few_turns() {
  for (int turn = 0; turn < 20; ++turn) {
    co_await sleep(100us);
  }
}

TEST_P(foreign_loop_test, one_waits_and_drives) {
  struct body {
    static task<void> run() {
      pipe_library library;
      auto pipe = make_pipe();
      auto reading = spawn(library.read(pipe.reads.get()));
      co_await a_few_turns();
      EXPECT_FALSE(reading.done());
      send_now(pipe.writes.get(), "x");
      const std::string text = co_await reading;
      EXPECT_EQ(text, "x");
    }
  };
  run(body::run());
}

TEST_P(foreign_loop_test, passengers_are_told_by_whoever_drives) {
  struct body {
    static task<void> run() {
      pipe_library library;
      std::vector<testing::pipe_ends> pipes;
      std::vector<join_handle<std::string>> readers;
      for (int each = 0; each < 20; ++each) {
        pipes.push_back(make_pipe());
        readers.push_back(spawn(library.read(pipes.back().reads.get())));
      }
      co_await a_few_turns();
      for (std::size_t each = pipes.size(); each > 0; --each) {  // The driver's own comes last.
        send_now(pipes[each - 1].writes.get(), "x");
        const std::string text = co_await readers[each - 1];
        EXPECT_EQ(text, "x");
      }
    }
  };
  run(body::run());
}

TEST_P(foreign_loop_test, a_driver_that_is_cancelled_passes_the_wheel_on) {
  struct body {
    static task<void> run() {
      pipe_library library;
      std::vector<testing::pipe_ends> pipes;
      std::vector<join_handle<std::string>> readers;
      for (int each = 0; each < 6; ++each) {
        pipes.push_back(make_pipe());
        readers.push_back(spawn(library.read(pipes.back().reads.get())));
      }
      co_await a_few_turns();
      for (std::size_t each = 0; each + 1 < readers.size(); ++each) {
        readers[each].cancel();
        if (each % 2 == 0) {
          co_await a_few_turns();  // Else the next one is cancelled while it is offered the wheel.
        }
        send_now(pipes[each].writes.get(), "x");  // Nobody's any more.
      }
      for (std::size_t each = 0; each + 1 < readers.size(); ++each) {
        const bool cancelled = co_await testing::was_cancelled(readers[each]);
        EXPECT_TRUE(cancelled);
      }
      send_now(pipes.back().writes.get(), "y");
      const std::string text = co_await readers.back();
      EXPECT_EQ(text, "y");
    }
  };
  run(body::run());
}

TEST_P(foreign_loop_test, an_error_of_the_library_is_the_drivers_and_another_goes_on) {
  struct body {
    static task<void> run() {
      pipe_library library;
      auto one = make_pipe();
      auto two = make_pipe();
      auto driver = spawn(library.read(one.reads.get()));
      co_await a_few_turns();
      auto passenger = spawn(library.read(two.reads.get()));
      co_await a_few_turns();
      library.fails = true;
      send_now(two.writes.get(), "z");
      std::string error;
      try {
        co_await driver;
      } catch (const std::runtime_error& thrown) {
        error = thrown.what();
      }
      EXPECT_EQ(error, "the library failed");
      const std::string text = co_await passenger;
      EXPECT_EQ(text, "z");
    }
  };
  run(body::run());
}

TEST_P(foreign_loop_test, a_timer_set_meanwhile_wakes_the_driver) {
  struct body {
    static task<void> run() {
      pipe_library library;
      auto pipe = make_pipe();
      auto driver = spawn(library.read(pipe.reads.get()));
      co_await a_few_turns();
      co_await library.wait_for_timer(1ms);
      EXPECT_EQ(library.rings, 1);
      co_await library.wait_for_timer(0ms);  // Done before: returns.
      library.stop_timer();
      send_now(pipe.writes.get(), "x");
      const std::string text = co_await driver;
      EXPECT_EQ(text, "x");
    }
  };
  run(body::run());
}

task<std::size_t> read_often(pipe_library& library, int reads, int writes, int rounds) {
  std::size_t got = 0;
  for (int round = 0; round < rounds; ++round) {
    auto reading = spawn(library.read(reads));
    if (round % 3 == 1) {
      co_await yield();
    }
    send_now(writes, "x");
    if (round % 3 == 2) {
      reading.cancel();
    }
    try {
      const std::string text = co_await reading;
      got += text.size();
    } catch (const cancelled_error&) {
    }
    got += receive_now(reads).size();
  }
  co_return got;
}

TEST_P(foreign_loop_test, nobody_is_left_waiting_however_they_come_and_go) {
  struct body {
    static task<void> run() {
      pipe_library library;
      std::vector<testing::pipe_ends> pipes;
      std::vector<task<std::size_t>> readers;
      const int rounds = testing::scaled(300);
      for (int each = 0; each < 8; ++each) {
        pipes.push_back(make_pipe());
        readers.push_back(
            read_often(library, pipes.back().reads.get(), pipes.back().writes.get(), rounds));
      }
      const std::vector<std::size_t> counts = co_await gather(std::move(readers));
      for (const std::size_t count : counts) {
        // A cancelled read may have had its byte, which then nobody gets.
        EXPECT_LE(count, static_cast<std::size_t>(rounds));
        EXPECT_GE(count, static_cast<std::size_t>(rounds) * 2 / 3 - 1);
      }
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::adapters
