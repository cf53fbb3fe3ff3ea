// Tasks that belong together: with_task_group(), and handlers for the parts of what went wrong.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace io = jackdaw::io;
using jackdaw::exception_group;
using jackdaw::task;
using jackdaw::task_group;
using namespace std::chrono_literals;

struct bad_password : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct disk_full : std::runtime_error {
  using std::runtime_error::runtime_error;
};

task<int> rows_of(int rows) {
  co_await jackdaw::sleep(1ms);
  co_return rows;
}

// Both tasks have ended when the group is left, so their results are there.
task<int> count_rows() {
  jackdaw::join_handle<int> birds;
  jackdaw::join_handle<int> nests;
  co_await jackdaw::with_task_group([&](task_group& group) -> task<void> {
    birds = group.create_task(rows_of(12));
    nests = group.create_task(rows_of(3));
    co_return;
  });
  co_return birds.result() + nests.result();
}

// Is cancelled, and fails while it cleans up.
task<void> write_log(jackdaw::event& opened) {
  opened.set();
  try {
    co_await jackdaw::sleep(1h);
  } catch (const jackdaw::cancelled_error&) {
    std::printf("write_log: cancelled\n");
    throw disk_full("/var/log");
  }
}

task<void> log_in(std::string user, jackdaw::event& log_opened) {
  co_await log_opened.wait();
  throw bad_password(user);
}

// The first failure cancels the other task and the body; all errors come out as one group.
task<void> session(std::string user) {
  jackdaw::event log_opened;
  co_await jackdaw::with_task_group([&](task_group& group) -> task<void> {
    group.create_task(write_log(log_opened));
    group.create_task(log_in(user, log_opened));
    co_await jackdaw::sleep(1h);
  });
}

// Python: try: ...  except* bad_password as matched: ...  except* disk_full as matched: ...
task<void> sessions() {
  const int rows = co_await count_rows();
  std::printf("%d rows\n", rows);
  try {
    co_await session("Anna");
  } catch (...) {
    jackdaw::except_star()
        .on<bad_password>([](const exception_group& matched) {
          matched.for_each<bad_password>(
              [](const bad_password& error) { std::printf("no entry: %s\n", error.what()); });
        })
        .on<disk_full>(
            [](const exception_group& matched) { std::printf("disk full: %s\n", matched.what()); })
        .raise_rest();  // What no handler took, if there were any.
  }
}

int main() { io::run(sessions()); }
