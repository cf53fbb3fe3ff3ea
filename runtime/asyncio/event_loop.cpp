// The turn, and how runs begin and end.
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/asyncio/lost_tasks.hpp>
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/heapq.hpp>
#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/thread_parker.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <algorithm>
#include <stdexcept>

namespace jackdaw::asyncio {
namespace {

// CPython's _MIN_SCHEDULED_TIMER_HANDLES and _MIN_CANCELLED_TIMER_HANDLES_FRACTION (S12): the rebuild
// changes the order of ties, so the numbers are part of the semantics.
constexpr std::size_t rebuild_timers_min = 100;
constexpr double rebuild_cancelled_fraction = 0.5;

constexpr auto earlier = [](const callback* a, const callback* b) { return a->when() < b->when(); };

const clock& real_clock() {
  static const steady_clock instance;
  return instance;
}

// Makes this thread the loop's for the time of a run.
class running_scope {
 public:
  running_scope(scheduler& loop, driver* driver) : before_(current_context()) {
    current_context() = execution_context{};
    current_context().scheduler = &loop;
    current_context().driver = driver;
    current_context().scope = before_.scope;
  }
  running_scope(const running_scope&) = delete;
  running_scope& operator=(const running_scope&) = delete;
  ~running_scope() { current_context() = before_; }

