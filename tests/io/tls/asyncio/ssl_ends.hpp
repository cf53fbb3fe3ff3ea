// tests/io/tls/asyncio/ssl_ends.hpp
//
// Contexts for both ends, and a client that is driven by hand: a tls_engine on a plain socket.
#pragma once

#include "../../../support/protocol_trace.hpp"
#include "../certificates.hpp"
#include "../tls_pairs.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/tls/tls_context.hpp>
#include <jackdaw/io/tls/tls_engine.hpp>

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::testing {

[[nodiscard]] inline io::tls_context server_context() {
  return io::tls_context::server(tls_server_options());
}
[[nodiscard]] inline io::tls_context client_context() {
  return io::tls_context::client(tls_client_options());
}

[[nodiscard]] inline io::asyncio::ssl_options as_server() {
  io::asyncio::ssl_options options;
  options.ssl = server_context();
  return options;
}
[[nodiscard]] inline io::asyncio::ssl_options as_client() {
  io::asyncio::ssl_options options;
  options.ssl = client_context();
  options.server_hostname = "localhost";
  return options;
}

/// The client's end of a pair of local sockets. Each step does what can be done now.
class hand_driven_client {
 public:
  explicit hand_driven_client(int descriptor)
      : engine_(client_context(), "localhost"), descriptor_(descriptor) {}

  [[nodiscard]] io::tls_engine& engine() { return engine_; }

  void send_output() {
    io::byte_buffer sending;
    while (engine_.begin_send(sending)) {
      send_now(descriptor_, text_of(sending.readable()));
      sending.consume(sending.size());
    }
  }
  void receive() {
    const std::string arrived = receive_now(descriptor_);
    io::byte_buffer bytes;
    bytes.append(bytes_of(arrived));
    engine_.take_input(bytes);
  }
  /// Turn by turn until it is over.
  task<> shake_hands() {
    while (engine_.handshake() == io::tls_engine::step::input) {
      send_output();
      co_await yield();
      receive();
    }
    send_output();
  }
  void write(std::string_view text) {
    std::size_t count = 0;
    EXPECT_EQ(engine_.write(bytes_of(text), count), io::tls_engine::step::done);
    EXPECT_EQ(count, text.size());
    send_output();
  }
  /// What has arrived; "ended" behind it when the server has said good-bye, and "failed" if it is no TLS.
  [[nodiscard]] std::string read() {
    receive();
    std::string text;
    std::array<std::byte, 16384> into{};
    std::size_t count = 0;
    io::tls_engine::step last = engine_.read(into, count);
    while (last == io::tls_engine::step::done) {
      text += text_of(std::span(into).first(count));
      last = engine_.read(into, count);
    }
    return text + (last == io::tls_engine::step::ended    ? "ended"
                   : last == io::tls_engine::step::failed ? "failed"
                                                          : "");
  }
  void say_goodbye() {
    EXPECT_EQ(engine_.say_goodbye(), io::tls_engine::step::done);
    send_output();
  }

 private:
  io::tls_engine engine_;
  int descriptor_;
};

/// A server's end that is begun, and its client by hand.
struct served_by_hand {
  explicit served_by_hand(std::shared_ptr<protocol_trace> told)
      : speaker(std::move(told)), client(ends.peer()) {}

  task<> begin(io::asyncio::ssl_options options = as_server()) {
    const auto factory = [kept = speaker] { return kept; };
    auto creating =
        spawn(io::asyncio::connect_accepted_socket(factory, ends.take(), std::move(options)));
    co_await client.shake_hands();
    auto made = co_await creating;
    transport = std::move(made.first);
  }

  socket_and_peer ends;
  std::shared_ptr<protocol_trace> speaker;
  hand_driven_client client;
  std::shared_ptr<io::asyncio::transport> transport;
};

}  // namespace jackdaw::testing
