// Linking tasks into their shards.
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/task_registry.hpp>

#include <algorithm>
#include <mutex>

namespace jackdaw {
namespace {

constinit thread_local unsigned this_thread_shard = ~0U;

}  // namespace

task_registry::task_registry(unsigned shards)
    : shards_(std::make_unique<shard[]>(shards)), count_(shards) {}

void task_registry::use_shard(unsigned shard) noexcept { this_thread_shard = shard; }

unsigned task_registry::shard_of_this_thread() const noexcept {
  return std::min(this_thread_shard, count_ - 1);
}

void task_registry::count_one_more(shard& home) noexcept {
  // G1: written under the lock; relaxed, because readers only want a number.
  home.added.store(home.added.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void task_registry::link(task_record& task, unsigned index) noexcept {
  task.shard_ = static_cast<std::uint8_t>(index);
  shards_[index].tasks.push_back(task);
}

void task_registry::add(task_record& task) noexcept {
  const unsigned index = shard_of_this_thread();
  const std::lock_guard guard(shards_[index].lock);
  count_one_more(shards_[index]);
  link(task, index);
}

void task_registry::expect() noexcept {
  shard& home = shards_[shard_of_this_thread()];
  const std::lock_guard guard(home.lock);
  count_one_more(home);
}

void task_registry::link(task_record& task) noexcept {
  const unsigned index = shard_of_this_thread();
  const std::lock_guard guard(shards_[index].lock);
  link(task, index);
}

void task_registry::remove(task_record& task) noexcept {
  shard& home = shards_[task.shard_];
  const std::lock_guard guard(home.lock);
  intrusive_list<task_record>::remove(task);
  // G2: release, so that whoever sees alive() == 0 also sees what the tasks did.
  home.removed.store(home.removed.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

std::vector<task_reference> task_registry::snapshot() const {
  std::vector<task_reference> tasks;
  for (unsigned index = 0; index < count_; ++index) {
    const shard& shard = shards_[index];
    const std::lock_guard guard(shard.lock);
    for (task_record* task = shard.tasks.front(); task != nullptr;
         task = shard.tasks.next_of(*task)) {
      tasks.emplace_back(*task);
    }
  }
  return tasks;
}

std::optional<task_reference> task_registry::find(const task_record* address) const {
  for (unsigned index = 0; index < count_; ++index) {
    const shard& shard = shards_[index];
    const std::lock_guard guard(shard.lock);
    for (task_record* task = shard.tasks.front(); task != nullptr;
         task = shard.tasks.next_of(*task)) {
      if (task == address) {
        return task_reference(*task);
      }
    }
  }
  return std::nullopt;
}

std::uint64_t task_registry::alive() const noexcept {
  // Removals first: a task that is added meanwhile may be counted, one that is alive is not missed.
  std::uint64_t removed = 0;
  std::uint64_t added = 0;
  for (unsigned index = 0; index < count_; ++index) {
    removed += shards_[index].removed.load(std::memory_order_acquire);  // G2
  }
  for (unsigned index = 0; index < count_; ++index) {
    added += shards_[index].added.load(std::memory_order_acquire);  // G1, not before the removals.
  }
  return added - removed;
}

std::uint64_t task_registry::spawned() const noexcept {
  std::uint64_t added = 0;
  for (unsigned index = 0; index < count_; ++index) {
    added += spawned_in(index);
  }
  return added;
}

std::uint64_t task_registry::spawned_in(unsigned shard) const noexcept {
  return shards_[shard].added.load(std::memory_order_relaxed);  // G1
}

}  // namespace jackdaw
