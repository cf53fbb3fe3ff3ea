// tests/io/tls/tls_pairs.hpp
//
// Both ends of a connection with TLS, in one process.
#pragma once

#include "../../support/io_runtimes.hpp"
#include "certificates.hpp"
#include <jackdaw/io/tls/tls_stream.hpp>

#include <optional>
#include <string>
#include <utility>

namespace jackdaw::testing {

/// Of localhost_identity(), or another.
[[nodiscard]] inline io::tls_options tls_server_options(
    const identity& own = localhost_identity()) {
  io::tls_options options;
  options.certificate_pem = own.certificate;
  options.key_pem = own.key;
  return options;
}

/// Trusts trusted_authority().
[[nodiscard]] inline io::tls_options tls_client_options() {
  io::tls_options options;
  options.trusted_pem = trusted_authority().certificate();
  return options;
}

/// What both ends were told, and both streams if it went well.
struct tls_meeting {
  std::optional<io::tls_stream> client;
  std::optional<io::tls_stream> server;
  io::tls_problem of_client;
  io::tls_problem of_server;

  [[nodiscard]] bool both() const {
    return !of_client.happened() && !of_server.happened() && client.has_value();
  }
};

inline task<void> meet_at(io::tcp_stream below, io::tls_context context, std::string name,
                          std::optional<io::tls_stream>& stream, io::tls_problem& problem) {
  stream.emplace(std::move(context), io::make_tls_transport(std::move(below)), name);
  const io::result<void> done = co_await stream->try_handshake();
  problem = stream->problem();
  EXPECT_EQ(done.ok(), !problem.happened());
  EXPECT_EQ(done.error_number(), problem.number);
  if (problem.happened()) {
    stream->close();  // So that the other end need not wait for us.
  }
}

/// Over loopback, or a pair of local sockets.
inline task<void> meet(tls_meeting& meeting, stream_pair below, io::tls_context client,
                       io::tls_context server, std::string name = "localhost") {
  auto serving = spawn(
      meet_at(std::move(below.right), std::move(server), "", meeting.server, meeting.of_server));
  co_await meet_at(std::move(below.left), std::move(client), std::move(name), meeting.client,
                   meeting.of_client);
  co_await serving;
}

/// Both ends of a connection that is fine, or a test failure.
inline task<void> meet_well(tls_meeting& meeting) {
  co_await meet(meeting, connected_streams(), io::tls_context::client(tls_client_options()),
                io::tls_context::server(tls_server_options()));
  EXPECT_TRUE(meeting.both()) << meeting.of_client.text << meeting.of_server.text;
}

/// Reads until the end; "..." and what went wrong if it is not a good one.
template <class Stream>
task<std::string> read_until_end(Stream& stream) {
  std::vector<std::byte> into(10'000);
  std::string text;
  while (true) {
    const io::result<std::size_t> count = co_await stream.try_read_some(into);
    if (!count.ok()) {
      co_return text + "...";
    }
    if (*count == 0) {
      co_return text;
    }
    text += text_of(std::span(into).first(*count));
  }
}

}  // namespace jackdaw::testing
