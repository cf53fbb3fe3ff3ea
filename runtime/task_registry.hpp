// All live tasks of a scheduler: for shutdown, introspection and the count that must end at zero.
//
// Sharded, since every spawn and every end of a task passes here: a task is linked into the shard of
// the worker that spawned it, whose lock is rarely contended, and remembers which one that was. Threads that are
// no workers share the last shard.
//
// A task that nobody holds has no record before it begins (detached.hpp): it is counted when it is spawned, and
// linked when it begins.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace jackdaw {

class task_record;
template <class Object>
class counted_reference;
using task_reference = counted_reference<task_record>;

class task_registry {
 public:
  explicit task_registry(unsigned shards);

  /// expect() and link().
  void add(task_record& task) noexcept;
  /// Counts a task whose record will be linked later.
  void expect() noexcept;
  void link(task_record& task) noexcept;
  void remove(task_record& task) noexcept;

  /// References to all tasks that are not done, shard by shard, in the order of their creation.
  [[nodiscard]] std::vector<task_reference> snapshot() const;

  /// A reference to the task at `address`, if one that is not done is there. Looks through all of them.
  [[nodiscard]] std::optional<task_reference> find(const task_record* address) const;

  [[nodiscard]] std::uint64_t alive() const noexcept;
  [[nodiscard]] std::uint64_t spawned() const noexcept;
  [[nodiscard]] std::uint64_t spawned_in(unsigned shard) const noexcept;

  /// Gives this thread a shard. Without it, or if a registry has no such shard, a thread uses the last one.
  static void use_shard(unsigned shard) noexcept;

 private:
  struct alignas(cache_line_bytes) shard {
    mutable spin_lock lock;
    intrusive_list<task_record> tasks;
    // Under the lock; atomic because statistics read them without.
    std::atomic<std::uint64_t> added{0};
    std::atomic<std::uint64_t> removed{0};
  };

  [[nodiscard]] unsigned shard_of_this_thread() const noexcept;
  static void count_one_more(shard& home) noexcept;
  void link(task_record& task, unsigned index) noexcept;

  std::unique_ptr<shard[]> shards_;
  unsigned count_;
};

}  // namespace jackdaw
