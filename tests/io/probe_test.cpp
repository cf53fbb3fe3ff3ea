// tests/io/probe_test.cpp
//
// Goal: wherever and however io_uring is refused, the probe says which step failed and why, a program
// runs on epoll all the same, and who insists on io_uring is told what to change. Method: child processes
// whose system calls are filtered, whose memory may not be locked, or whose descriptors are used up.
#include "../support/echo.hpp"
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/probe.hpp>
#include <jackdaw/io/run.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

constexpr std::size_t connections = 8;
constexpr std::size_t messages = 10;

task<std::string> echo_on(backend expected) {
  std::string complaint;
  const backend found = runtime_statistics().backend;
  if (found != expected) {
    complaint += std::string("runs on ") + name_of(found) + "; ";
  }
  const std::size_t answered = co_await testing::echo_among(connections, messages);
  if (answered != connections * messages) {
    complaint += std::to_string(answered) + " answers; ";
  }
  co_return complaint;
}

// Automatic: epoll, an echo, and a line that names step, errno and remedy.
std::string complaint_about_automatic(mode chosen, const std::string& step,
                                      const std::string& errno_name) {
  options wanted(chosen);
  wanted.workers = 2;
  std::string line;
  wanted.on_backend = [&line](const std::string& text) { line = text; };
  std::string complaint = jackdaw::io::run(echo_on(backend::epoll), wanted);
  for (const std::string& part : {std::string("backend epoll"), step, errno_name}) {
    if (line.find(part) == std::string::npos) {
      complaint += "no \"" + part + "\" in \"" + line + "\"; ";
    }
  }
  return complaint;
}

// Insisting on it: an error that names step and remedy.
std::string complaint_about_insisting(const std::string& step, int number) {
  options wanted;
  wanted.backend = backend::io_uring;
  try {
    static_cast<void>(jackdaw::io::run(echo_on(backend::io_uring), wanted));
  } catch (const error& refused) {
    const std::string text = refused.what();
    std::string complaint;
    if (refused.number() != number) {
      complaint += "errno " + std::to_string(refused.number()) + "; ";
    }
    for (const std::string& part :
         {std::string("io_uring was asked for"), step, std::string(remedy(number))}) {
      if (text.find(part) == std::string::npos) {
        complaint += "no \"" + part + "\" in \"" + text + "\"; ";
      }
    }
    return complaint;
  }
  return "io_uring was given although it is refused; ";
}

std::string complaint_about_probe(const std::string& step, int number) {
  const probe_result probed = probe();
  if (probed.usable) {
    return "the probe finds io_uring usable; ";
  }
  const probe_step& last = probed.steps.back();
  if (last.what != step || last.error_number != number || probed.error_number() != number) {
    return "the probe says " + last.what + " with errno " + std::to_string(last.error_number) +
           "; ";
  }
  return {};
}

class probe_test : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("JACKDAW_IO");
    if (!testing::io_uring_refusal().empty()) {
      std::cout << "NOT TESTED: " << testing::io_uring_refusal() << std::endl;
      GTEST_SKIP() << testing::io_uring_refusal();
    }
  }
};

