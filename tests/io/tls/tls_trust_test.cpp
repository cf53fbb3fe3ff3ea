// tests/io/tls/tls_trust_test.cpp
//
// Goal: whoever is not who he says he is gets no connection, and both ends are told why in words; names
// and protocols choose what they should. Method: over all runtimes, certificates with one fault each.
#include "tls_pairs.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::authority;
using testing::bytes_of;
using testing::certificate_request;
using testing::connected_streams;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::identity;
using testing::meet;
using ::testing::StartsWith;
using testing::tls_client_options;
using testing::tls_meeting;
using testing::tls_server_options;
using testing::trusted_authority;

class tls_trust_test : public testing::io_test {
 protected:
  /// What both were told.
  tls_meeting meet_with(const tls_options& client, const tls_options& server,
                        std::string name = "localhost") {
    tls_meeting meeting;
    run(meet(meeting, connected_streams(), tls_context::client(client), tls_context::server(server),
             std::move(name)));
    if (meeting.client.has_value()) {
      meeting.client->close();
    }
    if (meeting.server.has_value()) {
      meeting.server->close();
    }
    return meeting;
  }

  void expect_refusal(const tls_options& server, const std::string& reason,
                      const std::string& alert, const std::string& name = "localhost") {
    const tls_meeting meeting = meet_with(tls_client_options(), server, name);
    EXPECT_EQ(meeting.of_client.kind, tls_failure::certificate);
    EXPECT_EQ(meeting.of_client.number, EKEYREJECTED);
    EXPECT_THAT(meeting.of_client.text,
                StartsWith("TLS handshake with " + name + " at 127.0.0.1:"));
    EXPECT_THAT(meeting.of_client.text, EndsWith(": certificate verify failed: " + reason));
    EXPECT_EQ(meeting.of_server.kind, tls_failure::handshake);
    EXPECT_THAT(meeting.of_server.text, HasSubstr(alert));
  }
};
JACKDAW_OVER_IO(tls_trust_test, testing::all_io_kinds());

// -- Servers --------------------------------------------------------------------------------------

TEST_P(tls_trust_test, a_certificate_of_an_unknown_authority_is_refused) {
  const authority other("somebody else");
  expect_refusal(tls_server_options(other.issue({"localhost", "DNS:localhost", -1, 1})),
                 "unable to get local issuer certificate", "alert unknown ca");
}

TEST_P(tls_trust_test, a_certificate_for_another_host_is_refused) {
  const identity other = trusted_authority().issue({"localhost", "DNS:example.org", -1, 1});
  expect_refusal(tls_server_options(other), "hostname mismatch", "alert bad certificate");
  expect_refusal(tls_server_options(), "IP address mismatch", "alert bad certificate", "127.0.0.2");
}

TEST_P(tls_trust_test, a_certificate_of_the_past_or_of_the_future_is_refused) {
  const identity old = trusted_authority().issue({"localhost", "DNS:localhost", -9, -2});
  expect_refusal(tls_server_options(old), "certificate has expired", "alert certificate expired");
  const identity early = trusted_authority().issue({"localhost", "DNS:localhost", 2, 9});
  expect_refusal(tls_server_options(early), "certificate is not yet valid",
                 "alert bad certificate");
}

TEST_P(tls_trust_test, a_wildcard_stands_for_one_whole_label) {
  const identity wild = trusted_authority().issue({"wild", "DNS:*.example.org", -1, 1});
  const auto problem_of = [&](const std::string& name) {
    return meet_with(tls_client_options(), tls_server_options(wild), name).of_client.kind;
  };
  EXPECT_EQ(problem_of("www.example.org"), tls_failure::none);
  EXPECT_EQ(problem_of("a.b.example.org"), tls_failure::certificate);
  EXPECT_EQ(problem_of("example.org"), tls_failure::certificate);
}

TEST_P(tls_trust_test, the_systems_authorities_do_not_know_ours) {
  const tls_meeting meeting = meet_with(tls_options(), tls_server_options());
  EXPECT_EQ(meeting.of_client.kind, tls_failure::certificate) << "verification is the default";
}

TEST_P(tls_trust_test, verification_may_be_less_if_that_is_said) {
  const identity other_name = trusted_authority().issue({"other", "DNS:other", -1, 1});
  tls_options client = tls_client_options();
  client.verification = tls_verification::chain;
  EXPECT_TRUE(meet_with(client, tls_server_options(other_name)).both());
  EXPECT_TRUE(meet_with(client, tls_server_options(other_name), "").both());
  const authority stranger("stranger");
  const identity unknown = stranger.issue({"x", "", -9, -2});
  EXPECT_FALSE(meet_with(client, tls_server_options(unknown)).both());
  client.verification = tls_verification::none;
  EXPECT_TRUE(meet_with(client, tls_server_options(unknown)).both());
}

// -- Clients --------------------------------------------------------------------------------------

TEST_P(tls_trust_test, a_client_shows_a_certificate_when_it_is_asked) {
  tls_options server = tls_server_options();
  server.trusted_pem = trusted_authority().certificate();
  server.verification = tls_verification::full;
  tls_options client = tls_client_options();
  const identity own = trusted_authority().issue({"Ada", "", -1, 1});
  client.certificate_pem = own.certificate;
  client.key_pem = own.key;
  const tls_meeting meeting = meet_with(client, server);
  EXPECT_TRUE(meeting.both()) << meeting.of_server.text;
  EXPECT_EQ(meeting.server->session().peer_subject, "CN = Ada");
}

