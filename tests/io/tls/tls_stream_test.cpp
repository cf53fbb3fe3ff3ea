// tests/io/tls/tls_stream_test.cpp
//
// Goal: a conversation with TLS moves every byte once and in order, says how it ended, and may be
// cancelled at each step. Method: over all runtimes, both ends in one process, over loopback or local
// sockets; who is trusted is tests/io/tls/tls_trust_test.cpp, and other implementations
// tests/io/tls/tls_interop_test.cpp.
#include "../../support/stress.hpp"
#include "tls_pairs.hpp"
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::meet;
using testing::meet_well;
using testing::read_until_end;
using ::testing::StartsWith;
using testing::text_of;
using testing::tls_client_options;
using testing::tls_meeting;
using testing::tls_server_options;

class tls_stream_test : public testing::io_test {};
JACKDAW_OVER_IO(tls_stream_test, testing::all_io_kinds());

task<std::string> read_text(tls_stream& stream, std::size_t size_max = 1000) {
  std::vector<std::byte> into(size_max);
  const std::size_t count = co_await stream.read_some(into);
  co_return text_of(std::span(into).first(count));
}

// -- Talking --------------------------------------------------------------------------------------

TEST_P(tls_stream_test, both_ends_agree_and_know_what_on) {
  struct body {
    static task<void> run() {
      tls_options client = tls_client_options();
      tls_options server = tls_server_options();
      client.alpn = {"h3", "http/1.1", "h2"};
      server.alpn = {"h2", "http/1.1"};
      tls_meeting ends;
      co_await meet(ends, testing::connected_streams(), tls_context::client(client),
                    tls_context::server(server));
      EXPECT_TRUE(ends.both()) << ends.of_client.text << ends.of_server.text;
      EXPECT_EQ(ends.client->session().version, "TLSv1.3");
      EXPECT_EQ(ends.client->session().cipher, ends.server->session().cipher);
      EXPECT_EQ(ends.client->session().peer_subject, "CN = localhost");
      EXPECT_EQ(ends.server->session().server_name, "localhost");
      EXPECT_EQ(ends.client->alpn(), "h2") << "the server's order counts";
      EXPECT_EQ(ends.server->alpn(), "h2");
      co_await ends.client->write_all(bytes_of("hello"));
      const std::string heard = co_await read_text(*ends.server);
      EXPECT_EQ(heard, "hello");
      co_await ends.server->write_all(bytes_of("welcome"));
      const std::string answer = co_await read_text(*ends.client, 3);
      EXPECT_EQ(answer, "wel") << "the rest stays";
      const std::string rest = co_await read_text(*ends.client);
      EXPECT_EQ(rest, "come");
    }
  };
  run(body::run());
}

task<void> write_pattern(tls_stream& stream, std::uint64_t seed, std::size_t count) {
  std::vector<std::byte> bytes(count);
  testing::byte_pattern(seed).fill(bytes);
  const result<std::size_t> written = co_await stream.try_write_all(bytes);
  EXPECT_EQ(written.error_number(), 0) << stream.problem().text;
  EXPECT_EQ(*written, count);
  co_await stream.shutdown_write();
}