TEST_F(probe_test, where_io_uring_is_allowed_every_step_works) {
  const std::size_t before = testing::open_descriptors();
  const probe_result probed = probe();
  EXPECT_TRUE(probed.usable);
  EXPECT_EQ(probed.error_number(), 0);
  ASSERT_GE(probed.steps.size(), 3U);
  EXPECT_EQ(probed.steps.front().what, "io_uring_setup");
  for (const probe_step& step : probed.steps) {
    EXPECT_EQ(step.error_number, 0) << step.what;
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

// -- Refused by a filter: {setup, enter, register} x {EPERM, ENOSYS, ENOMEM} ----------------------

struct refusal {
  const char* step;
  int call;
  int number;
  const char* errno_name;
};

void PrintTo(const refusal& refused, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << refused.step << " " << refused.errno_name;
}

class refused_probe_test : public probe_test, public ::testing::WithParamInterface<refusal> {};

INSTANTIATE_TEST_SUITE_P(
    each, refused_probe_test,
    ::testing::Values(
        refusal{"io_uring_setup", testing::call_io_uring_setup, EPERM, "EPERM"},
        refusal{"io_uring_setup", testing::call_io_uring_setup, ENOSYS, "ENOSYS"},
        refusal{"io_uring_setup", testing::call_io_uring_setup, ENOMEM, "ENOMEM"},
        refusal{"io_uring_enter", testing::call_io_uring_enter, EPERM, "EPERM"},
        refusal{"io_uring_enter", testing::call_io_uring_enter, ENOSYS, "ENOSYS"},
        refusal{"io_uring_enter", testing::call_io_uring_enter, ENOMEM, "ENOMEM"},
        refusal{"io_uring_register", testing::call_io_uring_register, EPERM, "EPERM"},
        refusal{"io_uring_register", testing::call_io_uring_register, ENOSYS, "ENOSYS"},
        refusal{"io_uring_register", testing::call_io_uring_register, ENOMEM, "ENOMEM"}),
    [](const auto& info) { return std::string(info.param.step) + "_" + info.param.errno_name; });

// Each step may be refused by itself (P24, B67), by a sysctl too (P25).
TEST_P(refused_probe_test, the_step_and_the_errno_are_named_and_epoll_serves_instead) {
  const refusal& refused = GetParam();
  const auto result = testing::in_child([&] {
    testing::refuse_system_call(refused.call, refused.number);
    return complaint_about_probe(refused.step, refused.number) +
           complaint_about_automatic(mode::multi_thread, refused.step, refused.errno_name) +
           complaint_about_automatic(mode::asyncio, refused.step, refused.errno_name) +
           complaint_about_insisting(refused.step, refused.number);
  });
  EXPECT_EQ(testing::complaint_of(result), "");
}

TEST_F(probe_test, without_anybody_to_tell_a_refusal_is_one_line_on_stderr) {
  const auto result = testing::in_child([] {
    testing::refuse_system_call(testing::call_io_uring_setup, EPERM);
    return jackdaw::io::run(echo_on(backend::epoll));
  });
  EXPECT_EQ(testing::complaint_of(result), "");
  const std::string& said = result.standard_error;
  EXPECT_EQ(said.find("jackdaw: backend epoll"), 0U) << said;
  EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
}

// -- Refused by limits ----------------------------------------------------------------------------

constexpr unsigned uid_nobody = 65534;

std::string become_nobody() {
  return setresgid(uid_nobody, uid_nobody, uid_nobody) == 0 &&
                 setresuid(uid_nobody, uid_nobody, uid_nobody) == 0
             ? ""
             : "cannot become another user";
}

// Rings count as locked memory of the user (P23).
TEST_F(probe_test, without_memory_that_may_be_locked_epoll_serves_instead) {
  if (geteuid() != 0) {
    std::cout << "NOT TESTED: only root can become a user whose memory is counted" << std::endl;
    GTEST_SKIP() << "needs root";
  }
  const auto result = testing::in_child([] {
    testing::limit_resource(RLIMIT_MEMLOCK, 0);
    std::string complaint = become_nobody();
    if (!complaint.empty()) {
      return complaint;
    }
    if (probe().usable) {
      // Before 6.14 rings were not counted: then there is nothing to fall back from.
      return jackdaw::io::run(echo_on(backend::io_uring));
    }
    return complaint_about_probe("io_uring_setup", ENOMEM) +
           complaint_about_automatic(mode::multi_thread, "io_uring_setup", "ENOMEM") +
           complaint_about_insisting("io_uring_setup", ENOMEM);
  });
  EXPECT_EQ(testing::complaint_of(result), "");
}

task<std::string> echo_on_whatever() {
  const std::size_t answered = co_await testing::echo_among(connections, messages);
  co_return answered == connections* messages ? std::string()
                                              : std::to_string(answered) + " answers";
}

// Enough for the probe, too little for a ring per worker: some workers have to be done without.
TEST_F(probe_test, with_memory_for_some_rings_only_the_program_runs_all_the_same) {
  if (geteuid() != 0) {
    std::cout << "NOT TESTED: only root can become a user whose memory is counted" << std::endl;
    GTEST_SKIP() << "needs root";
  }
  for (const unsigned long kibibytes : {64UL, 128UL, 256UL}) {
    const auto result = testing::in_child([kibibytes] {
      testing::limit_resource(RLIMIT_MEMLOCK, kibibytes * 1024);
      const std::string complaint = become_nobody();
      if (!complaint.empty()) {
        return complaint;
      }
      options wanted;
      wanted.workers = 4;
      return jackdaw::io::run(echo_on_whatever(), wanted);
    });
    EXPECT_EQ(testing::complaint_of(result), "") << kibibytes << " KiB";
  }
}

TEST_F(probe_test, without_descriptors_the_error_says_so) {
  if (sanitized) {
    // UBSan's check of a virtual pointer asks the kernel, through a pipe, whether the memory may be read.
    GTEST_SKIP() << "a sanitizer's own checks need descriptors";
  }
  const auto result = testing::in_child([] {
    testing::limit_resource(RLIMIT_NOFILE, 3);
    const std::string complaint = complaint_about_probe("io_uring_setup", EMFILE);
    for (const mode chosen : {mode::multi_thread, mode::asyncio}) {
      try {
        static_cast<void>(jackdaw::io::run(echo_on_whatever(), options(chosen)));
        return std::string("a runtime without descriptors");
      } catch (const error& refused) {
        if (refused.number() != EMFILE) {
          return std::string(refused.what());
        }
      }
    }
    return complaint;
  });
  EXPECT_EQ(testing::complaint_of(result), "");
}

// -- Words ----------------------------------------------------------------------------------------

// A sysctl and a filter refuse with the same errno (P25).
TEST(backend_line_test, a_remedy_fits_the_errno) {
  EXPECT_NE(remedy(EPERM).find("seccomp"), std::string_view::npos);
  EXPECT_NE(remedy(EPERM).find("kernel.io_uring_disabled"), std::string_view::npos);
  EXPECT_EQ(remedy(EACCES), remedy(EPERM));
  EXPECT_NE(remedy(ENOSYS).find("seccomp"), std::string_view::npos);
  EXPECT_NE(remedy(ENOMEM).find("ulimit -l"), std::string_view::npos);
  EXPECT_NE(remedy(EMFILE).find("ulimit -n"), std::string_view::npos);
  EXPECT_NE(remedy(EINVAL).find("5.11"), std::string_view::npos);
  EXPECT_NE(remedy(EIO).find("jackdaw doctor"), std::string_view::npos);
}

TEST(backend_line_test, the_line_says_which_backend_runs_and_why) {
  EXPECT_EQ(backend_line(true, false, {}), "backend io_uring (the kernel allows it)");
  EXPECT_EQ(backend_line(true, true, {}), "backend io_uring (as asked)");
  EXPECT_EQ(backend_line(false, true, {}), "backend epoll (as asked)");
  probe_result refused;
  refused.steps.push_back({"io_uring_setup", EPERM});
  const std::string line = backend_line(false, false, refused);
  EXPECT_EQ(
      line.find(
          "backend epoll: io_uring_setup was refused with EPERM (1, Operation not permitted); "),
      0U)
      << line;
  EXPECT_NE(line.find(remedy(EPERM)), std::string::npos) << line;
  refused.steps.back().error_number = 4095;  // A number without a name.
  EXPECT_NE(backend_line(false, false, refused).find("4095"), std::string::npos);
}

}  // namespace
}  // namespace jackdaw::io
