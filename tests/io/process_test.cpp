// tests/io/process_test.cpp
//
// Goal: programs are started with exactly what they were to get, talk to us without deadlock, and end
// in one status that is never lost; none is left behind, alive or dead. Method: the programs of every
// Debian (sh, cat, env, grep), over all runtimes; what concerns the whole process in a forked child.
#include "../support/forked.hpp"
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/process.hpp>
#include <jackdaw/io/signal_set.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using ::testing::HasSubstr;

class process_test : public testing::io_test {};
JACKDAW_OVER_IO(process_test, testing::all_io_kinds());

process_options shell(std::string script) {
  return process_options("sh", {"-c", std::move(script)});
}

process_options sleeper() { return process_options("sleep", {"1000"}); }

process_options piped(process_options options) {
  options.standard_input = stdio::pipe();
  options.standard_output = stdio::pipe();
  options.standard_error = stdio::pipe();
  return options;
}

/// Starts it with three pipes and communicates.
task<communicated> run_piped(process_options options, std::string input = {}) {
  process child = co_await process::spawn(piped(std::move(options)));
  co_return co_await child.communicate(std::move(input));
}

/// The errno and the text of a failed start.
task<std::pair<int, std::string>> failure_of(process_options options) {
  std::pair<int, std::string> failure{0, ""};
  try {
    const process child = co_await process::spawn(std::move(options));
  } catch (const error& refused) {
    failure = {refused.number(), refused.what()};
  }
  co_return failure;
}

task<void> turns(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await yield();
  }
}

/// Waits until the number is nobody's: not even a zombie's.
task<void> until_gone(pid_t pid) {
  while (kill(pid, 0) == 0 || errno != ESRCH) {
    co_await jackdaw::sleep(1ms);
  }
}

// -- Talking, and ends ----------------------------------------------------------------------------

TEST_P(process_test, output_errors_and_the_exit_code_are_told_apart) {
  const communicated said = run(run_piped(shell("echo out; echo err >&2; exit 3")));
  EXPECT_EQ(said.standard_output, "out\n");
  EXPECT_EQ(said.standard_error, "err\n");
  EXPECT_EQ(said.status, exit_status::of_code(3));
}

TEST_P(process_test, arguments_arrive_as_they_are) {
  const std::vector<std::string> arguments = {"%s|", "a b", "", "$HOME", "\"'\\", "*"};
  const communicated said = run(run_piped(process_options("printf", arguments)));
  EXPECT_EQ(said.standard_output, "a b||$HOME|\"'\\|*|");
}

// Each pipe holds 64 KiB: who writes first and reads later would wait for ever.
TEST_P(process_test, much_in_both_directions_does_not_deadlock) {
  std::vector<std::byte> bytes(1'500'007);
  testing::byte_pattern(3).fill(bytes);
  const std::string input = testing::text_of(bytes);
  const communicated said = run(run_piped(shell("tee /dev/stderr"), input));
  EXPECT_TRUE(said.standard_output == input) << said.standard_output.size();
  EXPECT_TRUE(said.standard_error == input) << said.standard_error.size();
  EXPECT_TRUE(said.status.success());
}

TEST_P(process_test, a_child_that_does_not_read_its_input_is_no_error_and_no_signal) {
  const communicated said = run(run_piped(shell("exec 0<&-; exit 4"), std::string(500'000, 'x')));
  EXPECT_EQ(said.status, exit_status::of_code(4));
}

TEST_P(process_test, a_dialogue_goes_through_the_pipes) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(piped(process_options("cat")));
      for (const char* const word : {"one", "two", "three"}) {
        std::array<std::byte, 16> into{};
        co_await child.standard_input().write_all(bytes_of(word));
        const std::size_t count = co_await child.standard_output().read_some(into);
        EXPECT_EQ(testing::text_of(std::span(into).first(count)), word);
      }
      EXPECT_FALSE(child.poll().has_value());
      child.standard_input().close();
      const exit_status status = co_await child.wait();
      EXPECT_TRUE(status.success());
      const std::string rest = co_await child.standard_output().read_to_end();
      EXPECT_EQ(rest, "");
    }
  };
  run(body::run());
}

TEST_P(process_test, input_without_a_pipe_for_it_is_a_mistake) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(process_options("true"));
      std::string said;
      try {
        static_cast<void>(co_await child.communicate("text"));
      } catch (const std::logic_error& mistake) {
        said = mistake.what();
      }
      EXPECT_THAT(said, HasSubstr("true, whose standard input is no pipe"));
      const communicated without = co_await child.communicate();
      EXPECT_EQ(without.standard_output, "");
      EXPECT_TRUE(without.status.success());
    }
  };
  run(body::run());
}

