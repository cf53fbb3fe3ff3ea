// The worker's loop.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/memory.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/multi_thread/worker.hpp>

#include <algorithm>

namespace jackdaw {
namespace {

// Stolen at once, at most; the rest of a victim's half stays with it.
constexpr std::size_t batch_max = 128;

// What came from far is not in the cache, and all of it together comes faster than one after the other.
// Harmless if it has gone meanwhile: nothing is read.
void prefetch(const work& item) noexcept {
  const auto middle = reinterpret_cast<std::uintptr_t>(&item);
  __builtin_prefetch(reinterpret_cast<const void*>(middle - cache_line_bytes / 2));
  __builtin_prefetch(reinterpret_cast<const void*>(middle + cache_line_bytes / 2));
}

}  // namespace

worker::worker(pool& pool, unsigned index)
    : run_slot(&worker::take_turn),
      pool_(&pool),
      index_(index),
      only_worker_(pool.worker_count() == 1),
      random_(index + 1),
      forks_(*this, pool) {
  owner = &pool;
}

worker::~worker() { JACKDAW_ASSERT(next == nullptr); }

void worker::attach() {
  JACKDAW_ASSERT(current() == nullptr);
  own_driver_ = pool_->make_driver(index_);
  own_driver_->count_into(io_counters_);
  driver_.store(own_driver_.get(), std::memory_order_seq_cst);  // Dekker with pool::wake_all().
  task_registry::use_shard(index_);
  execution_context& context = current_context();
  context = execution_context{.scope = context.scope};
  context.scheduler = pool_;
  context.driver = own_driver_.get();
  context.slot = this;
  context.forks = &forks_.stack();
  round_began_ = pool_->now();
  begin_round();
  context_.store(&context, std::memory_order_release);  // K2: pairs with look().
  pool_->somebody_is_awake();
}

worker::glimpse worker::look() const noexcept {
  // K2: acquire, for what attach() wrote there first; the two words in it are published ones.
  const execution_context* const context = context_.load(std::memory_order_acquire);
  return {context != nullptr ? context->task.read() : nullptr, resumptions.get()};
}

void worker::detach() noexcept {
  context_.store(nullptr, std::memory_order_relaxed);  // Nobody looks any more.
  driver_.store(nullptr, std::memory_order_seq_cst);   // As in attach().
  own_driver_.reset();
  current_context() = execution_context{.scope = current_context().scope};
}

void worker::wake() noexcept {
  // seq_cst: a driver that is not there yet belongs to a worker that will look at the queues first.
  if (driver* const driver = driver_.load(std::memory_order_seq_cst)) {
    driver->wake();
  }
}

// Nobody is woken if nobody sleeps, or somebody searches already.
void worker::announce_work() noexcept {
  if (!pool_->announce_work()) {
    wakes_suppressed_.add(1);
  }
}

void worker::push_next(work& item) noexcept {
  work* const displaced = std::exchange(next, &item);
  if (displaced != nullptr) {
    push_queue(*displaced, true);
  }
}

void worker::push_last(work& item) noexcept {
  // Alone, it is run next by this worker: nobody is woken to take it away.
  const bool behind_others = next != nullptr || queue_may_hold_work;
  push_queue(item, behind_others);
}

void worker::push_queue(work& item, bool announce) noexcept {
  if (is_alone() && queue_.push_alone(item)) {
    queue_may_hold_work = true;
  } else {
    work* const one[] = {&item};
    push_batch(one);
  }
  if (announce) {
    announce_work();
  }
}

// What does not fit goes to the shared queue, together with the older half of the own one: the order
// is kept, and the next pushes have room again.
void worker::push_batch(std::span<work* const> items) noexcept {
  queue_may_hold_work = true;
  batches_.add(items.size() > 1 ? 1 : 0);
  const std::size_t pushed = queue_.push(items);
  if (pushed == items.size()) [[likely]] {
    return;
  }
  std::array<work*, batch_max> older{};
  const std::size_t count = queue_.steal(older);
  pool_->shared().push(std::span<work* const>(older.data(), count));
  push_batch(items.subspan(pushed));
}

work* worker::take_queued() noexcept { return is_alone() ? queue_.pop_alone() : queue_.pop(); }

work* worker::take_local() noexcept {
  if (next != nullptr) {
    if (next_in_a_row < next_in_a_row_max) {
      ++next_in_a_row;
      return std::exchange(next, nullptr);
    }
    if (!queue_may_hold_work) {
      next_in_a_row = 0;
      return std::exchange(next, nullptr);
    }
    push_last(*std::exchange(next, nullptr));
  }
  next_in_a_row = 0;
  work* const item = take_queued();
  if (item == nullptr) {
    queue_may_hold_work = false;
    work* const task = forks_.take_set_aside();  // Before a fork that it will come to itself.
    return task != nullptr ? task : forks_.take_shown();
  }
  queue_may_hold_work = !queue_.empty();
  return item;
}

// For a task that yields: what take_local() would take after push_last(), if that comes from the queue.
work* worker::take_turn(run_slot& slot, work& last) noexcept {
  auto& self = static_cast<worker&>(slot);
  self.push_last(last);
  work* const first = self.take_queued();
  if (first != nullptr) {
    self.next_in_a_row = 0;
    self.queue_may_hold_work = !self.queue_.empty();
  }
  return first;
}

void worker::take_left(std::span<work*> items, std::size_t& count) noexcept {
  if (next != nullptr && count < items.size()) {
    items[count++] = std::exchange(next, nullptr);
  }
  while (count < items.size()) {
    work* const item = queue_.pop();
    if (item == nullptr) {
      return;
    }
    items[count++] = item;
  }
}

template <bool (pool::*Over)() const noexcept>
void worker::run_until() {
  while (!(pool_->*Over)()) {
    if (resumptions.get() >= poll_at && !round_goes_on()) [[unlikely]] {
      look_outside();
    }
    if (work* const item = take_local()) [[likely]] {
      if (searching_) [[unlikely]] {
        end_search();
      }
      run(*item);
    } else if (!take_shared(batch_max) && !find_elsewhere()) {
      sleep<Over>();
    }
  }
}

void worker::run(work& item) {
  resumptions.add(1);
  item.run(item);
  if (!forks_.stack().empty()) [[unlikely]] {
    leave_forks_behind();
  }
}

// What was forked by a task that waits now is work like any other, newest first.
void worker::leave_forks_behind() noexcept {
  bool any = false;
  while (work* const item = forks_.take_left_behind()) {
    push_queue(*item, false);
    any = true;
  }
  if (any) {
    announce_work();
  }
}

template void worker::run_until<&pool::main_is_done>();
template void worker::run_until<&pool::all_tasks_are_done>();
template void worker::run_until<&pool::stopped>();

// The last searcher found something: there may be more.
void worker::end_search() noexcept {
  searching_ = false;
  if (pool_->idle().end_search() && pool_->anything_waits()) {
    announce_work();
  }
}

void worker::look_outside() {
  // As many as have left: with more the own queue would run over, back into the shared one.
  const std::uint64_t ran = resumptions.get() - round_begin_;
  adapt_budget();
  static_cast<void>(poll());
  static_cast<void>(take_shared(std::clamp<std::uint64_t>(ran, 1, batch_max)));
  if (work* const task = forks_.take_if_its_turn()) {
    run(*task);
  }
}

// Collects what became runnable outside, without waiting; true if there is anything.
bool worker::poll() {
  polls_.add(1);
  own_driver_->park(at_once, ready_);
  if (!ready_.empty()) {
    // The round begins now: sending 60 replies takes the kernel as long as a round may last, and a round that is over
    // when it begins would make the next ones as short as rounds can be.
    round_began_ = pool_->now();
  }
  return accept_outside();
}

bool worker::accept_outside() {
  begin_round();
  const bool any_ready = !ready_.empty();
  accept_ready();
  if (timers_.deadline_bound() != never) {
    timers_.fire_due(pool_->now());
  }
  return any_ready || next != nullptr || !queue_.empty();
}

// In batches, so that the tail is published once and at most one sleeper is woken for all of them.
void worker::accept_ready() noexcept {
  std::size_t total = 0;
  std::array<work*, batch_max> batch{};
  while (!ready_.empty()) {
    std::size_t count = 0;
    while (count < batch.size() && !ready_.empty()) {
      batch[count++] = ready_.pop_front();
    }
    push_batch(std::span<work* const>(batch.data(), count));
    total += count;
  }
  if (total > 1 || (total == 1 && next != nullptr)) {
    announce_work();
  }
}

bool worker::take_shared(std::size_t count_max) noexcept {
  std::array<work*, batch_max> batch;
  const std::size_t count =
      pool_->shared().pop(std::span(batch).first(count_max), pool_->worker_count());
  if (count == 0) {
    return false;
  }
  for (const work* const item : std::span(batch).first(count)) {
    prefetch(*item);
  }
  push_batch(std::span<work* const>(batch.data(), count));
  if (count > 1 || !pool_->shared().empty()) {
    announce_work();
  }
  return true;
}

// The own driver first: what it has ready was this worker's before, and stealing is the exception. But
// if nobody has anything to steal it is not asked twice: going to sleep asks it.
bool worker::find_elsewhere() {
  if (pool_->worker_count() == 1 || (!pool_->anything_to_steal() && !pool_->any_fork_is_shown())) {
    return false;
  }
  round_began_ = pool_->now();
  return poll() || search();
}

bool worker::search() noexcept {
  if (!searching_) {
    searching_ = pool_->idle().start_search(pool_->worker_count());
  }
  return searching_ && steal_round();
}

// One look at every other worker, from a random one on.
bool worker::steal_round() noexcept {
  std::array<work*, batch_max> loot{};
  const unsigned workers = pool_->worker_count();
  const unsigned first = random_.below(workers);
  for (unsigned step = 0; step < workers; ++step) {
    const unsigned victim = (first + step) % workers;
    if (victim == index_) {
      continue;
    }
    const std::size_t count = pool_->worker_at(victim).steal_from(loot);
    if (count > 0) {
      steals_.add(count);
      steal_hits_.add(1);
      push_batch(std::span<work* const>(loot.data(), count));
      return true;
    }
  }
  if (steal_fork()) {
    return true;
  }
  steal_misses_.add(1);
  return false;
}

// Two looks, a microsecond apart: what has not changed is worth it.
bool worker::steal_fork() noexcept {
  constexpr unsigned pauses = 20;
  const unsigned workers = pool_->worker_count();
  std::array<std::uint32_t, idle_set::worker_count_max> seen;
  bool any = false;
  for (unsigned victim = 0; victim < workers; ++victim) {
    worker_forks& forks = pool_->worker_at(victim).forks();
    const bool shows = victim != index_ && forks.shows_something();
    any = any || shows;
    seen[victim] = forks.sightings() - (shows ? 0 : 1);
  }
  for (unsigned count = 0; any && count < pauses; ++count) {
    std_memory::pause();
  }
  const unsigned first = random_.below(workers);
  for (unsigned step = 0; any && step < workers; ++step) {
    const unsigned victim = (first + step) % workers;
    worker_forks& forks = pool_->worker_at(victim).forks();
    if (forks.sightings() != seen[victim]) {
      continue;
    }
    if (fork* const item = forks.take_shown()) {
      steals_.add(1);
      steal_hits_.add(1);
      push_next(*item);
      return true;
    }
  }
  return false;
}

template <bool (pool::*Over)() const noexcept>
void worker::sleep() {
  if (std::exchange(searching_, false)) {
    static_cast<void>(pool_->idle().end_search());  // S2, before I1.
  }
  pool_->idle().announce(index_);                                   // I1
  const bool slept = !pool_->work_needs_us() && !(pool_->*Over)();  // I2
  if (slept) {
    parks_.add(1);
    own_driver_->park(wake_up_time(), ready_);  // I3
  }
  // Before anything is announced: a worker must not claim itself.
  searching_ = pool_->idle().retract(index_);  // I4
  pool_->somebody_is_awake();
  if (slept) {
    static_cast<void>(accept_outside());
    round_began_ = pool_->now();
  }
}

// When there is nothing to do. See "Whom a fork wakes".
time_point worker::wake_up_time() noexcept {
  const time_point timer = timers_.next_deadline();
  const std::uint64_t shown = pool_->forks_shown();
  if (std::exchange(forks_seen_, shown) == shown) {
    return timer;
  }
  return std::min(timer, pool_->now() + worker_forks::doze_time);
}

bool worker::round_is_over() const noexcept { return pool_->now() - round_began_ > round_time_max; }

// A round is what runs between two polls. See the essay.
void worker::begin_round() noexcept {
  constexpr unsigned first_look = 2;
  round_begin_ = resumptions.get();
  round_end_ = round_begin_ + poll_budget_;
  poll_at = std::min(round_end_, round_begin_ + first_look);
}

// At poll_at. True if there is time left for more of this round.
bool worker::round_goes_on() noexcept {
  constexpr unsigned next_look = 6;  // Times as far into the round: 2, 12, and the end.
  const std::uint64_t count = resumptions.get();
  if (count >= round_end_ || round_is_over()) {
    return false;
  }
  poll_at = std::min(round_end_, round_begin_ + next_look * (count - round_begin_));
  return true;
}

void worker::adapt_budget() noexcept {
  const time_point now = pool_->now();
  const duration took = now - round_began_;
  round_began_ = now;
  if (took > round_time_max) {
    // As many as would have been right.
    const auto count = static_cast<duration::rep>(resumptions.get() - round_begin_);
    poll_budget_ = static_cast<unsigned>(
        std::clamp<duration::rep>(count * round_time_max / took, 1, poll_budget_));
  } else if (took < round_time_max / 2) {
    poll_budget_ = std::min(polls_every_max, poll_budget_ * 2);
  }
}

worker_statistics worker::statistics() const noexcept {
  worker_statistics statistics;
  statistics.resumptions = resumptions.get();
  statistics.spawns = pool_->tasks().spawned_in(index_);
  if (index_ == 0) {
    statistics.spawns += pool_->tasks().spawned_in(pool_->worker_count());
  }
  statistics.steals = steals_.get();
  statistics.steal_hits = steal_hits_.get();
  statistics.steal_misses = steal_misses_.get();
  statistics.parks = parks_.get();
  statistics.polls = polls_.get();
  statistics.wakes = wakes_claimed.get();
  statistics.wakes_suppressed = wakes_suppressed_.get();
  statistics.batches = batches_.get();
  statistics.forks_shown = forks_.sightings();
  statistics.frame_misses = frame_misses.get();
  statistics.drivers = io_counters_.snapshot();
  return statistics;
}

}  // namespace jackdaw
