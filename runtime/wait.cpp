// Watching several futures without touching them.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/done_callback.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/wait.hpp>

#include <mutex>

namespace jackdaw {
namespace {

// A future whose type nobody needs.
class watched_future {
 public:
  explicit watched_future(future_base& watched) noexcept : watched_(&watched) {}
  [[nodiscard]] bool failed() const {
    return !watched_->cancelled() && watched_->exception() != nullptr;
  }
  void mark_retrieved() const noexcept { watched_->mark_retrieved(); }

 private:
  future_base* watched_;
};

// Callbacks that are registered no longer than a scope lasts. One that is queued already still runs.
class watch_scope {
 public:
  watch_scope() = default;
  watch_scope(const watch_scope&) = delete;
  watch_scope& operator=(const watch_scope&) = delete;
  ~watch_scope() { end(); }

  template <class F>
  void add(future_base& watched, F&& function) {
    tokens_.push_back(call_when_done<watched_future>(watched, std::forward<F>(function)));
  }
  void end() noexcept {
    for (const done_callback_token& token : std::exchange(tokens_, {})) {
      static_cast<void>(token->remove());
    }
  }

 private:
  std::vector<done_callback_token> tokens_;
};

// Sets a future when time is up.
class alarm : timer {
 public:
  explicit alarm(future<void> rung) : timer(&alarm::ring), rung_(std::move(rung)) {}
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() { disarm(); }
  void set(duration limit) { arm(deadline_in(limit)); }
  // Threads: any, several at once.
  void stop() noexcept {
    const std::lock_guard guard(stopping_);
    disarm();
  }

 private:
  static void ring(timer& self) noexcept {
    static_cast<void>(static_cast<alarm&>(self).rung_.state().set_value());
  }
  future<void> rung_;
  spin_lock stopping_;
};

// What the callbacks of one wait() share; they may run on several workers, and after it has returned.
struct waited {
  waited(std::size_t count, return_when condition) : left(count), when(condition) {}

  void one_ended(const watched_future& ended) {
    // C1: relaxed; only the count matters, and what it leads to is ordered by the future.
    const bool last = left.fetch_sub(1, std::memory_order_relaxed) == 1;
    // asyncio looks at the exception, unless it need not: the last one's may still be reported.
    const bool failed = !last && when == return_when::first_exception && ended.failed();
    if (failed) {
      ended.mark_retrieved();
    }
    if (last || failed || when == return_when::first_completed) {
      time_is_up.stop();  // At once, as asyncio does: it shows in the order of other timers.
      static_cast<void>(over.state().set_value());
    }
  }

  std::atomic<std::size_t> left;
  return_when when;
  future<void> over;
  alarm time_is_up{over};
};

}  // namespace

task<void> wait_until(std::vector<future_reference> awaited, return_when when,
                      std::optional<duration> limit) {
  if (awaited.empty()) {
    throw std::invalid_argument("Set of Tasks/Futures is empty.");
  }
  const auto state = std::make_shared<waited>(awaited.size(), when);
  if (limit.has_value()) {
    state->time_is_up.set(*limit);
  }
  // However the wait ends. The callbacks may keep the rest for longer.
  struct at_end {
    explicit at_end(waited& ended) : state(&ended) {}
    at_end(const at_end&) = delete;
    at_end& operator=(const at_end&) = delete;
    ~at_end() { state->time_is_up.stop(); }
    waited* state;
  };
  const at_end stops_alarm(*state);
  watch_scope watches;
  for (const future_reference& each : awaited) {
    watches.add(*each, [state](const watched_future& ended) { state->one_ended(ended); });
  }
  co_await state->over;
}

task<void> cancel_and_wait_one(future_reference awaited) {
  const future<void> ended;
  watch_scope watches;
  watches.add(*awaited,
              [ended](const watched_future&) { static_cast<void>(ended.state().set_value()); });
  awaited->request_cancel();
  co_await ended;
}

// Kept by the iterator and by the callbacks. The queue is filled from callbacks, in their order.
struct completion_stream::shared_part : timer {
  shared_part() : timer(&shared_part::ring) {}
  shared_part(const shared_part&) = delete;
  shared_part& operator=(const shared_part&) = delete;
  ~shared_part() = default;

  // Threads: any, several at once.
  void stop() noexcept {
    const std::lock_guard guard(stopping);
    disarm();
  }

  void one_ended(std::size_t index) {
    bool last = false;
    {
      const std::lock_guard guard(lock);
      if (given_up) {
        return;
      }
      last = --todo == 0;
    }
    static_cast<void>(done.try_put(index));
    if (last) {
      stop();
    }
  }

  static void ring(timer& self) noexcept {
    auto& own = static_cast<shared_part&>(self);
    if (const auto registered = own.callbacks.lock()) {
      for (const done_callback_token& token : *registered) {
        static_cast<void>(token->remove());
      }
    }
    std::size_t left = 0;
    {
      const std::lock_guard guard(own.lock);
      own.given_up = true;
      left = own.todo;
    }
    for (; left > 0; --left) {
      static_cast<void>(own.done.try_put(std::size_t{timed_out}));
    }
  }

  queue<std::size_t> done;
  std::weak_ptr<const std::vector<done_callback_token>> callbacks;  // They keep us: weakly.
  spin_lock stopping;
  spin_lock lock;
  std::size_t todo = 0;   // Under the lock.
  bool given_up = false;  // Under the lock.
};

// The timer calls callbacks off, and would be left alone with what they keep: us.
completion_stream::~completion_stream() {
  if (shared_ != nullptr) {
    shared_->stop();
  }
}

void completion_stream::start(const std::vector<future_reference>& awaited,
                              std::optional<duration> limit) {
  left_ = awaited.size();
  shared_ = std::make_shared<shared_part>();
  shared_->todo = left_;
  if (limit.has_value() && left_ > 0) {
    shared_->arm(
        deadline_in(*limit));  // Before there is anybody who disarms it, on another worker.
  }
  auto registered = std::make_shared<std::vector<done_callback_token>>();
  for (std::size_t index = 0; index < awaited.size(); ++index) {
    registered->push_back(call_when_done<watched_future>(
        *awaited[index],
        [shared = shared_, index](const watched_future&) { shared->one_ended(index); }));
  }
  callbacks_ = registered;
  shared_->callbacks = registered;
}

void completion_stream::take_one() noexcept {
  JACKDAW_ASSERT(left_ > 0);
  --left_;
}

task<std::size_t> completion_stream::next_index() {
  const std::size_t index = co_await shared_->done.get();
  if (index == timed_out) {
    throw timeout_error();
  }
  co_return index;
}

}  // namespace jackdaw