// -- Failures to start ----------------------------------------------------------------------------

TEST_P(process_test, a_program_that_is_not_there_is_an_error_with_its_name) {
  const auto [number, said] = run(failure_of(process_options("no-such-program")));
  EXPECT_EQ(number, ENOENT);
  EXPECT_EQ(said, "spawn no-such-program: No such file or directory");
}

TEST_P(process_test, what_cannot_be_executed_is_an_error) {
  const auto [number, said] = run(failure_of(process_options("/etc/passwd")));
  EXPECT_EQ(number, EACCES);
  EXPECT_EQ(said, "spawn /etc/passwd: Permission denied");
}

TEST_P(process_test, a_directory_that_is_not_there_is_named) {
  process_options options("true");
  options.directory = "/no/such/directory";
  const auto [number, said] = run(failure_of(std::move(options)));
  EXPECT_EQ(number, ENOENT);
  EXPECT_THAT(said, HasSubstr("spawn true in /no/such/directory"));
}

TEST_P(process_test, a_descriptor_that_is_not_open_is_an_error) {
  process_options options("true");
  options.standard_output = stdio::descriptor(-1);
  EXPECT_EQ(run(failure_of(options)).first, EBADF);
  options.standard_output = stdio::to_output();
  EXPECT_EQ(run(failure_of(options)).first, EINVAL) << "only standard_error can follow the output";
}

TEST_P(process_test, a_failure_can_be_had_as_a_result) {
  struct body {
    static task<void> run() {
      process_options wrong("no-such-program");
      const result<process> failed = co_await process::try_spawn(std::move(wrong));
      EXPECT_EQ(failed.error_number(), ENOENT);
      result<process> child = co_await process::try_spawn(shell("exit 2"));
      EXPECT_TRUE(child.ok());
      const result<exit_status> status = co_await child->try_wait();
      EXPECT_EQ(status.error_number(), 0);
      EXPECT_EQ(*status, exit_status::of_code(2));
    }
  };
  run(body::run());
}

TEST(process_kernel_test, without_pidfds_it_is_said_and_nothing_is_started) {
  const auto ended = testing::in_child([]() -> std::string {
    testing::refuse_system_call(SYS_pidfd_open, ENOSYS);
    options on_loop(mode::asyncio);
    on_loop.backend = backend::epoll;
    const auto [number, said] = io::run(failure_of(process_options("true")), on_loop);
    const bool no_child = waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
    return number == ENOSYS && no_child ? "" : said;
  });
  EXPECT_EQ(testing::complaint_of(ended), "");
}

TEST(process_kernel_test, an_ignored_sigchld_is_refused_because_statuses_would_be_lost) {
  const auto ended = testing::in_child([]() -> std::string {
    if (signal(SIGCHLD, SIG_IGN) == SIG_ERR) {
      return "signal";
    }
    const auto [number, said] = io::run(failure_of(process_options("true")), mode::asyncio);
    return number == ECHILD && said.find("spawn true (SIGCHLD is ignored)") == 0 ? "" : said;
  });
  EXPECT_EQ(testing::complaint_of(ended), "");
}

// A parent without standard streams: the pipes get their numbers.
TEST(process_kernel_test, pipes_may_have_the_numbers_of_the_standard_streams) {
  const auto ended = testing::in_child([]() -> std::string {
    close(0);
    close(1);
    close(2);
    const communicated said = io::run(run_piped(shell("tee /dev/stderr"), "abc"), mode::asyncio);
    const bool fine = said.standard_output == "abc" && said.standard_error == "abc";
    return fine ? "" : said.standard_output + "|" + said.standard_error;
  });
  EXPECT_EQ(testing::complaint_of(ended), "");
}

// -- Signals, and waiting -------------------------------------------------------------------------

TEST_P(process_test, a_signal_that_ends_it_is_the_status) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(sleeper());
      EXPECT_FALSE(child.poll().has_value());
      child.terminate();
      const exit_status status = co_await child.wait();
      EXPECT_EQ(status, exit_status::of_signal(SIGTERM));
      process other = co_await process::spawn(sleeper());
      other.kill();
      const exit_status killed = co_await other.wait();
      EXPECT_EQ(killed, exit_status::of_signal(SIGKILL));
      EXPECT_EQ(other.poll(), killed) << "whenever it is asked";
    }
  };
  run(body::run());
}

