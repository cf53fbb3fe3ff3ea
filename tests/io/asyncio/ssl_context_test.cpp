// tests/io/asyncio/ssl_context_test.cpp
//
// Goal: what is said of TLS is checked before anything is connected, and whoever makes TLS gets it as it was said.
// Method: a maker that makes no TLS and writes down what it was asked. What is real: tests/io/tls/asyncio.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/io/asyncio/ssl_context.hpp>
#include <jackdaw/io/asyncio/streams.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace jackdaw::io::asyncio {
namespace {

using testing::protocol_trace;
using namespace std::chrono_literals;

class ssl_context_test : public testing::io_test {};
JACKDAW_OVER_IO(ssl_context_test, testing::loop_kinds());

const auto make_trace = [] { return std::make_shared<protocol_trace>(); };

// Encrypts nothing: the protocol below is the program's own.
class no_secret final : public ssl_maker {
 public:
  explicit no_secret(bool server) : server_(server) {}
  [[nodiscard]] bool is_server() const noexcept override { return server_; }
  [[nodiscard]] ssl_layer make(jackdaw::asyncio::event_loop& /*loop*/,
                               std::shared_ptr<base_protocol> speaker, const ssl_setup& setup,
                               future<void> waiter) const override {
    asked = setup;
    asked.context = ssl_context();  // That is this one: a circle.
    waiter.set_result();
    ssl_layer layer;
    layer.below = std::dynamic_pointer_cast<connection_protocol>(speaker);
    return layer;
  }
  mutable ssl_setup asked;

 private:
  bool server_;
};

TEST(ssl_setup_test, what_contradicts_itself_is_refused) {
  const ssl_context client(std::make_shared<const no_secret>(false));
  const ssl_context server(std::make_shared<const no_secret>(true));
  ssl_options options;
  EXPECT_FALSE(ssl_setup::of_client(options, "host").context);
  EXPECT_FALSE(ssl_setup::of_server(options).context);
  options.server_hostname = "name";
  EXPECT_THROW(static_cast<void>(ssl_setup::of_client(options, "host")), std::invalid_argument);
  options.server_hostname.reset();
  options.ssl_handshake_timeout = 1s;
  EXPECT_THROW(static_cast<void>(ssl_setup::of_client(options, "host")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(ssl_setup::of_server(options)), std::invalid_argument);
  options.ssl_handshake_timeout.reset();
  options.ssl_shutdown_timeout = 1s;
  EXPECT_THROW(static_cast<void>(ssl_setup::of_client(options, "host")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(ssl_setup::of_server(options)), std::invalid_argument);
  options.ssl = client;
  EXPECT_NO_THROW(static_cast<void>(ssl_setup::of_client(options, "host")));
  EXPECT_THROW(static_cast<void>(ssl_setup::of_client(options, "")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(ssl_setup::of_server(options)), std::invalid_argument);
  options.ssl = server;
  EXPECT_NO_THROW(static_cast<void>(ssl_setup::of_server(options)));
  EXPECT_THROW(static_cast<void>(ssl_setup::of_client(options, "host")), std::invalid_argument);
  for (const duration wrong : {duration(0s), duration(-10s)}) {
    options.ssl_shutdown_timeout = wrong;
    EXPECT_THROW(static_cast<void>(ssl_setup::of_server(options)), std::invalid_argument);
    options.ssl_shutdown_timeout.reset();
    options.ssl_handshake_timeout = wrong;
    EXPECT_THROW(static_cast<void>(ssl_setup::of_server(options)), std::invalid_argument);
    options.ssl_handshake_timeout.reset();
  }
}

// Where asyncio raises TypeError this is no program.
static_assert(std::is_convertible_v<bool, ssl_argument>);
static_assert(!std::is_convertible_v<int, ssl_argument>);
static_assert(!std::is_convertible_v<const char*, ssl_argument>);
static_assert(!std::is_convertible_v<bool, ssl_context>);
static_assert(!std::is_assignable_v<decltype(server_options::ssl)&, bool>);

TEST(ssl_setup_test, the_name_is_the_host_unless_one_is_given) {
  ssl_options options;
  options.ssl = ssl_context(std::make_shared<const no_secret>(false));
  EXPECT_EQ(ssl_setup::of_client(options, "host").server_hostname, "host");
  options.server_hostname = "name";
  EXPECT_EQ(ssl_setup::of_client(options, "host").server_hostname, "name");
  options.server_hostname = "";
  EXPECT_EQ(ssl_setup::of_client(options, "host").server_hostname, "");
  EXPECT_EQ(ssl_setup::of_client(options, "host").handshake_timeout, 60s);
  EXPECT_EQ(ssl_setup::of_client(options, "host").shutdown_timeout, 30s);
}

task<std::string> asked_of_the_maker(const std::shared_ptr<no_secret>& maker) {
  testing::socket_and_peer ends;
  ssl_options options;
  options.ssl = ssl_context(maker);
  options.server_hostname = "name";
  options.ssl_handshake_timeout = 7s;
  auto [made, told] = co_await create_connection(make_trace, ends.take(), options);
  EXPECT_EQ(made, nullptr);
  ::shutdown(ends.peer(), SHUT_WR);
  while (told->log.find("lost") == std::string::npos) {
    co_await yield();
  }
  told->transport = nullptr;
  co_return told->log;
}

TEST_P(ssl_context_test, a_connection_is_begun_by_the_maker_of_its_context) {
  const auto maker = std::make_shared<no_secret>(false);
  EXPECT_EQ(run(asked_of_the_maker(maker)), "made eof lost:None");
  EXPECT_EQ(maker->asked.server_hostname, "name");
  EXPECT_EQ(maker->asked.handshake_timeout, 7s);
}

task<> begun_on_nothing() {
  auto without = start_tls(nullptr, make_trace(), ssl_context());
  EXPECT_THROW(co_await std::move(without), std::invalid_argument);
  const ssl_context context(std::make_shared<const no_secret>(false));
  auto on_nothing = start_tls(nullptr, make_trace(), context);
  EXPECT_THROW(co_await std::move(on_nothing), std::invalid_argument);
}

task<std::string> nothing_is_lost() {
  testing::socket_and_peer ends;
  auto [reader, writer] = co_await open_connection(ends.take());
  testing::send_now(ends.peer(), "line\nrest\n");
  std::string got = co_await reader.readline();
  auto without = writer.start_tls(ssl_context());
  EXPECT_THROW(co_await std::move(without), std::invalid_argument);
  got += co_await reader.readline();
  co_return got;
}

TEST_P(ssl_context_test, a_stream_that_cannot_begin_tls_loses_nothing) {
  EXPECT_EQ(run(nothing_is_lost()), "line\nrest\n");
}

TEST_P(ssl_context_test, tls_begins_on_a_connection_with_a_context) { run(begun_on_nothing()); }

task<> served_by_a_client() {
  server_options options;
  options.ssl = ssl_context(std::make_shared<const no_secret>(false));
  auto creating = create_server(make_trace, "127.0.0.1", 0, options);
  EXPECT_THROW(co_await std::move(creating), std::invalid_argument);
}

TEST_P(ssl_context_test, a_server_needs_the_context_of_one) { run(served_by_a_client()); }

}  // namespace
}  // namespace jackdaw::io::asyncio
