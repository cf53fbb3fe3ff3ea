// tests/io/pitfalls/liveness_test.cpp
//
// Goal: a buffer that is freed while the kernel owns it is found out when the kernel gives it back (B39, P1). No sanitizer
// sees what the kernel writes; the driver asks it about the memory when an operation completes. Method: the crime itself,
// in a child.
#include "../../support/forked.hpp"
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/base/liveness.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <string>

namespace jackdaw::io {
namespace {

class liveness_test : public testing::io_test {};
JACKDAW_OVER_IO(liveness_test, testing::io_kinds_on(backend::io_uring));

TEST_P(liveness_test, a_buffer_freed_in_flight_aborts_when_the_kernel_gives_it_back) {
  if (!liveness_is_known()) {
    GTEST_SKIP() << "only the address sanitizer knows what is freed";
  }
  struct body {
    static task<void> read_into(tcp_stream& stream, std::unique_ptr<std::byte[]>& memory) {
      static_cast<void>(co_await stream.read_some(std::span(memory.get(), 64)));
    }
    static task<void> run() {
      auto streams = testing::local_streams();
      auto memory = std::make_unique<std::byte[]>(64);
      auto reading = spawn(read_into(streams.left, memory));
      co_await jackdaw::sleep(std::chrono::milliseconds(2));
      memory.reset();
      testing::send_now(streams.right.native_handle(), "to whom?");
      co_await reading;
    }
  };
  const auto result = testing::in_child([this] {
    jackdaw::io::run(body::run(), options());
    return std::string("nobody noticed");
  });
  EXPECT_EQ(result.signal, SIGABRT) << testing::complaint_of(result);
  EXPECT_NE(result.standard_error.find("is_known_dead"), std::string::npos);
}

}  // namespace
}  // namespace jackdaw::io
