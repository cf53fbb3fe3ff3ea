// Messages between tasks at the price of a lock each: bounded or not, many senders, many receivers.
//
// Two ends, two locks
// -------------------
// Messages lie in a chain of blocks. Senders append under `lock_`, receivers take under `takers_`, and each end
// reads how far the other one is from an atomic count, and only when what it remembers of it is used up
// (message_blocks.hpp): while there are messages and there is room, neither end waits for the other.
//
// Who waits is decided under both: nothing is sent or taken meanwhile.
//   * A receiver that finds nothing waits. The next sender gives its message to the first of them and not to the
//     chain: while a receiver waits the chain is empty, and a message that is given cannot be taken by others.
//   * A sender that finds no room waits, with its message. It sets `senders_wait_`, which belongs to takers_: so
//     whoever takes a message afterwards sees it, and sends the messages of those who wait, in their order.
// What is waited for comes with the wake-up: nobody wakes up in vain, and nobody has to wait again.
// Order of locks: lock_ before all others.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/sync/message_blocks.hpp>
#include <jackdaw/runtime/sync/wait_queue.hpp>
#include <jackdaw/runtime/task.hpp>

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw {

/// The channel was closed: no message is accepted any more.
class channel_closed : public std::runtime_error {
 public:
  channel_closed() : std::runtime_error("the channel has been closed") {}
};

template <class T>
class channel;

/// The await of channel::send().
template <class T>
class [[nodiscard]] send_operation {
 public:
  send_operation(channel<T>& to, T message) noexcept : to_(&to), waiter_(std::move(message)) {}
  // Movable only before it is awaited: g++ 12 needs it for awaitables that are kept in a variable.
  send_operation(send_operation&& other) noexcept
      : to_(other.to_), waiter_(std::move(other.waiter_.message)) {}
  send_operation& operator=(send_operation&&) = delete;
  ~send_operation() = default;

  [[nodiscard]] bool await_ready() { return to_->try_send(waiter_.message); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    return to_->wait_for_room(waiter_, awaiting);
  }
  void await_resume() {
    if (waiter_.suspended) {
      to_->end_send(waiter_);
    }
  }

 private:
  friend class channel<T>;

  struct waiter : wait_queue::node {
    explicit waiter(T&& item) noexcept : message(std::move(item)) {}
    T message;
    bool suspended = false;
    std::exception_ptr refused;
  };

  channel<T>* to_;
  waiter waiter_;
};

/// The await of channel::receive().
template <class T>
class [[nodiscard]] receive_operation {
 public:
  explicit receive_operation(channel<T>& from) noexcept : from_(&from) {}
  // As that of send_operation.
  receive_operation(receive_operation&& other) noexcept : from_(other.from_) {}
  receive_operation& operator=(receive_operation&&) = delete;
  ~receive_operation() = default;

  [[nodiscard]] bool await_ready() { return from_->take(waiter_.message); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    return from_->wait_for_message(waiter_, awaiting);
  }
  std::optional<T> await_resume() {
    if (waiter_.suspended) {
      from_->end_receive(waiter_);
    }
    return std::move(waiter_.message);
  }

 private:
  friend class channel<T>;

  struct waiter : wait_queue::node {
    std::optional<T> message;
    bool suspended = false;
  };

  channel<T>* from_;
  waiter waiter_;
};

/// The await of channel::receive_many().
template <class T>
class [[nodiscard]] receive_many_operation {
 public:
  receive_many_operation(channel<T>& from, std::vector<T>& into, std::size_t count_max) noexcept
      : from_(&from), into_(&into), count_max_(count_max), first_(from) {}

  [[nodiscard]] bool await_ready() {
    count_ = from_->try_receive_many(*into_, count_max_);
    return count_ > 0 || count_max_ == 0;
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    return first_.await_suspend(awaiting);
  }
  std::size_t await_resume() {
    if (count_ == 0 && count_max_ > 0) {
      if (std::optional<T> first = first_.await_resume()) {
        into_->push_back(std::move(*first));
        count_ = 1 + from_->try_receive_many(*into_, count_max_ - 1);
      }
    }
    return count_;
  }

 private:
  channel<T>* from_;
  std::vector<T>* into_;
  std::size_t count_max_;
  std::size_t count_ = 0;
  receive_operation<T> first_;
};

/// A stream of messages from any number of tasks to any number of tasks; each message goes to one of them.
///
/// Messages come out in the order in which they went in. Waiting senders and waiting receivers are served in the
/// order in which they came. Unlike a queue it has no task_done(), and its wake-ups are not asyncio's, hop for
/// hop: a message that somebody waits for is given to him, and nobody can take it away.
///
/// Threads       Tasks of any runtime; try_..., close() and size() from any thread.
/// Lifetime      Nobody may wait when it is destroyed; who received the last message may destroy it. Messages that
///               are left are destroyed with it.
/// Cancellation  Never loses a message: a cancelled send() has not sent, a cancelled receive() has not taken. Once
///               it has, the await returns and the cancellation is thrown at the next one.
/// Cost          About 10 ns for a message that nobody waits for; an allocation per some hundreds of them at
///               most. A suspension and a wake-up where somebody waits.
/// Source        Go's channels; tokio's mpsc. The two locks: Michael and Scott, PODC 1996.
template <class T>
class channel {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "A message is moved while others wait for the lock.");

 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  /// Holds at most `capacity` messages that were sent and not received; at least one.
  explicit channel(std::size_t capacity = unbounded) : capacity_(capacity), blocks_(capacity) {
    if (capacity == 0) {
      throw std::invalid_argument("channel: the capacity must be positive");
    }
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  ~channel() {
    // Whoever sent the message that the caller received, or woke him, may still be inside: it lets go of the locks
    // last (spin_lock.hpp).
    const std::lock_guard guard(lock_);
    const std::lock_guard takers(takers_);
  }

  /// Sends; waits for room if there is none.
  ///
  /// Suspends      While the channel is full. One without bounds never suspends: who sends in a loop and does
  ///               nothing else should yield() now and then.
  /// Errors        channel_closed if it is closed, or closed while the await waits: it was not sent then.
  send_operation<T> send(T message) noexcept { return {*this, std::move(message)}; }

  /// Sends all of them, in order; others may send in between.
  ///
  /// Suspends      While the channel is full.
  /// Errors        As send(). Those before the one that found the channel closed were sent.
  /// Cancellation  Leaves the rest unsent.
  /// Cost          One lock for as many as there is room for, and a frame.
  task<void> send_many(std::vector<T> messages) {
    std::span<T> left = messages;
    while (true) {
      left = left.subspan(try_send_many(left));
      if (left.empty()) {
        co_return;
      }
      co_await send(std::move(left.front()));
      left = left.subspan(1);
    }
  }

  /// The next message; nothing once the channel is closed and all messages are received.
  ///
  /// Suspends      While the channel is empty.
  receive_operation<T> receive() noexcept { return receive_operation<T>(*this); }

  /// Appends to `into` what is there, at most `count_max`; waits for the first one if there is none. Returns how
  /// many; 0 once the channel is closed and all messages are received.
  ///
  /// Suspends      While the channel is empty.
  /// Lifetime      `into` must outlive the await.
  /// Cost          One lock for all of them.
  receive_many_operation<T> receive_many(std::vector<T>& into,
                                         std::size_t count_max = unbounded) noexcept {
    return {*this, into, count_max};
  }

  /// Moves from `message` and returns true, unless the channel is full. Throws channel_closed.
  [[nodiscard]] bool try_send(T& message) {
    const std::lock_guard guard(lock_);
    return offer(message);
  }
  [[nodiscard]] bool try_send(T&& message) { return try_send(message); }

  /// Moves from the first of `messages` until the channel is full; returns from how many. Throws channel_closed.
  [[nodiscard]] std::size_t try_send_many(std::span<T> messages) {
    const std::lock_guard guard(lock_);
    const auto left = std::find_if_not(messages.begin(), messages.end(),
                                       [this](T& message) { return offer(message); });
    return static_cast<std::size_t>(left - messages.begin());
  }

  /// The next message, or nothing if there is none now.
  [[nodiscard]] std::optional<T> try_receive() {
    std::optional<T> message;
    static_cast<void>(take(message));
    return message;
  }
  /// As receive_many(), but does not wait.
  std::size_t try_receive_many(std::vector<T>& into, std::size_t count_max = unbounded);

  /// No more messages are accepted. Those that are there can be received; waiting senders get channel_closed,
  /// waiting receivers nothing. Again: no effect.
  void close() noexcept;
  [[nodiscard]] bool is_closed() const noexcept {
    const std::lock_guard guard(lock_);
    return closed_;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Messages that were sent and not received: a moment ago, where others send and receive.
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }

 private:
  friend class send_operation<T>;
  friend class receive_operation<T>;
  using sender = typename send_operation<T>::waiter;
  using receiver = typename receive_operation<T>::waiter;

  // Under lock_.
  [[nodiscard]] bool give(T& message) noexcept;
  [[nodiscard]] bool offer(T& message);
  void admit_senders() noexcept;

  [[nodiscard]] bool take(std::optional<T>& into) noexcept;
  void admit_senders_if(bool they_wait) noexcept;
  std::coroutine_handle<> wait_for_room(sender& waiter, std::coroutine_handle<> awaiting);
  std::coroutine_handle<> wait_for_message(receiver& waiter, std::coroutine_handle<> awaiting);
  void end_send(sender& waiter);
  void end_receive(receiver& waiter);

  const std::size_t capacity_;
  message_blocks<T> blocks_;
  // The senders' end.
  alignas(cache_line_bytes) mutable spin_lock lock_;
  bool closed_ = false;
  bool receivers_wait_ = false;  // If not, nobody is in receivers_.
  wait_queue receivers_;
  wait_queue senders_;
  // The receivers' end.
  alignas(cache_line_bytes) mutable spin_lock takers_;
  bool senders_wait_ = false;  // If not, nobody is in senders_.
};

// Gives the message to the first receiver that waits; false if none does.
template <class T>
bool channel<T>::give(T& message) noexcept {
  if (!receivers_wait_) {
    return false;
  }
  const wait_queue::guard held = receivers_.lock();
  auto* const first = static_cast<receiver*>(receivers_.take_one());
  if (first == nullptr) {
    receivers_wait_ = false;
    return false;
  }
  first->message.emplace(std::move(message));
  first->task()->schedule();
  return true;
}

// Moves from the message if and only if it returns true.
template <class T>
bool channel<T>::offer(T& message) {
  if (closed_) {
    throw channel_closed();
  }
  if (give(message)) {
    return true;
  }
  if (!blocks_.has_room(capacity_)) {
    return false;
  }
  blocks_.push(std::move(message));
  return true;
}

// Others may take meanwhile and make more room: they come here next. One of them may wait by now.
template <class T>
void channel<T>::admit_senders() noexcept {
  const wait_queue::guard held = senders_.lock();
  while (blocks_.has_room(capacity_)) {
    auto* const first = static_cast<sender*>(senders_.take_one());
    if (first == nullptr) {
      const std::lock_guard takers(takers_);
      senders_wait_ = false;
      return;
    }
    try {
      if (!give(first->message)) {
        blocks_.push(std::move(first->message));
      }
    } catch (const std::bad_alloc&) {
      first->refused = std::current_exception();
    }
    first->task()->schedule();
  }
}

template <class T>
void channel<T>::admit_senders_if(bool they_wait) noexcept {
  if (they_wait) {
    const std::lock_guard guard(lock_);
    admit_senders();
  }
}

template <class T>
bool channel<T>::take(std::optional<T>& into) noexcept {
  bool senders_wait = false;
  {
    const std::lock_guard guard(takers_);
    if (!blocks_.pop(into)) {
      return false;
    }
    senders_wait = senders_wait_;
  }
  admit_senders_if(senders_wait);
  return true;
}

template <class T>
std::size_t channel<T>::try_receive_many(std::vector<T>& into, std::size_t count_max) {
  // Not under the lock: it may take time, and throw.
  const std::size_t wanted = into.size() + std::min(count_max, blocks_.size());
  if (wanted > into.capacity()) {
    into.reserve(std::max(wanted, 2 * into.capacity()));
  }
  std::size_t count = 0;
  bool senders_wait = false;
  {
    const std::lock_guard guard(takers_);
    count = blocks_.look(std::min(count_max, into.capacity() - into.size()));
    for (std::size_t number = 0; number < count; ++number) {
      T& message = blocks_.next_message();
      into.push_back(std::move(message));
      blocks_.leave(message);
    }
    senders_wait = senders_wait_;
  }
  admit_senders_if(senders_wait && count > 0);
  return count;
}

// The locks are held until the waiter is in its queue: what would have ended the wait comes before, and is seen,
// or after, and finds the waiter.
template <class T>
std::coroutine_handle<> channel<T>::wait_for_room(sender& waiter,
                                                  std::coroutine_handle<> awaiting) {
  std::unique_lock guard(lock_);
  std::unique_lock takers(takers_);
  if (offer(waiter.message)) {
    return awaiting;
  }
  senders_wait_ = true;
  takers.unlock();
  waiter.suspended = true;
  return senders_.suspend(senders_.lock(), waiter, awaiting);
}

template <class T>
std::coroutine_handle<> channel<T>::wait_for_message(receiver& waiter,
                                                     std::coroutine_handle<> awaiting) {
  std::unique_lock guard(lock_);
  {
    const std::lock_guard takers(takers_);
    if (!blocks_.pop(waiter.message)) {
      if (closed_) {
        return awaiting;
      }
      receivers_wait_ = true;
    }
  }
  if (waiter.message.has_value()) {
    admit_senders();
    return awaiting;
  }
  waiter.suspended = true;
  return receivers_.suspend(receivers_.lock(), waiter, awaiting);
}

template <class T>
void channel<T>::end_send(sender& waiter) {
  wait_queue::guard held;
  const bool cancelled = senders_.finish_keeping_result(held, waiter);
  held.unlock();
  if (cancelled) {
    throw_cancelled(waiter);
  }
  if (waiter.refused != nullptr) {
    std::rethrow_exception(std::move(waiter.refused));
  }
}

template <class T>
void channel<T>::end_receive(receiver& waiter) {
  wait_queue::guard held;
  const bool cancelled = receivers_.finish_keeping_result(held, waiter);
  held.unlock();
  if (cancelled) {
    throw_cancelled(waiter);
  }
}

template <class T>
void channel<T>::close() noexcept {
  const std::lock_guard guard(lock_);
  closed_ = true;
  {
    const wait_queue::guard held = receivers_.lock();
    receivers_.wake_all();
  }
  const wait_queue::guard held = senders_.lock();
  while (auto* const refused = static_cast<sender*>(senders_.take_one())) {
    refused->refused = std::make_exception_ptr(channel_closed());
    refused->task()->schedule();
  }
}

}  // namespace jackdaw
