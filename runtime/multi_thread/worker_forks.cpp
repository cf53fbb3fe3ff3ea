// Waking thieves, and taking turns with what else there is to do.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/multi_thread/worker.hpp>
#include <jackdaw/runtime/multi_thread/worker_forks.hpp>
#include <jackdaw/runtime/task_record.hpp>

namespace jackdaw {

worker_forks::worker_forks(worker& owner, pool& pool)
    : worker_(&owner), pool_(&pool), stack_(*this, pool.worker_count() > 1) {}

worker_forks::~worker_forks() { JACKDAW_ASSERT(stack_.empty() && set_aside_.empty()); }

void worker_forks::fork_shown() noexcept {
  has_announced_ = false;
  if (pool_->idle().sleepers() == 0 || (is_quiet_ && pool_->now() < quiet_until_)) {
    return;
  }
  is_quiet_ = false;
  has_announced_ = true;
  worker_->announce_work();
}

void worker_forks::fork_taken_back() noexcept {
  if (has_announced_) {
    has_announced_ = false;
    is_quiet_ = true;
    quiet_until_ = pool_->now() + doze_time;
  }
}

bool worker_forks::forks_should_yield() noexcept { return worker_->round_is_over(); }

void worker_forks::serve_outside() noexcept {
  if (worker_->round_is_over()) {
    worker_->look_outside();
  }
}

void worker_forks::set_aside(task_record& task) noexcept {
  set_aside_.push_back({&task, &stack_.top()});
  others_had_turn_ = false;
  worker_->end_round();
}

work* worker_forks::take_if_its_turn() noexcept {
  return std::exchange(others_had_turn_, true) ? take_set_aside() : nullptr;
}

work* worker_forks::take_set_aside() noexcept {
  if (set_aside_.empty()) {
    return nullptr;
  }
  task_record* const task = set_aside_.back().task;
  set_aside_.pop_back();
  return task;
}

}  // namespace jackdaw
