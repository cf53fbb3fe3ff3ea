// What a worker does about forks beside forking: it wakes thieves, and shares its time with other tasks.
//
// Whom a fork wakes
// -----------------
// A fork that is shown wakes a sleeper, unless the last sleeper that was woken for one had it taken from under
// his nose (F2): then the forks are tiny, and for doze_time nobody is woken. Who finds nothing although something
// was shown since it looked last sleeps no longer than doze_time. So a large fork that comes right after
// tiny ones waits for a thief no longer than that; and where nobody forks, nobody dozes.
//
// Whose turn it is
// ----------------
// A tree of forks runs from one coroutine into the next and never returns to the run loop. After round_time_max it
// is set aside, with its forks where they are, and goes on when the tasks that wait here have had a turn. Others
// may be set aside above it: the last one goes on first, since its forks lie above. The forks of a task that came
// to a suspension, instead, are left behind when the worker is back in its loop: they become ordinary work.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/fork_stack.hpp>

#include <chrono>
#include <vector>

namespace jackdaw {

class pool;
class worker;

class worker_forks final : private fork_host {
 public:
  static constexpr duration doze_time = std::chrono::milliseconds(1);

  worker_forks(worker& owner, pool& pool);
  worker_forks(const worker_forks&) = delete;
  worker_forks& operator=(const worker_forks&) = delete;
  ~worker_forks();

  // --- The worker ---

  [[nodiscard]] fork_stack& stack() noexcept { return stack_; }
  /// A fork that nobody joins by running on: its task waits. Null if there is none.
  [[nodiscard]] work* take_left_behind() noexcept {
    fork& newest = stack_.top();
    if (stack_.empty() || &newest == mark()) {
      return nullptr;
    }
    stack_.pop();
    return &newest;
  }
  [[nodiscard]] bool any_set_aside() const noexcept { return !set_aside_.empty(); }
  /// The task that was set aside last, if others have had their turn since.
  [[nodiscard]] work* take_if_its_turn() noexcept;
  /// The same, at once, or null.
  [[nodiscard]] work* take_set_aside() noexcept;

  // --- Any thread ---

  [[nodiscard]] bool shows_something() const noexcept { return stack_.shows_something(); }
  [[nodiscard]] std::uint32_t sightings() const noexcept { return stack_.sightings(); }
  [[nodiscard]] fork* take_shown() noexcept { return stack_.take(); }

 private:
  struct aside {
    task_record* task;
    const fork* newest;  // Of its forks.
  };

  void fork_shown() noexcept override;
  void fork_taken_back() noexcept override;
  [[nodiscard]] bool forks_should_yield() noexcept override;
  void set_aside(task_record& task) noexcept override;
  void serve_outside() noexcept override;

  [[nodiscard]] const fork* mark() const noexcept {
    return set_aside_.empty() ? nullptr : set_aside_.back().newest;
  }

  worker* worker_;
  pool* pool_;
  std::vector<aside> set_aside_;
  bool others_had_turn_ = false;
  bool has_announced_ = false;  // What is shown now.
  bool is_quiet_ = false;
  time_point quiet_until_{};
  fork_stack stack_;
};

}  // namespace jackdaw