TEST_P(tls_trust_test, a_client_without_a_certificate_is_refused_where_one_is_needed) {
  tls_options server = tls_server_options();
  server.trusted_pem = trusted_authority().certificate();
  server.verification = tls_verification::chain;
  const tls_meeting none = meet_with(tls_client_options(), server);
  EXPECT_EQ(none.of_server.kind, tls_failure::handshake);
  EXPECT_THAT(none.of_server.text, HasSubstr("peer did not return a certificate"));
  const authority stranger("stranger");
  const identity unknown = stranger.issue({"Eve", "", -1, 1});
  tls_options client = tls_client_options();
  client.certificate_pem = unknown.certificate;
  client.key_pem = unknown.key;
  const tls_meeting wrong = meet_with(client, server);
  EXPECT_EQ(wrong.of_server.kind, tls_failure::certificate);
}

// -- Names and protocols --------------------------------------------------------------------------

TEST_P(tls_trust_test, the_name_that_is_asked_for_chooses_the_certificate) {
  const identity own = trusted_authority().issue({"default", "DNS:default.example", -1, 1});
  const identity other = trusted_authority().issue({"other", "DNS:other.example", -1, 1});
  tls_options of_other = tls_server_options(other);
  of_other.alpn = {"other"};
  tls_options server = tls_server_options(own);
  server.hosts.emplace_back("other.example", tls_context::server(of_other));
  tls_options client = tls_client_options();
  client.alpn = {"other"};
  const tls_meeting named = meet_with(client, server, "other.example");
  EXPECT_TRUE(named.both()) << named.of_client.text;
  EXPECT_EQ(named.client->session().peer_subject, "CN = other");
  EXPECT_EQ(named.client->alpn(), "other");
  const tls_meeting unnamed = meet_with(client, server, "default.example");
  EXPECT_TRUE(unnamed.both()) << unnamed.of_client.text;
  EXPECT_EQ(unnamed.client->session().peer_subject, "CN = default");
  EXPECT_EQ(unnamed.client->alpn(), "");
}

TEST_P(tls_trust_test, a_client_whose_protocols_the_server_does_not_have_is_refused) {
  tls_options server = tls_server_options();
  server.alpn = {"h2"};
  tls_options client = tls_client_options();
  client.alpn = {"spdy/3"};
  const tls_meeting meeting = meet_with(client, server);
  EXPECT_EQ(meeting.of_client.kind, tls_failure::handshake);
  EXPECT_THAT(meeting.of_client.text, HasSubstr("alert no application protocol"));
  EXPECT_THAT(meeting.of_server.text, EndsWith(": no application protocol"));
  client.alpn.clear();
  EXPECT_TRUE(meet_with(client, server).both()) << "one that offers none is taken";
}

// -- Tickets --------------------------------------------------------------------------------------

/// A conversation of one word, in which the client receives its tickets.
task<tls_session> converse(tls_context client, tls_context server, std::string name) {
  tls_meeting ends;
  co_await meet(ends, connected_streams(), client, server, std::move(name));
  EXPECT_TRUE(ends.both()) << ends.of_client.text << ends.of_server.text;
  co_await ends.server->write_all(bytes_of("word"));
  co_await ends.server->shutdown_write();
  const std::string heard = co_await testing::read_until_end(*ends.client);
  EXPECT_EQ(heard, "word");
  EXPECT_EQ(ends.client->session().resumed, ends.server->session().resumed);
  co_return ends.client->session();
}

task<std::vector<bool>> resumed_in_turn(tls_context client, tls_context server,
                                        std::vector<std::string> names) {
  std::vector<bool> resumed;
  for (const std::string& name : names) {
    const tls_session session = co_await converse(client, server, name);
    resumed.push_back(session.resumed);
  }
  co_return resumed;
}

TEST_P(tls_trust_test, a_second_connection_to_the_same_name_is_resumed) {
  const identity both = trusted_authority().issue({"both", "DNS:one,DNS:two", -1, 1});
  const tls_context client = tls_context::client(tls_client_options());
  const tls_context server = tls_context::server(tls_server_options(both));
  const std::vector<bool> expected = {false, true, false, true, true};
  EXPECT_EQ(run(resumed_in_turn(client, server, {"one", "one", "two", "two", "one"})), expected);
}

TEST_P(tls_trust_test, tickets_can_be_declined_by_either_side) {
  tls_options without = tls_server_options();
  without.session_tickets = 0;
  tls_options forgetful = tls_client_options();
  forgetful.resumption = false;
  const std::vector<bool> never = {false, false};
  EXPECT_EQ(run(resumed_in_turn(tls_context::client(tls_client_options()),
                                tls_context::server(without), {"localhost", "localhost"})),
            never);
  EXPECT_EQ(
      run(resumed_in_turn(tls_context::client(forgetful), tls_context::server(tls_server_options()),
                          {"localhost", "localhost"})),
      never);
}

TEST_P(tls_trust_test, a_connection_that_was_refused_leaves_no_ticket) {
  const authority stranger("stranger");
  const tls_context client = tls_context::client(tls_client_options());
  const identity fake = stranger.issue({"localhost", "DNS:localhost", -1, 1});
  struct body {
    static task<void> run(tls_context client, tls_context bad, tls_context good) {
      tls_meeting refused;
      co_await meet(refused, connected_streams(), client, bad);
      EXPECT_FALSE(refused.both());
      const tls_session session = co_await converse(client, good, "localhost");
      EXPECT_FALSE(session.resumed);
    }
  };
  run(body::run(client, tls_context::server(tls_server_options(fake)),
                tls_context::server(tls_server_options())));
}

}  // namespace
}  // namespace jackdaw::io
