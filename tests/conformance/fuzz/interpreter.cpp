// The run: clock, main task, shutdown, final states.
#include "interpreter.hpp"

#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/driver.hpp>

#include <algorithm>
#include <deque>

namespace jackdaw::fuzz {

// Time stands still while anything is ready, and jumps to the next deadline when nothing is. With no
// deadline the loop would block for ever: it is stopped instead.
class virtual_time {
 public:
  [[nodiscard]] driver_factory drivers() {
    return [this](unsigned) { return std::make_unique<jumper>(*this); };
  }

  virtual_clock clock;
  asyncio::event_loop* loop = nullptr;
  bool deadlocked = false;
  std::function<void(std::size_t step)> before_step;

 private:
  struct probe : work {
    probe(virtual_time& owner, std::size_t step_number)
        : work(&probe::reached), time(&owner), step(step_number) {}
    static void reached(work& self) {
      const auto& own = static_cast<probe&>(self);
      own.time->before_step(own.step);
    }
    virtual_time* time;
    std::size_t step;
  };

  // Timers that are due in this turn come after its last step.
  void interpose(work_list& ready) {
    probes_.clear();  // Those of the turn before, which have run.
    const auto add_probe = [&] { ready.push_back(probes_.emplace_back(*this, steps_++)); };
    for (std::size_t left = ready.size(); left > 0; --left) {
      add_probe();
      ready.push_back(*ready.pop_front());
    }
    add_probe();
  }

  class jumper final : public driver {
   public:
    explicit jumper(virtual_time& time) : time_(&time) {}
    void park(time_point deadline, work_list& ready) override {
      if (deadline == never) {
        time_->deadlocked = true;
        time_->loop->stop();
      } else if (deadline != at_once) {
        time_->clock.advance_to(deadline);
      }
      if (time_->before_step) {
        time_->interpose(ready);
      }
    }
    void wake() noexcept override {}

   private:
    virtual_time* time_;
  };

  std::deque<probe> probes_;
  std::size_t steps_ = 0;
};

namespace {

template <class Queue>
class queue_of final : public any_queue {
 public:
  explicit queue_of(std::size_t size_max) : items_(size_max) {}
  task<void> put(long long item) override { co_await items_.put(item); }
  task<long long> get() override {
    const long long item = co_await items_.get();
    co_return item;
  }
  task<void> join() override { co_await items_.join(); }
  void put_nowait(long long item) override { items_.put_nowait(item); }
  long long get_nowait() override { return items_.get_nowait(); }
  void task_done() override { items_.task_done(); }
  void shutdown(bool immediately) override { items_.shutdown(immediately); }
  [[nodiscard]] std::size_t qsize() const override { return items_.qsize(); }

