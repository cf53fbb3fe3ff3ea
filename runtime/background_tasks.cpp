// The set, and leaving it.
#include <jackdaw/runtime/background_tasks.hpp>
#include <jackdaw/runtime/wait.hpp>

#include <mutex>
#include <optional>

namespace jackdaw {

// A task's place in the set, from insert() until its end has been told.
struct background_tasks::entry : completion_node, work, list_links, pooled {
  entry(std::shared_ptr<members> set, task_record& held)
      : completion_node(&entry::notified), work(&entry::leave), owner(std::move(set)), task(held) {}
  // As asyncio's discard(), which is a done-callback: in the loop one turn after the end.
  static void notified(completion_node& self) noexcept {
    auto& own = static_cast<entry&>(self);
    own.task->home().run_callback(own);
  }
  static void leave(work& self);

  std::shared_ptr<members> owner;
  task_reference task;
};

struct background_tasks::members {
  mutable spin_lock lock;
  // Under the lock.
  intrusive_list<entry> entries;  // In the order in which they came.
  std::size_t size = 0;
};

// Without the lock the handle may be the last one, and go with a report, whose handler looks at the set.
void background_tasks::entry::leave(work& self) {
  const std::unique_ptr<entry> own(&static_cast<entry&>(self));
  const std::lock_guard guard(own->owner->lock);
  intrusive_list<entry>::remove(*own);
  --own->owner->size;
}

background_tasks::background_tasks() : held_(std::make_shared<members>()) {}

void background_tasks::insert(task_record& task) {
  auto* const added = new entry(held_, task);
  {
    const std::lock_guard guard(held_->lock);
    held_->entries.push_back(*added);
    ++held_->size;
  }
  if (!task.add_completion(*added)) {
    entry::notified(*added);
  }
}

std::size_t background_tasks::size() const {
  const std::lock_guard guard(held_->lock);
  return held_->size;
}

std::vector<task_reference> background_tasks::snapshot() const {
  std::vector<task_reference> tasks;
  const std::lock_guard guard(held_->lock);
  for (entry* each = held_->entries.front(); each != nullptr;
       each = held_->entries.next_of(*each)) {
    tasks.push_back(each->task);
  }
  return tasks;
}

std::size_t background_tasks::cancel_all(std::string_view message) const {
  std::size_t asked = 0;
  for (const task_reference& task : snapshot()) {
    asked += task->request_cancel(message) ? 1 : 0;
  }
  return asked;
}

task<void> background_tasks::wait_all() const {
  const std::vector<task_reference> now = snapshot();
  if (!now.empty()) {
    auto waiting = wait_until(std::vector<future_reference>(now.begin(), now.end()),
                              return_when::all_completed, std::nullopt);
    co_await std::move(waiting);
  }
}

}  // namespace jackdaw
