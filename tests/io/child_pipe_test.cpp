// tests/io/child_pipe_test.cpp
//
// Goal: the ends of a child's pipes are pipes like any other. Method: bytes through descriptors taken over;
// what pipes do is in pipe_test.cpp, what children do in process_test.cpp.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/child_pipe.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

namespace jackdaw::io {
namespace {

static_assert(std::is_same_v<child_output, pipe_reader> &&
              std::is_same_v<child_input, pipe_writer>);

class child_pipe_test : public testing::io_test {};
JACKDAW_OVER_IO(child_pipe_test, testing::all_io_kinds());

task<void> write_and_read() {
  auto ends = testing::make_pipe();
  child_input input(std::move(ends.writes));
  child_output output(std::move(ends.reads));
  co_await input.write_all(testing::bytes_of("through"));
  input.close();
  const std::string text = co_await output.read_to_end();
  EXPECT_EQ(text, "through");
}

TEST_P(child_pipe_test, descriptors_are_taken_over_and_used) { run(write_and_read()); }

}  // namespace
}  // namespace jackdaw::io
