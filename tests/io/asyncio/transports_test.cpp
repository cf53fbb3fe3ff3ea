// tests/io/asyncio/transports_test.cpp
//
// Goal: the interfaces can be used without knowing what is behind them. Method: functions that know an interface
// only, given a real transport.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>

namespace jackdaw::io::asyncio {
namespace {

using testing::bytes_of;
using testing::protocol_trace;
using testing::receive_now;
using testing::socket_and_peer;

class transports_test : public testing::io_test {};
JACKDAW_OVER_IO(transports_test, testing::loop_kinds());

void write_in_all_forms(write_transport& writes) {
  writes.write("text ");
  writes.write(std::string("string "));
  writes.write(bytes_of("bytes"));
}

task<std::string> written_in_all_forms() {
  socket_and_peer ends;
  const auto factory = [] { return std::make_shared<protocol_trace>(); };
  auto [made, told] = co_await create_connection(factory, ends.take());
  write_in_all_forms(*made);
  made->close();
  co_return receive_now(ends.peer());
}

TEST_P(transports_test, text_strings_and_bytes_are_written_alike) {
  EXPECT_EQ(run(written_in_all_forms()), "text string bytes");
}

task<> names(bool& named) {
  auto both = testing::connected_streams();
  const socket_name peer = both.right.local_address();
  const int number = both.left.native_handle();
  const auto factory = [] { return std::make_shared<protocol_trace>(); };
  auto [made, told] = co_await create_connection(factory, std::move(both.left.raw_socket()));
  const base_transport& any = *made;
  const extra_info info = any.get_extra_info();
  made->close();
  co_await testing::let_turns_pass(2);
  named = info.socket == number && info.peername == peer && info.sockname.has_value() &&
          any.get_extra_info().socket == -1;
}

TEST_P(transports_test, extra_info_has_the_socket_and_its_names) {
  bool named = false;
  run(names(named));
  EXPECT_TRUE(named);
}

}  // namespace
}  // namespace jackdaw::io::asyncio