task<std::size_t> read_pattern(tls_stream& stream, std::uint64_t seed) {
  testing::byte_pattern pattern(seed);
  std::vector<std::byte> into(70'001);
  std::size_t total = 0;
  bool in_order = true;
  while (true) {
    const auto room = std::span(into).first(1 + total % into.size());
    const std::size_t count = co_await stream.read_some(room);
    if (count == 0) {
      break;
    }
    in_order = pattern.matches(room.first(count)) && in_order;
    total += count;
  }
  EXPECT_TRUE(in_order);
  co_return total;
}

TEST_P(tls_stream_test, much_goes_both_ways_at_once_with_a_reader_and_a_writer_at_each_end) {
  struct body {
    static task<void> run(std::size_t count) {
      tls_meeting ends;
      co_await meet_well(ends);
      auto first = spawn(write_pattern(*ends.client, 1, count));
      auto second = spawn(write_pattern(*ends.server, 2, count));
      auto third = spawn(read_pattern(*ends.client, 2));
      const std::size_t at_server = co_await read_pattern(*ends.server, 1);
      const std::size_t at_client = co_await third;
      co_await first;
      co_await second;
      EXPECT_EQ(at_server, count);
      EXPECT_EQ(at_client, count);
    }
  };
  run(body::run(1'048'576 + 13));
}

TEST_P(tls_stream_test, an_echo_of_a_mebibyte_comes_back_whole) {
  struct body {
    static task<void> echo(tls_stream& stream) {
      std::vector<std::byte> into(20'000);
      while (true) {
        const std::size_t count = co_await stream.read_some(into);
        if (count == 0) {
          break;
        }
        co_await stream.write_all(std::span(into).first(count));
      }
      co_await stream.shutdown_write();
    }
    static task<void> run() {
      tls_meeting ends;
      co_await meet_well(ends);
      auto echoing = spawn(echo(*ends.server));
      auto writing = spawn(write_pattern(*ends.client, 5, 1'048'576));
      const std::size_t back = co_await read_pattern(*ends.client, 5);
      EXPECT_EQ(back, 1'048'576U);
      co_await writing;
      co_await echoing;
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_conversation_changes_over_to_tls) {
  struct body {
    static task<void> serve(tcp_stream plain, std::string& heard) {
      const std::string greeting = co_await testing::read_count(plain, 8);
      EXPECT_EQ(greeting, "STARTTLS");
      co_await plain.write_all(bytes_of("GO"));
      tls_context context = tls_context::server(tls_server_options());
      tls_stream stream = co_await start_tls(std::move(plain), std::move(context));
      heard = co_await read_text(stream);
      const bool both = co_await stream.shutdown();
      EXPECT_TRUE(both);
    }
    static task<void> run() {
      auto streams = testing::connected_streams();
      std::string heard;
      auto serving = spawn(serve(std::move(streams.right), heard));
      co_await streams.left.write_all(bytes_of("STARTTLS"));
      const std::string go = co_await testing::read_count(streams.left, 2);
      EXPECT_EQ(go, "GO");
      tls_context context = tls_context::client(tls_client_options());
      tls_stream stream =
          co_await start_tls(std::move(streams.left), std::move(context), "localhost");
      co_await stream.write_all(bytes_of("secret"));
      const bool both = co_await stream.shutdown();
      EXPECT_TRUE(both);
      co_await serving;
      EXPECT_EQ(heard, "secret");
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, tls_goes_over_tls) {
  struct body {
    static task<void> run() {
      tls_meeting outer;
      co_await meet_well(outer);
      const tls_context server = tls_context::server(tls_server_options());
      const tls_context client = tls_context::client(tls_client_options());
      auto serving = spawn(start_tls(std::move(*outer.server), server));
      tls_stream inner_client = co_await start_tls(std::move(*outer.client), client, "localhost");
      tls_stream inner_server = co_await std::move(serving);
      auto writing = spawn(write_pattern(inner_client, 9, 300'000));
      const std::size_t total = co_await read_pattern(inner_server, 9);
      EXPECT_EQ(total, 300'000U);
      co_await writing;
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_name_is_resolved_and_connected_to) {
  struct body {
    static task<void> serve(tcp_listener& listener) {
      tls_context context = tls_context::server(tls_server_options());
      tls_stream stream = co_await start_tls(co_await listener.accept(), std::move(context));
      co_await stream.write_all(bytes_of("here"));
      co_await stream.shutdown_write();
    }
    static task<void> run() {
      auto listener = tcp_listener::bind(address::loopback(0));
      const std::string port = std::to_string(listener.local_address().port());
      auto serving = spawn(serve(listener));
      tls_context context = tls_context::client(tls_client_options());
      // By number: its certificate has the address.
      tls_stream stream = co_await tls_stream::connect("127.0.0.1", port, std::move(context));
      const std::string text = co_await read_until_end(stream);
      EXPECT_EQ(text, "here");
      co_await serving;
      EXPECT_EQ(stream.session().server_name, "") << "an address is no name to ask for";
    }
  };
  run(body::run());
}

// -- Ends -----------------------------------------------------------------------------------------

TEST_P(tls_stream_test, one_direction_may_end_before_the_other) {
  struct body {
    static task<void> run() {
      tls_meeting ends;
      co_await meet_well(ends);
      co_await ends.client->write_all(bytes_of("question"));
      co_await ends.client->shutdown_write();
      const std::string question = co_await read_until_end(*ends.server);
      EXPECT_EQ(question, "question");
      co_await ends.server->write_all(bytes_of("answer"));
      co_await ends.server->shutdown_write();
      const std::string answer = co_await read_until_end(*ends.client);
      EXPECT_EQ(answer, "answer");
      const std::string again = co_await read_until_end(*ends.client);
      EXPECT_EQ(again, "") << "the end is told whenever it is asked for";
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, writing_after_the_farewell_is_an_error_and_reading_goes_on) {
  struct body {
    static task<void> run() {
      tls_meeting ends;
      co_await meet_well(ends);
      co_await ends.client->shutdown_write();
      const result<std::size_t> written = co_await ends.client->try_write_some(bytes_of("x"));
      EXPECT_EQ(written.error_number(), EPIPE);
      EXPECT_EQ(ends.client->problem().kind, tls_failure::finished);
      tls_failure kind = tls_failure::none;
      try {
        co_await ends.client->write_all(bytes_of("x"));
      } catch (const tls_error& failed) {
        kind = failed.kind();
      }
      EXPECT_EQ(kind, tls_failure::finished);
      co_await ends.server->write_all(bytes_of("go on"));
      const std::string heard = co_await read_text(*ends.client);
      EXPECT_EQ(heard, "go on");
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_connection_that_is_cut_is_no_end_of_the_stream) {
  struct body {
    static task<void> run() {
      tls_options server = tls_server_options();
      server.session_tickets = 0;  // Who closes without having read them resets the connection.
      tls_meeting ends;
      co_await meet(ends, testing::connected_streams(), tls_context::client(tls_client_options()),
                    tls_context::server(server));
      co_await ends.client->write_all(bytes_of("pay 100"));
      ends.client->close();
      const std::string heard = co_await read_until_end(*ends.server);
      EXPECT_EQ(heard, "pay 100...");
      EXPECT_EQ(ends.server->problem().kind, tls_failure::truncated);
      EXPECT_EQ(ends.server->problem().number, ECONNABORTED);
      std::string said;
      std::array<std::byte, 8> into{};
      try {
        static_cast<void>(co_await ends.server->read_some(into));
      } catch (const tls_error& failed) {
        EXPECT_EQ(failed.kind(), tls_failure::truncated);
        said = failed.what();
      }
      EXPECT_THAT(said, StartsWith("TLS read with 127.0.0.1:"));
      EXPECT_THAT(said, EndsWith(": the connection ended without a farewell"));
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_shutdown_tells_whether_the_peer_said_good_bye) {
  struct body {
    static task<void> run() {
      tls_meeting ends;
      co_await meet_well(ends);
      auto answering = spawn(ends.server->shutdown());
      const bool said = co_await ends.client->shutdown();
      const bool heard = co_await answering;
      EXPECT_TRUE(said);
      EXPECT_TRUE(heard);
      tls_meeting others;
      co_await meet_well(others);
      co_await others.server->write_all(bytes_of("unwanted"));
      others.server->close();
      const bool rude = co_await others.client->shutdown();
      EXPECT_FALSE(rude);
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, writing_to_a_peer_that_is_gone_fails_with_the_kernels_number) {
  struct body {
    static task<void> run() {
      tls_meeting ends;
      co_await meet_well(ends);
      ends.server->close();
      result<std::size_t> written(std::size_t{0});
      while (written.ok()) {
        written = co_await ends.client->try_write_some(bytes_of("x"));
      }
      EXPECT_EQ(meaning_of(written.error_number()), meaning::peer_gone);
      EXPECT_EQ(ends.client->problem().kind, tls_failure::lower);
      EXPECT_THAT(ends.client->problem().text,
                  StartsWith("TLS write with localhost at 127.0.0.1:"));
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, what_is_no_tls_is_refused_in_the_middle_too) {
  struct body {
    static task<void> run() {
      auto streams = testing::connected_streams();
      const file_descriptor wire(dup(streams.right.native_handle()));
      tls_meeting ends;
      co_await meet(ends, std::move(streams), tls_context::client(tls_client_options()),
                    tls_context::server(tls_server_options()));
      testing::send_now(wire.get(), "HTTP/1.1 400 what do you want");
      const std::string heard = co_await read_until_end(*ends.client);
      EXPECT_EQ(heard, "...");
      EXPECT_EQ(ends.client->problem().kind, tls_failure::protocol);
      EXPECT_EQ(ends.client->problem().number, EBADMSG);
      const result<std::size_t> written = co_await ends.client->try_write_some(bytes_of("x"));
      EXPECT_EQ(written.error_number(), EBADMSG) << "every call fails alike";
    }
  };
  run(body::run());
}

// -- Handshakes that fail -------------------------------------------------------------------------

TEST_P(tls_stream_test, a_peer_that_speaks_something_else_is_an_error_of_the_handshake) {
  struct body {
    static task<void> run() {
      auto streams = testing::connected_streams();
      testing::send_now(streams.right.native_handle(), "SSH-2.0-OpenSSH_9.2\r\n");
      tls_stream client(tls_context::client(tls_client_options()),
                        make_tls_transport(std::move(streams.left)), "localhost");
      std::string said;
      try {
        co_await client.handshake();
      } catch (const tls_error& failed) {
        EXPECT_EQ(failed.kind(), tls_failure::handshake);
        EXPECT_EQ(failed.number(), EBADMSG);
        said = failed.what();
      }
      EXPECT_THAT(said, StartsWith("TLS handshake with localhost at 127.0.0.1:"));
      EXPECT_THAT(said, EndsWith(": wrong version number"));
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_peer_that_leaves_in_the_handshake_is_told_apart) {
  struct body {
    static task<void> run() {
      auto streams = testing::connected_streams();
      streams.right.shutdown_write();
      tls_stream client(tls_context::client(tls_client_options()),
                        make_tls_transport(std::move(streams.left)), "localhost");
      const result<void> done = co_await client.try_handshake();
      EXPECT_EQ(done.error_number(), ECONNABORTED);
      EXPECT_EQ(client.problem().kind, tls_failure::truncated);
      EXPECT_THAT(client.problem().text, StartsWith("TLS handshake with localhost at "));
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_silent_peer_costs_no_more_than_the_deadline) {
  struct body {
    static task<void> run() {
      auto streams = testing::connected_streams();
      tls_stream first(tls_context::server(tls_server_options()),
                       make_tls_transport(std::move(streams.left)));
      bool timed_out = false;
      try {
        co_await first.handshake(2ms);
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      auto others = testing::connected_streams();
      tls_stream second(tls_context::server(tls_server_options()),
                        make_tls_transport(std::move(others.left)));
      const result<void> done = co_await second.try_handshake(2ms);
      EXPECT_EQ(done.error_number(), ETIMEDOUT);
      EXPECT_THAT(second.problem().text, HasSubstr("the deadline of the handshake passed"));
    }
  };
  run(body::run());
}

// -- Cancellation ---------------------------------------------------------------------------------

/// True if it ended by the cancellation.
template <class T>
task<bool> cancel_and_join(join_handle<T> handle) {
  handle.cancel();
  bool cancelled = false;
  try {
    static_cast<void>(co_await handle);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  co_return cancelled;
}

task<void> turns(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await yield();
  }
}

TEST_P(tls_stream_test, a_handshake_can_be_cancelled_at_each_step) {
  struct body {
    static task<int> shake(tls_stream& stream) {
      const result<void> done = co_await stream.try_handshake();
      co_return done.error_number();
    }
    static task<void> run(int rounds) {
      const tls_context client = tls_context::client(tls_client_options());
      const tls_context server = tls_context::server(tls_server_options());
      for (int round = 0; round < rounds; ++round) {
        auto streams = testing::local_streams();
        tls_stream left(client, make_tls_transport(std::move(streams.left)), "localhost");
        tls_stream right(server, make_tls_transport(std::move(streams.right)));
        auto shaking = spawn(shake(left));
        auto answering = spawn(shake(right));
        co_await turns(round % 16);
        auto& victim = round % 2 == 0 ? shaking : answering;
        auto& other = round % 2 == 0 ? answering : shaking;
        const bool cancelled = co_await cancel_and_join(victim);
        (round % 2 == 0 ? left : right).close();
        const int failure = co_await other;
        EXPECT_TRUE(cancelled || failure == 0 || failure == ECONNABORTED || failure == ECONNRESET ||
                    failure == EPIPE)
            << failure;
      }
    }
  };
  run(body::run(testing::scaled(64)));
}

TEST_P(tls_stream_test, the_cancellation_of_a_read_loses_no_byte) {
  struct body {
    static task<void> append_once(tls_stream& from, std::string& text) {
      std::array<std::byte, 3> into{};
      const std::size_t count = co_await from.read_some(into);
      text += text_of(std::span(into).first(count));
    }
    static task<void> run(int rounds) {
      tls_meeting ends;
      co_await meet_well(ends);
      std::string sent;
      std::string arrived;
      for (int round = 0; round < rounds; ++round) {
        auto reading = spawn(append_once(*ends.client, arrived));
        co_await turns(round % 5);
        const std::string piece = std::to_string(round);
        co_await ends.server->write_all(bytes_of(piece));
        sent += piece;
        co_await turns(round % 3);
        static_cast<void>(co_await cancel_and_join(reading));
      }
      co_await ends.server->shutdown_write();
      arrived += co_await read_until_end(*ends.client);
      EXPECT_EQ(arrived, sent);
    }
  };
  run(body::run(testing::scaled(200)));
}

TEST_P(tls_stream_test, a_cancelled_write_has_taken_what_it_says_and_tears_nothing) {
  struct body {
    // Counts what was taken where a cancellation of the task cannot drop it.
    static task<void> write_on(tls_stream& to, const std::vector<std::byte>& bytes,
                               std::size_t& taken) {
      while (taken < bytes.size()) {
        const std::size_t piece = std::min<std::size_t>(30'000, bytes.size() - taken);
        taken += co_await to.write_some(std::span(bytes).subspan(taken, piece));
      }
    }
    static task<void> run() {
      auto streams = testing::local_streams();
      tls_meeting ends;
      co_await meet(ends, std::move(streams), tls_context::client(tls_client_options()),
                    tls_context::server(tls_server_options()));
      std::vector<std::byte> bytes(3'000'000);
      testing::byte_pattern(4).fill(bytes);
      auto reading = spawn(read_pattern(*ends.server, 4));
      std::size_t taken = 0;
      int cancelled = 0;
      for (int round = 0; taken < bytes.size(); ++round) {
        auto writing = spawn(write_on(*ends.client, bytes, taken));
        co_await turns(round % 12);
        const bool by_us = co_await cancel_and_join(writing);
        cancelled += by_us ? 1 : 0;
      }
      EXPECT_EQ(taken, bytes.size());
      EXPECT_GT(cancelled, 0);
      co_await ends.client->shutdown_write();
      const std::size_t read = co_await reading;
      EXPECT_EQ(read, bytes.size());
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_shutdown_can_be_cancelled_while_the_peer_is_silent) {
  struct body {
    static task<void> run() {
      tls_meeting ends;
      co_await meet_well(ends);
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(2ms, ends.client->shutdown()));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      const std::string heard = co_await read_until_end(*ends.server);
      EXPECT_EQ(heard, "") << "ours was said";
    }
  };
  run(body::run());
}

TEST_P(tls_stream_test, a_full_connection_blocks_the_writer_and_not_the_reader_beside_it) {
  struct body {
    static task<void> run() {
      tls_meeting ends;
      co_await meet(ends, testing::local_streams(), tls_context::client(tls_client_options()),
                    tls_context::server(tls_server_options()));
      auto writing = spawn(write_pattern(*ends.client, 6, 4'000'000));
      co_await turns(50);
      EXPECT_FALSE(writing.done()) << "nobody reads at the other end";
      co_await ends.server->write_all(bytes_of("meanwhile"));
      const std::string heard = co_await read_text(*ends.client);
      EXPECT_EQ(heard, "meanwhile");
      const std::size_t total = co_await read_pattern(*ends.server, 6);
      EXPECT_EQ(total, 4'000'000U);
      co_await writing;
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::io