TEST_P(process_test, signals_to_one_that_was_reaped_hit_nobody) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(process_options("true"));
      const exit_status status = co_await child.wait();
      EXPECT_TRUE(status.success());
      std::string said;
      try {
        child.kill();
      } catch (const error& gone) {
        EXPECT_EQ(gone.number(), ESRCH);
        said = gone.what();
      }
      EXPECT_EQ(said, "signal 9 to true: No such process");
      EXPECT_EQ(child.try_send_signal(SIGTERM).error_number(), ESRCH);
    }
  };
  run(body::run());
}

TEST_P(process_test, several_tasks_wait_for_one_end) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(sleeper());
      std::vector<join_handle<exit_status>> waiting;
      for (int each = 0; each < 8; ++each) {
        waiting.push_back(spawn(child.wait()));
      }
      co_await turns(5);
      child.kill();
      for (const auto& each : waiting) {
        const exit_status status = co_await each;
        EXPECT_EQ(status.signal(), SIGKILL);
      }
    }
  };
  run(body::run());
}

TEST_P(process_test, a_wait_that_is_cancelled_loses_nothing) {
  struct body {
    static task<void> run(int rounds) {
      for (int round = 0; round < rounds; ++round) {
        process child = co_await process::spawn(shell("exit 0"));
        auto waiting = spawn(child.wait());
        co_await turns(round % 7);
        waiting.cancel();
        try {
          static_cast<void>(co_await waiting);
        } catch (const cancelled_error&) {
          // Or it had ended already.
        }
        const exit_status status = co_await child.wait();
        EXPECT_TRUE(status.success());
      }
    }
  };
  run(body::run(testing::scaled(40)));
}

TEST_P(process_test, a_wait_has_a_deadline_and_the_child_goes_on) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(piped(process_options("cat")));
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(5ms, child.wait()));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      const communicated said = co_await child.communicate("still there");
      EXPECT_EQ(said.standard_output, "still there");
    }
  };
  run(body::run());
}

TEST_P(process_test, a_status_that_somebody_else_fetched_is_an_error) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(process_options("true"));
      EXPECT_EQ(waitpid(child.pid(), nullptr, 0), child.pid());
      int number = 0;
      try {
        static_cast<void>(co_await child.wait());
      } catch (const error& stolen) {
        number = stolen.number();
      }
      EXPECT_EQ(number, ECHILD);
    }
  };
  run(body::run());
}

TEST_P(process_test, a_signal_set_may_have_sigchld_beside_it) {
  struct body {
    static task<void> run() {
      signal_set signals{SIGCHLD};
      process child = co_await process::spawn(piped(process_options("cat")));
      auto arrival = spawn(signals.next());
      child.standard_input().close();
      const int number = co_await arrival;
      EXPECT_EQ(number, SIGCHLD);
      const exit_status status = co_await child.wait();
      EXPECT_TRUE(status.success());
    }
  };
  run(body::run());
}

TEST_P(process_test, a_group_of_its_own_is_signalled_as_a_whole) {
  struct body {
    static task<void> run() {
      process_options options = piped(shell("sleep 1000 & sleep 1000 & echo ready; wait"));
      options.process_group = process_options::group::new_group;
      process child = co_await process::spawn(std::move(options));
      std::array<std::byte, 16> into{};
      static_cast<void>(co_await child.standard_output().read_some(into));
      child.signal_group(SIGKILL);
      const std::string rest = co_await child.standard_output().read_to_end();
      EXPECT_EQ(rest, "") << "the end: its children are gone too";
      const exit_status status = co_await child.wait();
      EXPECT_EQ(status.signal(), SIGKILL);
    }
  };
  run(body::run());
}

TEST_P(process_test, the_group_of_the_parent_is_not_signalled) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(process_options("true"));
      int number = 0;
      try {
        child.signal_group(SIGTERM);
      } catch (const error& refused) {
        number = refused.number();
      }
      EXPECT_EQ(number, EINVAL);
    }
  };
  run(body::run());
}

// -- What the child gets --------------------------------------------------------------------------

