// tests/io/asyncio/subprocess_test.cpp
//
// Goal: communicate() cannot deadlock, and waiting can be given up without a loss. Method: the programs of every
// Debian. Return codes and errors are those of the conformance case subprocess_semantics.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/asyncio/subprocess.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>
#include <string>

namespace jackdaw::io::asyncio {
namespace {

class subprocess_test : public testing::io_test {};
JACKDAW_OVER_IO(subprocess_test, testing::loop_kinds());

process_options piped(process_options options) {
  options.standard_input = stdio::pipe();
  options.standard_output = stdio::pipe();
  return options;
}

task<> through_cat(std::string text) {
  const process cat = co_await create_subprocess_exec(piped(process_options("cat")));
  const auto texts = co_await cat.communicate(text);
  EXPECT_EQ(texts.first, text);
  EXPECT_EQ(texts.second, "");
  EXPECT_EQ(cat.returncode(), 0);
}

TEST_P(subprocess_test, megabytes_go_both_ways) { run(through_cat(std::string(5'000'000, 'x'))); }
TEST_P(subprocess_test, nothing_goes_both_ways) { run(through_cat({})); }

task<> given_up_waiting() {
  const process child = co_await create_subprocess_exec(piped(process_options("cat")));
  auto waits = spawn(child.wait());
  co_await yield();
  waits.cancel();
  bool cancelled = false;
  try {
    co_await waits;
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  EXPECT_TRUE(cancelled);
  child.terminate();
  const int code = co_await child.wait();
  EXPECT_EQ(code, -SIGTERM);
}

TEST_P(subprocess_test, a_wait_that_is_cancelled_loses_nothing) { run(given_up_waiting()); }

task<bool> input_without_pipe() {
  const process child = co_await create_subprocess_exec(process_options("true"));
  bool refused = false;
  try {
    co_await child.communicate("nobody reads this");
  } catch (const std::logic_error&) {
    refused = true;
  }
  co_await child.wait();
  co_return refused;
}

TEST_P(subprocess_test, input_needs_a_pipe) { EXPECT_TRUE(run(input_without_pipe())); }

}  // namespace
}  // namespace jackdaw::io::asyncio
