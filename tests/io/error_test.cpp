// tests/io/error_test.cpp
//
// Goal: an error says which call failed, about what and why; a result never hides one; the table of
// meanings covers every errno that sockets and files give. Method: plain values, no runtime.
#include <jackdaw/io/error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace jackdaw::io {
namespace {

TEST(error_test, the_text_names_the_call_the_subject_and_the_cause) {
  const error refused(ECONNREFUSED, "connect to", "127.0.0.1:1");
  EXPECT_EQ(std::string(refused.what()), "connect to 127.0.0.1:1: Connection refused");
  EXPECT_EQ(refused.number(), ECONNREFUSED);
  EXPECT_EQ(refused.code(), std::errc::connection_refused);
}

TEST(error_test, without_a_subject_the_text_names_the_call_alone) {
  EXPECT_EQ(std::string(error(EMFILE, "accept").what()), "accept: Too many open files");
}

TEST(result_test, a_value_is_a_result_without_an_error) {
  result<int> seven = 7;
  EXPECT_TRUE(seven.ok());
  EXPECT_TRUE(static_cast<bool>(seven));
  EXPECT_EQ(*seven, 7);
  EXPECT_EQ(seven.error_number(), 0);
  EXPECT_FALSE(seven.error_code());
  EXPECT_EQ(seven.value(), 7);
}

TEST(result_test,
     a_failure_carries_the_errno_and_the_call_and_throws_both_when_asked_for_the_value) {
  result<int> failed = failure_cause{EPIPE, "send"};
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(failed.error_number(), EPIPE);
  EXPECT_EQ(failed.error_code(), std::errc::broken_pipe);
  EXPECT_EQ(std::string(failed.cause().call), "send");
  try {
    static_cast<void>(failed.value());
    ADD_FAILURE() << "value() of a failure returned";
  } catch (const error& thrown) {
    EXPECT_EQ(thrown.number(), EPIPE);
    EXPECT_EQ(std::string(thrown.what()), "send: Broken pipe");
  }
}

TEST(result_test, a_value_that_can_only_be_moved_is_moved_out) {
  result<std::unique_ptr<int>> held = std::make_unique<int>(3);
  EXPECT_EQ(**held, 3);
  EXPECT_EQ(*held->get(), 3);
  EXPECT_EQ(*held.value(), 3);
}

TEST(result_test, a_result_of_void_is_only_good_or_bad) {
  result<void> good = nothing{};
  EXPECT_TRUE(good.ok());
  good.value();
  result<void> bad = failure_cause{EINVAL, "call"};
  EXPECT_THROW(bad.value(), error);
}

TEST(result_death_test, the_value_of_a_failure_is_never_read_by_accident) {
  result<int> failed = failure_cause{EPIPE, "send"};
  EXPECT_DEATH(static_cast<void>(*failed), "assertion failed");
}

// Every errno that accept4, connect, recv, send, read, write, poll, socket, bind, listen, io_uring_setup,
// open, stat, rename, unlink, mkdir, rmdir and fsync document, with what it means for whoever runs into it. A row per errno on purpose:
// moving one to another meaning changes what servers do, so it should be a decision.
struct row {
  int number;
  meaning expected;
};

constexpr row table[] = {
    {ECONNRESET, meaning::peer_gone},
    {EPIPE, meaning::peer_gone},
    {ENOTCONN, meaning::peer_gone},
    {ECONNABORTED, meaning::peer_gone},
    {ETIMEDOUT, meaning::peer_gone},
    {ESHUTDOWN, meaning::peer_gone},
    {ENETRESET, meaning::peer_gone},
    {ECONNREFUSED, meaning::refused},
    {EHOSTUNREACH, meaning::refused},
    {ENETUNREACH, meaning::refused},
    {EHOSTDOWN, meaning::refused},
    {ENETDOWN, meaning::refused},
    {EADDRNOTAVAIL, meaning::refused},
    {EADDRINUSE, meaning::refused},
    {EAGAIN, meaning::retry},
    {EINTR, meaning::retry},
    {EPROTO, meaning::retry},
    {EMFILE, meaning::out_of_limits},
    {ENFILE, meaning::out_of_limits},
    {ENOBUFS, meaning::out_of_limits},
    {ENOMEM, meaning::out_of_limits},
    {EMLINK, meaning::out_of_limits},
    {ENOLCK, meaning::out_of_limits},
    {EUSERS, meaning::out_of_limits},
    {ETOOMANYREFS, meaning::out_of_limits},
    {EPERM, meaning::not_permitted},
    {EACCES, meaning::not_permitted},
    {ENOSYS, meaning::not_permitted},
    {EROFS, meaning::not_permitted},
    {EBADF, meaning::bad_argument},
    {EINVAL, meaning::bad_argument},
    {EFAULT, meaning::bad_argument},
    {ENOTSOCK, meaning::bad_argument},
    {EISCONN, meaning::bad_argument},
    {EDESTADDRREQ, meaning::bad_argument},
    {EALREADY, meaning::bad_argument},
    {EINPROGRESS, meaning::bad_argument},
    {ESPIPE, meaning::bad_argument},
    {EDOM, meaning::bad_argument},
    {EILSEQ, meaning::bad_argument},
    {ENOTTY, meaning::bad_argument},
    {ENOENT, meaning::not_found},
    {ENXIO, meaning::not_found},
    {ENODEV, meaning::not_found},
    {ESRCH, meaning::not_found},
    {ESTALE, meaning::not_found},
    {ENODATA, meaning::not_found},
    {EEXIST, meaning::exists},
    {ENOTEMPTY, meaning::exists},
    {EISDIR, meaning::wrong_kind},
    {ENOTDIR, meaning::wrong_kind},
    {ELOOP, meaning::wrong_kind},
    {ENOTBLK, meaning::wrong_kind},
    {ENOSPC, meaning::no_space},
    {EDQUOT, meaning::no_space},
    {EFBIG, meaning::too_large},
    {EMSGSIZE, meaning::too_large},
    {ENAMETOOLONG, meaning::too_large},
    {E2BIG, meaning::too_large},
    {EOVERFLOW, meaning::too_large},
    {ERANGE, meaning::too_large},
    {EBUSY, meaning::busy},
    {ETXTBSY, meaning::busy},
    {EDEADLK, meaning::busy},
    {EOPNOTSUPP, meaning::unsupported},
    {EXDEV, meaning::unsupported},
    {EAFNOSUPPORT, meaning::unsupported},
    {EPROTONOSUPPORT, meaning::unsupported},
    {EPROTOTYPE, meaning::unsupported},
    {ENOPROTOOPT, meaning::unsupported},
    {ESOCKTNOSUPPORT, meaning::unsupported},
    {EPFNOSUPPORT, meaning::unsupported},
    {EIO, meaning::device_failed},
    {EREMOTEIO, meaning::device_failed},
    {ECANCELED, meaning::cancelled},
    {EWOULDBLOCK, meaning::retry},
    {ENOTSUP, meaning::unsupported},
    {0, meaning::other},
    {-1, meaning::other},
    {1 << 20, meaning::other},
};

TEST(meaning_test, every_errno_of_the_table_has_its_meaning) {
  for (const row& each : table) {
    EXPECT_EQ(static_cast<int>(meaning_of(each.number)), static_cast<int>(each.expected))
        << "errno " << each.number;
  }
}

TEST(meaning_test, no_errno_stands_for_two_meanings) {
  std::set<int> seen;
  for (const row& each : table) {
    // Two names of one number.
    const bool alias = each.number == EAGAIN || each.number == EOPNOTSUPP;
    EXPECT_TRUE(seen.insert(each.number).second || alias) << "errno " << each.number;
  }
}

TEST(meaning_test, every_meaning_has_a_name_of_its_own) {
  EXPECT_EQ(to_string(meaning::peer_gone), "peer_gone");
  EXPECT_EQ(to_string(meaning::not_found), "not_found");
  EXPECT_EQ(to_string(meaning::device_failed), "device_failed");
  EXPECT_EQ(to_string(meaning::cancelled), "cancelled");
  EXPECT_EQ(to_string(meaning::other), "other");
  std::set<std::string_view> names;
  for (int index = 0; index <= static_cast<int>(meaning::other); ++index) {
    EXPECT_TRUE(names.insert(to_string(static_cast<meaning>(index))).second) << index;
  }
}

}  // namespace
}  // namespace jackdaw::io