TEST_P(process_test, variables_and_directory_are_those_of_the_options) {
  process_options options = shell("pwd; echo $JACKDAW_VARIABLE; env | wc -l");
  options.empty_environment = true;
  options.environment = {{"JACKDAW_VARIABLE", "a value"}, {"PATH", "/usr/bin:/bin"}};
  options.directory = "/proc/self/fd/..";
  const communicated said = run(run_piped(std::move(options)));
  EXPECT_THAT(said.standard_output, ::testing::MatchesRegex("/proc/[0-9]+\na value\n[34]\n"));
}

TEST_P(process_test, streams_can_be_null_or_a_descriptor_or_the_same_as_the_output) {
  struct body {
    static task<void> run() {
      auto ends = testing::make_pipe();
      process_options options = shell("cat; echo out; echo err >&2");
      options.standard_input = stdio::null();
      options.standard_output = stdio::descriptor(ends.writes.get());
      options.standard_error = stdio::to_output();
      process child = co_await process::spawn(std::move(options));
      ends.writes.close();
      child_output output(std::move(ends.reads));
      const std::string text = co_await output.read_to_end();
      EXPECT_EQ(text, "out\nerr\n");
      const exit_status status = co_await child.wait();
      EXPECT_TRUE(status.success());
    }
  };
  run(body::run());
}

/// Closed when the child starts, and only then.
int open_without_cloexec() { return open("/dev/null", O_RDONLY); }

TEST_P(process_test, no_descriptor_leaks_into_the_child) {
  struct body {
    static task<void> run() {
      const file_descriptor careless(open_without_cloexec());
      const communicated said = co_await run_piped(shell("ls /proc/$$/fd"));
      EXPECT_EQ(said.standard_output, "0\n1\n2\n");
    }
  };
  run(body::run());
}

TEST_P(process_test, descriptors_that_are_given_come_after_the_standard_streams) {
  struct body {
    static task<void> run() {
      auto first = testing::make_pipe();
      auto second = testing::make_pipe();
      // In an order in which each would overwrite the other's source.
      process_options options = shell("echo three >&3; echo four >&4; ls /proc/$$/fd");
      options.descriptors = {second.writes.get(), first.writes.get()};
      const communicated said = co_await run_piped(std::move(options));
      EXPECT_EQ(said.standard_output, "0\n1\n2\n3\n4\n");
      first.writes.close();
      second.writes.close();
      child_output of_first(std::move(first.reads));
      child_output of_second(std::move(second.reads));
      const std::string four = co_await of_first.read_to_end();
      const std::string three = co_await of_second.read_to_end();
      EXPECT_EQ(three, "three\n");
      EXPECT_EQ(four, "four\n");
    }
  };
  run(body::run());
}

// Workers of a pool block all signals; the spawning thread does so too.
TEST_P(process_test, no_signal_is_blocked_and_sigpipe_has_its_default) {
  struct sigaction pipe_before{};
  struct sigaction user_before{};
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGPIPE, &ignore, &pipe_before), 0);
  ASSERT_EQ(sigaction(SIGUSR2, &ignore, &user_before), 0);
  const std::vector<std::string> arguments = {"-E", "SigBlk|SigIgn", "/proc/self/status"};
  const communicated said = run(run_piped(process_options("grep", arguments)));
  sigaction(SIGPIPE, &pipe_before, nullptr);
  sigaction(SIGUSR2, &user_before, nullptr);
  std::istringstream lines(said.standard_output);
  std::string word;
  std::string blocked;
  std::string ignored;
  lines >> word >> blocked >> word >> ignored;
  EXPECT_EQ(std::stoull(blocked, nullptr, 16), 0U);
  const auto bit = [](int number) { return 1ULL << static_cast<unsigned>(number - 1); };
  const unsigned long long set = std::stoull(ignored, nullptr, 16);
  EXPECT_EQ(set & bit(SIGPIPE), 0U);
  EXPECT_NE(set & bit(SIGUSR2), 0U) << "what was ignored stays so, as under nohup";
}

TEST_P(process_test, groups_and_sessions_are_those_of_the_options) {
  struct body {
    /// Its number, its group, its session.
    static task<std::array<pid_t, 3>> ids(process_options::group chosen) {
      process_options options =
          piped(process_options("cut", {"-d ", "-f1,5,6", "/proc/self/stat"}));
      options.process_group = chosen;
      process child = co_await process::spawn(std::move(options));
      const communicated said = co_await child.communicate();
      std::istringstream text(said.standard_output);
      std::array<pid_t, 3> found{};
      text >> found[0] >> found[1] >> found[2];
      EXPECT_EQ(found[0], child.pid());
      co_return found;
    }
    static task<void> run() {
      using group = process_options::group;
      const auto same = co_await ids(group::same);
      EXPECT_EQ(same[1], getpgrp());
      const auto grouped = co_await ids(group::new_group);
      EXPECT_EQ(grouped[1], grouped[0]);
      EXPECT_EQ(grouped[2], getsid(0));
      const auto apart = co_await ids(group::new_session);
      EXPECT_EQ(apart[1], apart[0]);
      EXPECT_EQ(apart[2], apart[0]);
    }
  };
  run(body::run());
}