 private:
  Queue items_;
};

}  // namespace

namespace {

constexpr std::string_view unnamed_prefix = "Task-";
std::uint64_t number_in(const std::string& name) {
  return std::stoull(name.substr(unnamed_prefix.size()));
}

}  // namespace

std::optional<duration> delay_of(const std::string& word) {
  if (word == "none") {
    return std::nullopt;
  }
  return std::chrono::milliseconds(std::stoll(word));
}

interpreter::interpreter(const program& source)
    : source_(source), time_(std::make_unique<virtual_time>()) {
  const auto on_failure = [this](const failure& told) {
    if (told.message.find("never retrieved") != std::string::npos ||
        told.message.find("was destroyed") != std::string::npos ||
        told.message.find("never awaited") != std::string::npos) {
      return;  // What destructors say is left out.
    }
    const bool of_callback = told.message.starts_with("Exception in callback");
    emit(time_now() + " - 0 handler " + (of_callback ? "callback " : "other ") +
         (told.exception ? spell(told.exception) : told.message));
  };
  loop_ = std::make_unique<asyncio::event_loop>(
      asyncio::loop_options{time_->drivers(), &time_->clock, on_failure});
  time_->loop = loop_.get();
  for (const declaration& declared : source_.declarations) {
    declare(declared);
  }
}

// The loop first: frames that are left refer to everything else. A pending future and a gathering that
// waits for it hold each other: Python leaves them to its collector, we end them.
interpreter::~interpreter() {
  closed_ = true;
  for (const future<value>& each : made_) {
    each.cancel();
  }
  loop_->close();
}

void interpreter::declare(const declaration& declared) {
  const auto size = static_cast<std::size_t>(declared.value.value_or(0));
  const auto add = [](auto& family, auto content) {
    const auto number = static_cast<int>(family.all().size());
    family.all().emplace(number, std::move(content));
  };
  if (declared.keyword == "future") {
    add(futures_, loop_->create_future<value>());
    made_.push_back(futures_.all().rbegin()->second);
  } else if (declared.keyword == "lock") {
    add(locks_, std::make_unique<mutex>());
  } else if (declared.keyword == "sem") {
    add(semaphores_, any_semaphore{std::make_unique<semaphore>(size), nullptr, size});
  } else if (declared.keyword == "bsem") {
    add(semaphores_, any_semaphore{nullptr, std::make_unique<bounded_semaphore>(size), size});
  } else if (declared.keyword == "event") {
    add(events_, std::make_unique<event>());
  } else if (declared.keyword == "cond") {
    add(conditions_, std::make_unique<guarded_counter>());
  } else if (declared.keyword == "queue") {
    add(queues_, std::make_unique<queue_of<queue<long long>>>(size));
  } else if (declared.keyword == "pqueue") {
    add(queues_, std::make_unique<queue_of<priority_queue<long long>>>(size));
  } else if (declared.keyword == "lqueue") {
    add(queues_, std::make_unique<queue_of<lifo_queue<long long>>>(size));
  } else if (declared.keyword == "barrier") {
    add(barriers_, std::make_unique<barrier>(size));
  } else {
    throw program_error("unknown declaration " + declared.keyword);
  }
}

// -- The trace --------------------------------------------------------------------------------------

void interpreter::emit(const std::string& line) {
  if (!closed_) {
    out_ += line;
    out_ += '\n';
  }
}

std::string interpreter::time_now() const {
  const auto since_start = loop_->time().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count());
}

// Task-N: asyncio and the library count over the whole process, the language over a run.
std::string interpreter::name_of(const task_record& task) const {
  std::string name = task.name();
  return name.starts_with(unnamed_prefix)
             ? std::string(unnamed_prefix) + std::to_string(number_in(name) - unnamed_before_)
             : name;
}

void interpreter::log(int line, const std::string& what, const std::string& outcome) {
  const task_record* const running = current_context().task;
  std::string text = time_now() + " " + (running != nullptr ? name_of(*running) : "-") + " " +
                     std::to_string(line) + " " + what;
  if (!outcome.empty()) {
    text += " " + outcome;
  }
  emit(text);
}

// -- The run ----------------------------------------------------------------------------------------

std::string interpreter::run() {
  join_handle<value> main = loop_->create_task(body(0));
  unnamed_before_ = number_in(main.name()) - 1;
  tasks_.set("T0", main);
  spawned_.push_back({"Task-1", main});
  drive([&] { loop_->run_until_complete(main); });
  shut_down();
  summarise();
  if (time_->before_step) {
    account();
  }
  return out_;
}

std::vector<join_handle<value>> interpreter::pending_tasks() {
  std::vector<join_handle<value>> pending;
  for (const task_handle& each : all_tasks_of(*loop_)) {
    pending.emplace_back(static_cast<task_state<value>&>(each.record()));
  }
  return pending;
}

void interpreter::drive(const std::function<void()>& run) {
  time_->deadlocked = false;
  try {
    run();
  } catch (...) {  // How it ended is told by the final states.
  }
  if (time_->deadlocked) {
    std::string line = time_now() + " deadlock";
    for (const join_handle<value>& each : pending_tasks()) {
      line += " " + name_of(each.record());
    }
    emit(line);
  }
}

