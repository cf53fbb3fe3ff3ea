// tests/io/tls/tls_context_test.cpp
//
// Goal: what cannot be used is refused when the context is made, and the text says which of the files or
// names it was. Method: each mistake once, beside the same thing done right.
#include "certificates.hpp"
#include <jackdaw/io/tls/tls_context.hpp>
#include <jackdaw/io/tls/tls_engine.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>

namespace jackdaw::io {
namespace {

using ::testing::HasSubstr;
using testing::localhost_identity;
using testing::scratch_file;
using ::testing::StartsWith;
using testing::trusted_authority;

/// What was said, or "".
std::string refusal(const std::function<void()>& body) {
  try {
    body();
    return "";
  } catch (const tls_error& refused) {
    EXPECT_EQ(refused.kind(), tls_failure::configuration);
    EXPECT_EQ(refused.number(), EINVAL);
    return refused.what();
  }
}

std::string server_refusal(const tls_options& options) {
  return refusal([&] { static_cast<void>(tls_context::server(options)); });
}

std::string client_refusal(const tls_options& options) {
  return refusal([&] { static_cast<void>(tls_context::client(options)); });
}

tls_options server_options() {
  tls_options options;
  options.certificate_pem = localhost_identity().certificate;
  options.key_pem = localhost_identity().key;
  return options;
}

TEST(tls_context_test, a_client_needs_nothing_and_a_server_a_certificate) {
  EXPECT_FALSE(tls_context::client().is_server());
  EXPECT_TRUE(tls_context::server(server_options()).is_server());
  EXPECT_EQ(server_refusal(tls_options()), "TLS server needs a certificate");
}

TEST(tls_context_test, files_are_as_good_as_texts) {
  const scratch_file certificate(localhost_identity().certificate);
  const scratch_file key(localhost_identity().key);
  const scratch_file trusted(trusted_authority().certificate());
  tls_options options;
  options.certificate_file = certificate.path();
  options.key_file = key.path();
  options.trusted_file = trusted.path();
  options.verification = tls_verification::chain;
  EXPECT_EQ(server_refusal(options), "");
  EXPECT_EQ(client_refusal(options), "");
}

TEST(tls_context_test, a_file_that_is_not_there_is_named) {
  tls_options options;
  options.certificate_file = "/no/such.pem";
  EXPECT_THAT(server_refusal(options), StartsWith("TLS certificate /no/such.pem: "));
  const scratch_file certificate(localhost_identity().certificate);
  options.certificate_file = certificate.path();
  options.key_file = "/no/such.key";
  EXPECT_THAT(server_refusal(options), StartsWith("TLS key /no/such.key: "));
  tls_options client;
  client.trusted_file = "/no/such.ca";
  EXPECT_THAT(client_refusal(client), StartsWith("TLS trusted certificates /no/such.ca: "));
}

TEST(tls_context_test, texts_that_are_no_certificates_are_refused) {
  tls_options options = server_options();
  options.certificate_pem = "nonsense";
  EXPECT_THAT(server_refusal(options), StartsWith("TLS certificate: "));
  options = server_options();
  options.key_pem = "nonsense";
  EXPECT_THAT(server_refusal(options), StartsWith("TLS key: "));
  tls_options client;
  client.trusted_pem = "nonsense";
  EXPECT_THAT(client_refusal(client), StartsWith("TLS trusted certificates"));
}

TEST(tls_context_test, a_key_has_to_be_that_of_the_certificate) {
  tls_options options = server_options();
  options.key_pem = trusted_authority().issue({"other", "", -1, 1}).key;
  EXPECT_THAT(server_refusal(options), HasSubstr("key values mismatch"));
}

TEST(tls_context_test, protocol_names_have_a_length_that_can_be_sent) {
  tls_options options = server_options();
  options.alpn = {"h2", ""};
  EXPECT_THAT(server_refusal(options), HasSubstr("1 to 255 bytes"));
  options.alpn = {std::string(256, 'x')};
  EXPECT_THAT(client_refusal(options), HasSubstr("1 to 255 bytes"));
  options.alpn = {std::string(255, 'x')};
  EXPECT_EQ(client_refusal(options), "");
}

TEST(tls_context_test, a_host_of_a_server_is_a_server) {
  tls_options options = server_options();
  options.hosts.emplace_back("name", tls_context::client());
  EXPECT_THAT(server_refusal(options), HasSubstr("host name has a context for clients"));
}

TEST(tls_context_test, a_client_that_verifies_names_whom_it_wants) {
  const std::string said = refusal([] { const tls_engine unnamed(tls_context::client(), ""); });
  EXPECT_THAT(said, HasSubstr("client needs the name of the server"));
  tls_options lax;
  lax.verification = tls_verification::chain;
  EXPECT_EQ(refusal([&] { const tls_engine unnamed(tls_context::client(lax), ""); }), "");
}

TEST(tls_context_test, a_connection_keeps_what_it_needs_of_its_context) {
  const tls_engine outlives(tls_context::client(), "localhost");
  EXPECT_FALSE(outlives.has_output()) << "nothing is said before the handshake";
}

}  // namespace
}  // namespace jackdaw::io
