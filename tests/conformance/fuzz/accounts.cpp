// What a run must have kept: permits, locks, items, tasks. LANGUAGE.md, section 10.
//
// Found out by use, through the public API, after the last task has ended: a permit counts if it can be
// taken, and a lock is free if it can be locked, which a waiter that was left behind would prevent.
#include "interpreter.hpp"

namespace jackdaw::fuzz {
namespace {

// Without suspending.
template <class Lock>
bool acquire_at_once(Lock& lock) {
  return lock.acquire().await_ready();
}

std::string numbered(char letter, int number) { return letter + std::to_string(number); }

}  // namespace

void interpreter::require_kept(bool kept, const std::string& what) {
  if (!kept) {
    losses_.push_back(what);
  }
}

void interpreter::account() {
  require_kept(all_tasks_of(*loop_).empty(), "a task has not ended");
  const auto account_of_lock = [&](const std::string& name, auto& lock, const std::string& more) {
    const bool free = acquire_at_once(lock);
    emit("account " + name + (free ? " free" : " taken") + more);
    require_kept(free, name + " is taken");
  };
  for (auto& [number, lock] : locks_.all()) {
    account_of_lock(numbered('L', number), *lock, "");
  }
  for (auto& [number, permits] : semaphores_.all()) {
    const std::string name = numbered('S', number);
    std::size_t count = 0;
    while (acquire_at_once(permits.get())) {
      ++count;
    }
    emit("account " + name + " permits " + std::to_string(count));
    require_kept(count == permits.declared, name + " has " + std::to_string(count) +
                                                " permits, had " +
                                                std::to_string(permits.declared));
  }
  for (auto& [number, guarded] : conditions_.all()) {
    account_of_lock(numbered('C', number), guarded->changed,
                    " count " + std::to_string(guarded->count));
  }
  for (auto& [number, items] : queues_.all()) {
    account_of_queue(numbered('Q', number), *items);
  }
}

void interpreter::account_of_queue(const std::string& name, any_queue& items) {
  std::size_t unfinished = 0;
  try {
    while (true) {
      items.task_done();
      ++unfinished;
    }
  } catch (const std::invalid_argument&) {  // Called more often than there were items.
  }
  const std::string account =
      " put " + std::to_string(items.items_put) + " got " + std::to_string(items.items_got) +
      " dropped " + std::to_string(items.items_dropped) + " left " + std::to_string(items.qsize());
  emit("account " + name + account + " unfinished " + std::to_string(unfinished));
  require_kept(items.items_put == items.items_got + items.items_dropped + items.qsize(),
               name + ":" + account);
}

}  // namespace jackdaw::fuzz
