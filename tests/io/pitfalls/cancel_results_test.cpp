// tests/io/pitfalls/cancel_results_test.cpp
//
// Goal: whatever the kernel says of an operation that was cancelled, its own end decides what the task sees (P2, B46).
// Method: a driver without a kernel, which ends operations with any result in any order; a table of results.
#include "../../support/leak_check.hpp"
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

namespace jackdaw::io {
namespace {

constexpr int leaked_restart = -512;  // ERESTARTSYS, of a splice that was interrupted.

/// The end of its one operation, told by the test.
class told_driver final : public io_driver {
 public:
  void park(time_point /*deadline*/, work_list& ready) override { ready.append(ready_); }
  void wake() noexcept override {}
  int start(operation& starting) override {
    started = &starting;
    return pending;
  }
  void cancel(operation& /*pending_one*/) noexcept override { ++cancels; }
  void watch(standing_watch& /*added*/) override {}
  void end_watch() noexcept override {}

  void end(int result) { complete(*std::exchange(started, nullptr), result, ready_); }

  operation* started = nullptr;
  int cancels = 0;

 private:
  work_list ready_;
};

/// What a task sees: of its operation, and then of its next suspension.
task<std::string> seen_by_task() {
  std::string seen;
  try {
    seen = std::to_string(co_await readable(0));
  } catch (const error& failed) {
    seen = "error " + std::to_string(failed.code().value());
  } catch (const cancelled_error&) {
    seen = "cancelled";
  }
  try {
    co_await yield();
  } catch (const cancelled_error&) {
    seen += ", then cancelled";
  }
  co_return seen;
}

enum class order { cancelled_first, ended_first, not_cancelled };

std::string seen(order happens, int result) {
  struct body {
    static task<std::string> run(told_driver& driver, order happens, int result) {
      auto waiting = spawn(seen_by_task());
      co_await yield();
      EXPECT_NE(driver.started, nullptr);
      if (happens == order::ended_first) {
        driver.end(result);
        waiting.cancel();
      } else {
        if (happens == order::cancelled_first) {
          waiting.cancel();
          EXPECT_EQ(driver.cancels, 1);
          co_await yield();
          EXPECT_FALSE(waiting.done()) << "the kernel has not given it back";
        }
        driver.end(result);
      }
      co_return co_await waiting;
    }
  };
  told_driver* driver = nullptr;
  asyncio::event_loop loop({[&driver](unsigned) {
                              auto made = std::make_unique<told_driver>();
                              driver = made.get();
                              return made;
                            },
                            nullptr, nullptr});
  struct main {
    static task<void> run(told_driver*& driver, order happens, int result, std::string& into) {
      into = co_await body::run(*driver, happens, result);
    }
  };
  std::string text;
  auto* const state = new task_state<void>(loop, main::run(driver, happens, result, text), "main");
  const join_handle<void> handle(*state);
  loop.run(*state);
  return text;
}

TEST(cancel_results_test, the_operations_own_end_decides) {
  EXPECT_EQ(seen(order::not_cancelled, 1), "1");
  EXPECT_EQ(seen(order::not_cancelled, -ECONNRESET), "error " + std::to_string(ECONNRESET));
  for (const int stopped : {-ECANCELED, -EINTR, leaked_restart}) {
    EXPECT_EQ(seen(order::cancelled_first, stopped), "cancelled") << stopped;
  }
  for (const order happens : {order::cancelled_first, order::ended_first}) {
    EXPECT_EQ(seen(happens, 1), "1, then cancelled");
    EXPECT_EQ(seen(happens, -ECONNRESET),
              "error " + std::to_string(ECONNRESET) + ", then cancelled");
  }
}

task<void> accept_once(file_descriptor& listening) {
  static_cast<void>(co_await accept_operation(listening));
}

// P3: the loop is closed between the end of an accept and the next step of its task, which never comes.
TEST(cancel_results_test, what_an_accept_has_made_is_closed_if_its_task_never_goes_on) {
  struct body {
    static task<void> begin(file_descriptor& listening) {
      spawn(accept_once(listening));
      co_await yield();
    }
  };
  file_descriptor listening(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int made = dup(listening.get());
  {
    told_driver* driver = nullptr;
    asyncio::event_loop loop({[&driver](unsigned) {
                                auto told = std::make_unique<told_driver>();
                                driver = told.get();
                                return told;
                              },
                              nullptr, [](const failure&) {}});
    loop.run_until_complete(body::begin(listening));
    driver->end(made);
  }
  EXPECT_EQ(fcntl(made, F_GETFD), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace jackdaw::io