 private:
  execution_context before_;
};

}  // namespace

event_loop::event_loop(const loop_options& options)
    : event_loop(options, std::make_shared<failure_chain>(options.on_failure)) {}

// The base's handler is for results that outlive the loop, and knows the chain only.
event_loop::event_loop(const loop_options& options, std::shared_ptr<failure_chain> failures)
    : scheduler(
          options.time_source != nullptr ? *options.time_source : real_clock(),
          [failures](const failure& failure) { failures->tell(failure); }, 1),
      make_driver_(options.make_driver),
      debug_(options.debug ? *options.debug : debug_wanted_by_environment()),
      failures_(std::move(failures)) {}

event_loop::~event_loop() {
  close();
  failures_->forget_loop();
}

void event_loop::ensure_driver() {
  if (driver_ == nullptr) {
    auto made = make_driver_ ? make_driver_(0) : std::make_unique<thread_parker>();
    made->count_into(io_counters_);
    // From here on senders wake it; what came before is found by run_once().
    const std::lock_guard guard(inbox_lock_);
    driver_ = std::move(made);
  }
}

void event_loop::throw_closed() { throw std::runtime_error("Event loop is closed"); }

void event_loop::require_runnable() const {
  require_open();
  if (is_running()) {
    throw std::runtime_error("This event loop is already running");
  }
  if (current_context().scheduler != nullptr) {
    throw std::runtime_error("Cannot run the event loop while another loop is running");
  }
}

void event_loop::task_spawned(task_record& task) {
  require_open();
  scheduler::task_spawned(task);
}

void event_loop::schedule(work& work) noexcept {
  if (is_only_thread() || is_this_thread()) {
    ready_.push_back(work);
    return;
  }
  try {
    send(work);
  } catch (const std::exception& error) {
    report({error.what(), {}, nullptr});
  }
}

// On the loop's own thread in line with call_soon() (S22); from others through the inbox.
void event_loop::post_work(work& item) {
  if (is_this_thread()) {
    require_open();
    ready_.push_back(item);
  } else {
    send(item);
  }
}

void event_loop::send(work& item) {
  driver* wakes = nullptr;
  {
    const std::lock_guard guard(inbox_lock_);
    if (inbox_closed_) {
      throw std::runtime_error("Event loop is closed");
    }
    inbox_.push_back(item);
    // H1: under the lock on both sides; relaxed suffices for the loop's hint that it should take it.
    inbox_filled_.store(true, std::memory_order_relaxed);
    wakes = driver_.get();
    // Inside the lock, so that the driver cannot be closed meanwhile.
    if (wakes != nullptr) {
      wakes->wake();
    }
  }
}

void event_loop::receive() noexcept {
  if (!inbox_filled_.load(std::memory_order_relaxed)) {  // H1
    return;
  }
  const std::lock_guard guard(inbox_lock_);
  inbox_filled_.store(false, std::memory_order_relaxed);  // H1
  ready_.append(inbox_);
}

void event_loop::push_timer(callback& item) {
  item.scheduled_ = true;
  heapq::push(timers_, &item, earlier);
}

void event_loop::arm_timer(timer& timer) {
  require_open();
  const auto fire = [&timer] {
    // The timer may be gone after it fired; what it held of its callback goes with it.
    auto* const held = static_cast<callback*>(timer_access::queue(timer));
    timer_access::fire(timer);
    held->drop_reference();
  };
  auto* const item = new callback(*this, fire, timer.deadline(), context_slot());
  item->add_reference();  // The timer's.
  timer_access::set_queue(timer, item);
  if (timer_access::runs_soon_if_due(timer) && timer.deadline() <= time()) {
    // S123: asyncio's timeout() in the past is a call_soon(), before what becomes ready from now on.
    ready_.push_back(*item);
  } else {
    push_timer(*item);
  }
}

void event_loop::disarm_timer(timer& timer) noexcept {
  auto* const item = static_cast<callback*>(timer_access::queue(timer));
  item->cancel();
  item->drop_reference();
  timer_access::retire(timer);
}

void event_loop::drop_cancelled_timers() noexcept {
  const auto fraction =
      static_cast<double>(timers_cancelled_) / static_cast<double>(timers_.size());
  if (timers_.size() > rebuild_timers_min && fraction > rebuild_cancelled_fraction) {
    std::vector<callback*> kept;
    for (callback* const item : timers_) {
      if (item->cancelled_) {
        item->scheduled_ = false;
        item->drop_reference();
      } else {
        kept.push_back(item);
      }
    }
    heapq::heapify(kept, earlier);
    timers_.swap(kept);
    timers_cancelled_ = 0;
    return;
  }
  while (!timers_.empty() && timers_.front()->cancelled_) {
    --timers_cancelled_;
    callback* const item = heapq::pop(timers_, earlier);
    item->scheduled_ = false;
    item->drop_reference();
  }
}

// What is popped runs at once, so that an exception that leaves the loop (S21) finds the rest of the
// turn still queued, in order.
inline void event_loop::run_ready() {
  for (std::size_t left = ready_.size(); left > 0; --left) {
    work* const item = ready_.pop_front();
    ++resumptions_;
    if (debug_) [[unlikely]] {
      run_timed(*item);
    } else {
      item->run(*item);
    }
    if (torn_out_) [[unlikely]] {
      std::rethrow_exception(std::exchange(torn_out_, nullptr));
    }
  }
}

void event_loop::run_once() {
  if (timers_cancelled_ > 0) {
    drop_cancelled_timers();
  }
  time_point deadline = never;
  // H1: what was sent before there was a driver to wake.
  if (!ready_.empty() || stopping_ || inbox_filled_.load(std::memory_order_relaxed)) {
    deadline = at_once;
  } else if (!timers_.empty()) {
    deadline = timers_.front()->when();
  }
  if (deadline != at_once) {
    ++parks_;
  }
  driver_->park(deadline, ready_);
  receive();
  if (!timers_.empty()) {
    const time_point end = time();
    while (!timers_.empty() && timers_.front()->when() <= end) {
      callback* const item = heapq::pop(timers_, earlier);
      item->scheduled_ = false;
      ready_.push_back(*item);
    }
  }
  run_ready();
}

void event_loop::run_forever() {
  require_runnable();
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);  // H2
  ensure_driver();
  const running_scope scope(*this, driver_.get());
  running_.store(true, std::memory_order_relaxed);  // H2
  const auto leave = [this]() noexcept {
    running_.store(false, std::memory_order_relaxed);  // H2
    stopping_ = false;
  };
  try {
    do {
      run_once();
    } while (!stopping_);
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

// Stops the loop when tasks are done, as many turns later as asyncio does: run_until_complete() of a task
// stops in the task's done-callback; that of gather() one turn after the last child's.
struct event_loop::done_watch {
  struct node : completion_node, work {
    explicit node(done_watch& owner)
        : completion_node(&node::notified), work(&node::ended), watch(&owner) {}
    static void notified(completion_node& self) noexcept {
      auto& own = static_cast<node&>(self);
      own.watch->loop->run_callback(own);
    }
    static void ended(work& self) { static_cast<node&>(self).watch->one_ended(); }
    done_watch* watch;
  };
  struct stopper : work {
    explicit stopper(done_watch& owner) : work(&stopper::stop_loop), watch(&owner) {}
    static void stop_loop(work& self) {
      done_watch& stopping = *static_cast<stopper&>(self).watch;
      stopping.stop_queued = false;
      if (!stopping.given_up) {
        stopping.loop->stop();
      }
    }
    done_watch* watch;
  };

  done_watch(event_loop& owner, std::vector<future_reference> watched, bool extra_turn)
      : loop(&owner), tasks(std::move(watched)), stop_later(extra_turn), stop(*this) {
    nodes.reserve(tasks.size());
    for (const future_reference& task : tasks) {
      nodes.emplace_back(*this);
      if (!task->add_completion(nodes.back())) {
        loop->run_callback(nodes.back());
      }
    }
    left = tasks.size();
  }
  done_watch(const done_watch&) = delete;
  done_watch& operator=(const done_watch&) = delete;
  // A future that was never set outlives the loop if somebody holds it.
  ~done_watch() { take_back(); }

  // asyncio: run_until_complete() takes its callback back, however the run ended.
  void take_back() noexcept {
    for (std::size_t index = 0; index < nodes.size(); ++index) {
      if (tasks[index]->remove_completion(nodes[index])) {
        --left;
      }
    }
  }

  void one_ended() {
    if (--left > 0 || given_up) {
      return;
    }
    if (stop_later) {
      stop_queued = true;
      loop->run_callback(stop);
    } else if (!is_order_to_end(tasks.front()->exception())) {
      loop->stop();
    }
  }

  event_loop* loop;
  std::vector<future_reference> tasks;
  bool stop_later;
  bool given_up = false;  // The run ended otherwise: the tasks must not stop a later one.
  stopper stop;
  bool stop_queued = false;
  std::size_t left = 0;
  std::vector<node> nodes;
};

void event_loop::run_until_done(std::vector<future_reference> awaited, bool extra_turn) {
  require_runnable();
  // Kept until the loop ends: if something tears out of the loop, parts of it are still queued.
  watches_.push_back(std::make_unique<done_watch>(*this, std::move(awaited), extra_turn));
  done_watch& watch = *watches_.back();
  watch.given_up = true;
  struct active {
    explicit active(done_watch& started) : waits(&started) { waits->given_up = false; }
    ~active() {
      waits->given_up = true;
      if (!waits->stop_later) {
        waits->take_back();
      }
    }
    done_watch* waits;
  };
  {
    const active runs(watch);
    run_forever();
  }
  const bool ended = std::all_of(watch.tasks.begin(), watch.tasks.end(),
                                 [](const future_reference& task) { return task->done(); });
  if (watch.left == 0 && !watch.stop_queued) {
    watches_.pop_back();
  }
  if (!ended) {
    throw std::runtime_error("Event loop stopped before Future completed.");
  }
}

void event_loop::close() {
  if (is_running()) {
    throw std::runtime_error("Cannot close a running event loop");
  }
  if (closed_) {
    return;
  }
  blocking().close();
  {
    // A loop that never ran may have no driver, and there may be none to be had (descriptors are used up):
    // it has no operations to take back either.
    const running_scope scope(*this, driver_.get());
    finish_operations();
    drop_queued();
    current_context().destroys_waiters = true;
    for (const task_reference& task : tasks().snapshot()) {
      destroy_lost_task(*this, *task);
      drop_queued();
    }
  }
  closed_ = true;
  {
    const std::lock_guard guard(inbox_lock_);
    inbox_closed_ = true;
    ready_.append(inbox_);
  }
  drop_queued();
  watches_.clear();
  extension_.reset();
  const std::lock_guard guard(inbox_lock_);
  driver_.reset();
}

// The kernel owns the frames of pending operations until it has given them back: a task that waits for
// one is asked to stop, and the answer awaited, before its frame may be destroyed. One that waits for a task
// or a future is not: it has no operation, and what it awaits would be cancelled for others too.
void event_loop::finish_operations() noexcept {
  if (const driver_statistics before = io_counters_.snapshot();
      before.submissions == before.completions) {
    return;
  }
  for (const task_reference& task : tasks().snapshot()) {
    if (join_wait::target_of(*task) == nullptr) {
      task->request_cancel();
    }
  }
  work_list completed;
  while (true) {
    const driver_statistics statistics = io_counters_.snapshot();
    if (statistics.submissions == statistics.completions) {
      break;
    }
    driver_->park(never, completed);
    ready_.append(completed);
  }
}

// Steps of tasks are forgotten, callbacks cancelled; what only keeps accounts runs.
void event_loop::drop_queued() noexcept {
  for (callback* const item : std::exchange(timers_, {})) {
    item->scheduled_ = false;
    item->cancel();
    item->drop_reference();
  }
  timers_cancelled_ = 0;
  receive();
  while (work* const item = ready_.pop_front()) {
    if (task_record::is_step(*item) || done_callback::drop_queued(*item)) {
      continue;
    }
    if (item->run == &callback::run_work) {
      static_cast<callback*>(item)->cancel();
    }
    item->run(*item);
  }
}

void event_loop::task_finished(task_record& task) noexcept {
  scheduler::task_finished(task);
  if (const std::exception_ptr error = task.exception();
      !task.cancelled() && is_order_to_end(error)) {
    torn_out_ = error;
  }
}

void event_loop::may_be_lost(future_base& suspect) noexcept {
  if (!closed_) {
    look_for_lost_tasks(*this, suspect);
  }
}

scheduler_statistics event_loop::statistics() const {
  scheduler_statistics total;
  total.workers = 1;
  total.resumptions = resumptions_;
  total.spawns = tasks().spawned();
  total.tasks_alive = tasks().alive();
  total.parks = parks_;
  total.drivers = io_counters_.snapshot();
  return total;
}

event_loop& get_running_loop() {
  if (auto* const loop = dynamic_cast<event_loop*>(current_context().scheduler)) {
    return *loop;
  }
  throw std::runtime_error("no running event loop");
}

}  // namespace jackdaw::asyncio
