// tests/support/protocol_trace.hpp
//
// Protocols that write down what is called, and the coroutines that tests of asyncio's I/O share.
#pragma once

#include "io_runtimes.hpp"
#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace jackdaw::testing {

/// "None", or what the error says.
[[nodiscard]] inline std::string text_of(const std::exception_ptr& error) {
  if (error == nullptr) {
    return "None";
  }
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return caught.what();
  } catch (...) {
    return "no std::exception";
  }
}

/// "made data:abc eof lost:None", and so on.
class protocol_trace : public io::asyncio::protocol {
 public:
  void connection_made(const std::shared_ptr<io::asyncio::transport>& made) override {
    transport = made;
    add("made");
  }
  void data_received(std::string_view data) override { add("data:" + std::string(data)); }
  bool eof_received() override {
    add("eof");
    return keeps_open;
  }
  void connection_lost(std::exception_ptr error) override { add("lost:" + text_of(error)); }
  void pause_writing() override { add("pause"); }
  void resume_writing() override { add("resume"); }

  void add(std::string_view word) { log.append(log.empty() ? "" : " ").append(word); }

  std::shared_ptr<io::asyncio::transport> transport;
  std::string log;
  bool keeps_open = false;
};

/// Lets so many turns pass.
inline task<> let_turns_pass(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await yield();
  }
}

/// A pair of local sockets: one for a transport, one to be its peer.
struct socket_and_peer {
  socket_and_peer() : pair(local_streams()) {}
  [[nodiscard]] io::socket take() { return std::move(pair.left.raw_socket()); }
  [[nodiscard]] int peer() const { return pair.right.native_handle(); }
  stream_pair pair;
};

}  // namespace jackdaw::testing