// -- Being left -----------------------------------------------------------------------------------

TEST_P(process_test, destroying_a_process_kills_it_and_leaves_no_zombie) {
  struct body {
    static task<void> run() {
      pid_t pid = -1;
      {
        const process child = co_await process::spawn(sleeper());
        pid = child.pid();
        EXPECT_EQ(kill(pid, 0), 0);
      }
      co_await until_gone(pid);
      {
        process ended = co_await process::spawn(piped(process_options("true")));
        pid = ended.pid();
        const std::string all = co_await ended.standard_output().read_to_end();
        EXPECT_EQ(all, "");
      }
      co_await until_gone(pid);
      co_return;
    }
  };
  run(body::run());
}

TEST_P(process_test, assigning_another_process_kills_the_first) {
  struct body {
    static task<void> run() {
      process child = co_await process::spawn(sleeper());
      const pid_t first = child.pid();
      child = co_await process::spawn(process_options("true"));
      co_await until_gone(first);
      const exit_status status = co_await child.wait();
      EXPECT_TRUE(status.success());
    }
  };
  run(body::run());
}

TEST_P(process_test, a_process_that_is_given_away_lives_on) {
  struct body {
    static task<pid_t> run() {
      process child = co_await process::spawn(sleeper());
      const pid_t pid = child.release();
      EXPECT_FALSE(child);
      co_return pid;
    }
  };
  const pid_t pid = run(body::run());
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), 0) << "it runs";
  EXPECT_EQ(kill(pid, SIGKILL), 0);
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
}

TEST_P(process_test, a_start_that_is_cancelled_leaves_nobody_behind) {
  struct body {
    static task<void> start_and_end() {
      const process child = co_await process::spawn(piped(sleeper()));
    }
    static task<void> run(int rounds) {
      for (int round = 0; round < rounds; ++round) {
        auto starting = spawn(start_and_end());
        co_await turns(round % 5);
        starting.cancel();
        try {
          co_await starting;
        } catch (const cancelled_error&) {
          // Whether it was started is what nobody knows.
        }
      }
      // Calls that were left end by themselves, and then their children do.
      siginfo_t found{};
      while (waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) == 0) {
        co_await jackdaw::sleep(1ms);
      }
      EXPECT_EQ(errno, ECHILD);
    }
  };
  run(body::run(testing::scaled(20)));
}

TEST_P(process_test, communicating_can_be_cancelled_at_any_step_and_the_child_be_killed) {
  struct body {
    static task<void> run(int rounds) {
      const std::string input(300'000, 'i');
      for (int round = 0; round < rounds; ++round) {
        process child = co_await process::spawn(piped(process_options("cat")));
        auto talking = spawn(child.communicate(input));
        co_await turns(round * 2);
        talking.cancel();
        try {
          static_cast<void>(co_await talking);
        } catch (const cancelled_error&) {
          // The usual end.
        }
        if (!child.poll().has_value()) {
          child.kill();
        }
        const exit_status status = co_await child.wait();
        EXPECT_TRUE(status.success() || status.signal() == SIGKILL) << status.to_string();
      }
    }
  };
  run(body::run(testing::scaled(25)));
}

// None is lost, or told without having happened (B65).
TEST_P(process_test, many_children_at_once_each_have_their_own_status) {
  struct body {
    static task<int> code_of(int wanted) {
      const communicated said =
          co_await run_piped(shell("cat; exit " + std::to_string(wanted)), std::to_string(wanted));
      EXPECT_EQ(said.standard_output, std::to_string(wanted));
      co_return said.status.code();
    }
    static task<void> run() {
      std::vector<task<int>> all;
      for (int each = 0; each < 24; ++each) {
        all.push_back(code_of(each));
      }
      const std::vector<int> codes = co_await gather(std::move(all));
      for (int each = 0; each < 24; ++each) {
        EXPECT_EQ(codes[static_cast<std::size_t>(each)], each);
      }
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::io
