// Two buffers and a thread.

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/tools/http/access_log.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace jackdaw::http {

namespace {

constexpr auto gathering_time = std::chrono::milliseconds(100);
constexpr std::size_t batch_bytes = std::size_t{64} * 1024;
constexpr auto farewell_time = std::chrono::seconds(2);
constexpr auto telling_pause = std::chrono::seconds(1);

io::file_descriptor open_log(const std::string& path) {
  const int number = path == "-"
                         ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                         : open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  return io::file_descriptor(number);
}

// 0 or an errno.
int write_all(int to, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = write(to, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count > 0 ? count : 0));
  }
  return 0;
}

}  // namespace

struct access_log::state {
  explicit state(std::string name) : path(std::move(name)), file(open_log(path)) {
    if (!file) {
      throw io::error(errno, "open", path);
    }
  }

  // What keeps the thread from sleeping on.
  [[nodiscard]] bool has_work() const noexcept { return !filling.empty() || reopens || ends; }

  const std::string path;
  io::file_descriptor file;  // The thread's.

  std::mutex lock;
  std::condition_variable changed;
  std::condition_variable ended;
  // Under the lock:
  std::string filling;
  unsigned filling_lines = 0;
  std::uint64_t lost = 0;
  std::uint64_t written = 0;
  bool reopens = false;
  bool ends = false;
  bool has_ended = false;
};

access_log::access_log(const std::string& path) : state_(std::make_shared<state>(path)) {
  // The thread is not to run anybody's signal handler, nor to be ended by a pipe that nobody reads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = state_] { write_batches(shared); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

access_log::~access_log() {
  std::unique_lock held(state_->lock);
  state_->ends = true;
  state_->changed.notify_one();
  if (!state_->ended.wait_for(held, farewell_time, [this] { return state_->has_ended; })) {
    fmt::print(stderr, "jackdaw: access log: nobody takes its last lines\n");
  }
}

void access_log::add(std::string_view lines, unsigned count) {
  state& shared = *state_;
  bool wakes = false;
  {
    const std::scoped_lock guard(shared.lock);
    const std::size_t before = shared.filling.size();
    if (before + lines.size() > bytes_max) {
      shared.lost += count;
      return;
    }
    shared.filling += lines;
    shared.filling_lines += count;
    wakes = before == 0 || (before < batch_bytes && shared.filling.size() >= batch_bytes);
  }
  if (wakes) {
    shared.changed.notify_one();
  }
}

void access_log::reopen() {
  const std::scoped_lock guard(state_->lock);
  state_->reopens = true;
  state_->changed.notify_one();
}

std::uint64_t access_log::lost() const {
  const std::scoped_lock guard(state_->lock);
  return state_->lost;
}

std::uint64_t access_log::written() const {
  const std::scoped_lock guard(state_->lock);
  return state_->written;
}

void access_log::write_batches(const std::shared_ptr<state>& shared) {
  std::string batch;
  std::uint64_t told = 0;
  auto told_at = std::chrono::steady_clock::time_point();
  std::unique_lock held(shared->lock);
  for (;;) {
    shared->changed.wait(held, [&] { return shared->has_work(); });
    shared->changed.wait_for(held, gathering_time, [&] {
      return shared->ends || shared->reopens || shared->filling.size() >= batch_bytes;
    });
    batch.clear();
    std::swap(batch, shared->filling);
    const unsigned lines = std::exchange(shared->filling_lines, 0);
    const bool reopens = std::exchange(shared->reopens, false);
    const bool ends = shared->ends;
    held.unlock();

    const int failure = write_all(shared->file.get(), batch);
    std::string trouble = failure == 0 ? "" : std::strerror(failure);
    if (reopens) {
      io::file_descriptor again = open_log(shared->path);
      if (again) {
        shared->file = std::move(again);
      } else {
        trouble = shared->path + ": " + std::strerror(errno) + "; the old file goes on";
      }
    }

    held.lock();
    (failure == 0 ? shared->written : shared->lost) += lines;
    const std::uint64_t lost = shared->lost;
    const auto now = std::chrono::steady_clock::now();
    if ((lost != told || !trouble.empty()) && (ends || now - told_at >= telling_pause)) {
      held.unlock();
      fmt::print(stderr, "jackdaw: access log: {} lines lost{}{}\n",
                 lost - std::exchange(told, lost), trouble.empty() ? "" : ": ", trouble);
      told_at = now;
      held.lock();
    }
    if (ends && shared->filling.empty()) {
      break;
    }
  }
  shared->has_ended = true;
  shared->ended.notify_all();
}

}  // namespace jackdaw::http
