// tests/io/tls/tls_error_test.cpp
//
// Goal: a failure keeps its words, and has a number that io::meaning_of() sorts rightly.
#include <jackdaw/io/tls/tls_error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace jackdaw::io {
namespace {

TEST(tls_error_test, what_is_the_text_and_nothing_else) {
  const tls_error failed(tls_problem(tls_failure::certificate, EKEYREJECTED, "TLS: why"));
  const error& seen = failed;
  EXPECT_STREQ(seen.what(), "TLS: why");
  EXPECT_EQ(seen.number(), EKEYREJECTED);
  EXPECT_EQ(failed.kind(), tls_failure::certificate);
}

TEST(tls_error_test, no_kind_is_taken_for_one_that_a_retry_helps) {
  for (const tls_failure kind :
       {tls_failure::configuration, tls_failure::certificate, tls_failure::handshake,
        tls_failure::protocol, tls_failure::truncated, tls_failure::finished}) {
    EXPECT_NE(error_number_of(kind), 0);
    EXPECT_NE(meaning_of(error_number_of(kind)), meaning::retry);
  }
  EXPECT_EQ(meaning_of(error_number_of(tls_failure::truncated)), meaning::peer_gone);
  EXPECT_EQ(meaning_of(error_number_of(tls_failure::finished)), meaning::peer_gone);
  EXPECT_EQ(error_number_of(tls_failure::lower), 0) << "it has the number of what is below";
}

TEST(tls_error_test, a_problem_that_did_not_happen_is_none) {
  EXPECT_FALSE(tls_problem().happened());
  EXPECT_TRUE(tls_problem(tls_failure::lower, EPIPE, "").happened());
}

}  // namespace
}  // namespace jackdaw::io
