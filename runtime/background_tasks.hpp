// Tasks that nobody awaits: a set that holds their handles until they end.
#pragma once

#include <jackdaw/runtime/spawn.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw {

/// Keeps handles of tasks that run beside everything else, so that they can be counted, cancelled and waited
/// for; each is dropped when its task has ended.
///
/// Tasks live without it: dropping a handle never ends one. What it gives is a name for "those that I have
/// started". For tasks that must not outlive a function, and whose errors concern it, use a task group.
///
/// Suspends      Only wait_all().
/// Threads       All members from any thread in multi-threaded mode; in asyncio mode from the loop's own.
/// Lifetime      The set may go before its tasks: they go on, and are held until they end.
/// Errors        What a task throws and nobody fetched is reported when it leaves the set.
/// Cancellation  wait_all() may be cancelled; the tasks are not touched by that.
/// Cost          A block from a free list per task.
/// Source        The set and add_done_callback(discard) that the documentation of asyncio.create_task advises.
class background_tasks {
 public:
  background_tasks();
  background_tasks(const background_tasks&) = delete;
  background_tasks& operator=(const background_tasks&) = delete;
  ~background_tasks() = default;

  /// spawn(), and add().
  template <class T>
  join_handle<T> spawn(task<T> body, std::string_view name = {}) {
    join_handle<T> handle = jackdaw::spawn(std::move(body), name);
    add(handle);
    return handle;
  }
  /// A task that is done already leaves as any other does: in asyncio mode one turn later.
  template <class T>
  void add(const join_handle<T>& handle) {
    insert(handle.record());
  }

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  /// Asks all that are in the set to end. Returns how many were not done.
  std::size_t cancel_all(std::string_view message = {}) const;
  /// Waits until those that are in the set now have ended. What they threw is not thrown here.
  [[nodiscard]] task<void> wait_all() const;

 private:
  struct entry;
  struct members;

  void insert(task_record& task);
  [[nodiscard]] std::vector<task_reference> snapshot() const;

  std::shared_ptr<members> held_;
};

}  // namespace jackdaw