void interpreter::shut_down() {
  const std::vector<join_handle<value>> left = pending_tasks();
  if (left.empty()) {
    return;
  }
  std::string line = time_now() + " shutdown";
  for (const join_handle<value>& each : left) {
    line += " " + name_of(each.record());
  }
  emit(line);
  for (const join_handle<value>& each : left) {
    each.cancel();
  }
  drive([&] { loop_->run_until_complete(gather(return_exceptions, left)); });
  for (const join_handle<value>& each : left) {
    if (each.done() && !each.cancelled() && each.exception() != nullptr) {
      emit(time_now() + " unhandled " + name_of(each.record()) + " " + spell(each.exception()));
    }
  }
}

std::string interpreter::state_of(future_base& future, const any_value& handle) const {
  if (!future.done()) {
    return "pending";
  }
  if (future.cancelled()) {
    return "cancelled";
  }
  if (future.exception() == nullptr) {
    return "result " + spell(handle.result());
  }
  const bool unretrieved = future.is_unretrieved();
  return "exception " + spell(future.exception()) + (unretrieved ? " unretrieved" : "");
}

void interpreter::summarise() {
  emit(time_now() + " end");
  for (const named_task& each : spawned_) {
    if (each.handle) {
      emit("task " + each.name + " " + state_of(each.handle.record(), each.handle));
    }
  }
  const auto family = [&](auto& slots, const std::string& word, const char letter, auto&& state) {
    for (auto& [number, content] : slots.all()) {
      emit(word + " " + letter + std::to_string(number) + " " + state(content));
    }
  };
  const auto locked_or_free = [](bool locked) { return locked ? "locked" : "free"; };
  family(futures_, "future", 'F', [&](const auto& each) { return state_of(each.state(), each); });
  family(locks_, "lock", 'L', [&](const auto& each) { return locked_or_free(each->locked()); });
  family(semaphores_, "semaphore", 'S',
         [&](const auto& each) { return locked_or_free(each.get().locked()); });
  family(events_, "event", 'E', [](const auto& each) { return each->is_set() ? "set" : "clear"; });
  family(conditions_, "condition", 'C',
         [&](const auto& each) { return locked_or_free(each->changed.locked()); });
  family(queues_, "queue", 'Q',
         [](const auto& each) { return "size " + std::to_string(each->qsize()); });
  family(barriers_, "barrier", 'R', [](const auto& each) {
    return "waiting " + std::to_string(each->n_waiting()) + (each->broken() ? " broken" : "");
  });
}

// -- Steps ------------------------------------------------------------------------------------------

void interpreter::before_steps(std::function<void(interpreter&, std::size_t)> function) {
  time_->before_step = [this, call = std::move(function)](std::size_t step) { call(*this, step); };
}

bool interpreter::cancel_task(std::size_t step, const std::string& name,
                              const std::string& message) {
  for (const task_handle& each : all_tasks_of(*loop_)) {
    if (name_of(each.record()) == name) {
      const bool cancelled = each.cancel(message);
      note("step " + std::to_string(step) + " cancel " + name + " " + spell(cancelled));
      return true;
    }
  }
  return false;
}

void interpreter::note(const std::string& text) { emit(time_now() + " " + text); }

// -- Units ------------------------------------------------------------------------------------------

task<value> interpreter::body(int index) {
  const unit& own = source_.bodies.at(static_cast<std::size_t>(index));
  log(own.line, own.name, "start");
  signal result;
  std::exception_ptr error;
  try {
    result = co_await run_ops(own.ops, nullptr);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    log(own.line, own.name, "raise " + spell(error));
    std::rethrow_exception(error);
  }
  const long long number = result.value_or(0);
  log(own.line, own.name, "return " + std::to_string(number));
  co_return value(number);
}

void interpreter::callback(int index, const std::string& state) {
  const unit& own = source_.callbacks.at(static_cast<std::size_t>(index));
  log(own.line, own.name, state.empty() ? "run" : "run " + state);
  for (const op& each : own.ops) {
    if (each.name == "raise") {
      raise(each);
    }
    run_sync(each);
  }
}

}  // namespace jackdaw::fuzz
