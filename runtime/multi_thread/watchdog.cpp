// Looking, and telling.
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/multi_thread/watchdog.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>

namespace jackdaw {

watchdog::watchdog(pool& watched, duration too_long)
    : pool_(&watched), too_long_(too_long), sights_(watched.worker_count()) {
  // The signals of the process belong to the thread that called run().
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

watchdog::~watchdog() { stop(); }

void watchdog::stop() noexcept {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void watchdog::end_sleep() noexcept {
  {
    const std::lock_guard guard(lock_);
    asleep_.store(false,
                  std::memory_order_relaxed);  // Under the lock that the sleeper looks under.
  }
  changed_.notify_one();
}

bool watchdog::everybody_sleeps() const noexcept {
  return pool_->idle().sleepers() == pool_->worker_count();  // D2, by P2 of idle_set.hpp
}

void watchdog::run() {
  std::unique_lock guard(lock_);
  while (!stopping_) {
    asleep_.store(true, std::memory_order_seq_cst);  // D1
    if (everybody_sleeps()) {
      changed_.wait(guard, [this] {
        return stopping_ || !asleep_.load(std::memory_order_relaxed);  // As in end_sleep().
      });
    }
    asleep_.store(false, std::memory_order_relaxed);  // Nobody has to wake us.
    changed_.wait_for(guard, too_long_ / 4, [this] { return stopping_; });
    if (!stopping_) {
      guard.unlock();
      look(std::chrono::steady_clock::now());
      guard.lock();
    }
  }
}

void watchdog::look(time_point now) {
  looks_.fetch_add(1, std::memory_order_relaxed);  // A number.
  for (unsigned index = 0; index < sights_.size(); ++index) {
    const worker::glimpse current = pool_->worker_at(index).look();
    sight& seen = sights_[index];
    if (current.task == nullptr || current.task != seen.task ||
        current.resumptions != seen.resumptions) {
      seen = {current.task, current.resumptions, now, too_long_};
    } else if (const duration took = now - seen.since; took >= seen.report_after) {
      seen.report_after = 2 * took;
      report(index, seen, took);
    }
  }
}

void watchdog::report(unsigned worker, const sight& seen, duration took) {
  const std::optional<task_reference> task = pool_->tasks().find(seen.task);
  const auto [running, resumptions] = pool_->worker_at(worker).look();
  if (!task.has_value() || running != seen.task || resumptions != seen.resumptions) {
    return;  // It has just gone on.
  }
  char text[96];
  std::snprintf(text, sizeof text, "A task keeps worker %u for %.3f seconds now without an await",
                worker, std::chrono::duration<double>(took).count());
  failure slow{text, (*task)->name(), nullptr};
  slow.source = failure_source::task;
  slow.level = failure_level::warning;
  pool_->report(slow);
}

}  // namespace jackdaw
