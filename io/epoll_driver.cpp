// Trying, waiting for readiness, and trying again.
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/system_call.hpp>
#include <jackdaw/runtime/base/assert.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace jackdaw::io {
namespace {

constexpr std::size_t scratch_bytes = std::size_t{64} * 1024;
constexpr std::size_t events_max = 256;
// No descriptor has these numbers.
constexpr std::uint64_t wake_mark = ~std::uint64_t{0};
constexpr std::uint64_t watch_mark = wake_mark - 1;

// poll(2) and epoll(7) use the same bits for these.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP);

constexpr std::uint64_t mark_of(int descriptor, std::uint32_t ticket) noexcept {
  return static_cast<std::uint64_t>(ticket) << 32 | static_cast<std::uint32_t>(descriptor);
}

// Edge-triggered, and never read: each write is a new edge, and saves the read.
int watch_permit(int epoll, int permit) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = wake_mark;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, permit, &event) == 0 ? 0 : -errno;
}

int watch_level(int epoll, int descriptor) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = watch_mark;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

// What nearly always has to wait, or whose end belongs after what is runnable already.
bool waits_first(const request& wanted) noexcept {
  switch (wanted.code) {
    case opcode::receive_lent:
    case opcode::poll:
      return true;
    case opcode::receive:
      return wanted.flags == 0 && wanted.owner != nullptr && wanted.owner->drained();
    default:
      return false;
  }
}

// A receive that got less than it asked for has left nothing behind.
int perform_and_learn(operation& wanted, std::span<std::byte> scratch) noexcept {
  const int result = perform(wanted, scratch);
  const request& asked = wanted.wanted();
  if (asked.code == opcode::receive && asked.owner != nullptr && result >= 0) {
    asked.owner->set_drained(result > 0 && static_cast<std::size_t>(result) < asked.length);
  }
  return result;
}

std::span<std::byte> as_span(const std::unique_ptr<std::byte[]>& scratch) noexcept {
  return {scratch.get(), scratch_bytes};
}

}  // namespace

epoll_driver::epoll_driver(const clock& clock)
    : clock_(&clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      scratch_(std::make_unique_for_overwrite<std::byte[]>(scratch_bytes)),
      events_(events_max) {
  if (!epoll_) {
    throw error(errno, "epoll_create1");
  }
  if (const int status = watch_permit(epoll_.get(), permit_.descriptor()); status != 0) {
    throw error(-status, "epoll_ctl");
  }
}

epoll_driver::~epoll_driver() { JACKDAW_ASSERT(waiting_ == 0); }

void epoll_driver::wake() noexcept {
  if (permit_.wake()) {
    counters().wakes.add_shared();
  }
}

epoll_driver::interest& epoll_driver::interest_in(int descriptor) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= interests_.size()) {
    interests_.resize(std::max(index + 1, 2 * interests_.size()));
  }
  return interests_[index];
}

int epoll_driver::start(operation& starting) {
  counters().submissions.add();
  const request& wanted = starting.wanted();
  int result = wanted.descriptor < 0 ? -EBADF : -EAGAIN;
  if (result == -EAGAIN && !waits_first(wanted)) {
    counters().system_calls.add();
    result = perform_and_learn(starting, as_span(scratch_));
  }
  if (result != -EAGAIN) {
    counters().completions.add();
    return result;
  }
  interest& entry = interest_in(wanted.descriptor);
  const std::uint32_t generation = descriptor_generation(wanted.descriptor);
  std::uint32_t events = events_of(starting);
  const bool trusted =
      wanted.owner != nullptr && entry.ticket != 0 && entry.generation == generation;
  if (trusted) {
    events |= entry.registered;
  }
  for (const operation* other = entry.waiting; other != nullptr; other = other->next) {
    events |= events_of(*other);
  }
  if (!trusted || (entry.registered & events) != events) {
    const int status = register_interest(wanted.descriptor, entry, events, generation);
    if (status != 0) {
      counters().completions.add();
      // Files and directories have no readiness to wait for: always ready, says poll(2).
      return status == -EPERM && wanted.code == opcode::poll ? perform(starting, {}) : status;
    }
  }
  operation** last = &entry.waiting;
  while (*last != nullptr) {
    last = &(*last)->next;
  }
  *last = &starting;
  ++waiting_;
  return pending;
}

// The table may be wrong about what the kernel has: numbers come back, and files are shared. The kernel
// tells, and the other call is right then.
int epoll_driver::register_interest(int descriptor, interest& entry, std::uint32_t events,
                                    std::uint32_t generation) noexcept {
  last_ticket_ = std::max(last_ticket_ + 1, 1U);
  epoll_event event{};
  event.events = events;
  event.data.u64 = mark_of(descriptor, last_ticket_);
  int status = control(entry.ticket != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
  if (status == -ENOENT || status == -EEXIST) {
    status = control(status == -ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
  }
  if (status != 0) {
    // The registration that others wait for is still as it was.
    if (entry.waiting == nullptr) {
      entry.ticket = 0;
      entry.registered = 0;
    }
    return status;
  }
  entry.ticket = last_ticket_;
  entry.registered = events;
  entry.generation = generation;
  return 0;
}

int epoll_driver::control(int command, int descriptor, epoll_event* event) noexcept {
  counters().system_calls.add();
  return epoll_ctl(epoll_.get(), command, descriptor, event) == 0 ? 0 : -errno;
}

// The number's owner may be closing it, on another worker, at this instant: then there is nothing to
// withdraw. The bare call, since ThreadSanitizer takes the wrapper's use of the number for a race with
// close().
bool epoll_driver::withdraw(int descriptor) noexcept {
  counters().system_calls.add();
  return syscall(SYS_epoll_ctl, epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr) == 0;
}

void epoll_driver::park(time_point deadline, work_list& ready) {
  forget_runner();
  // A turn of a busy loop that waits for nobody: there is nothing to look at, and a permit may stay.
  if (deadline == at_once && waiting_ == 0 && watch_ == nullptr && stale_calls_ == 0 &&
      cancelled_.empty() && !inbox_filled()) {
    counters().polls.add();
    return;
  }
  drain_inbox(ready);
  ready.append(cancelled_);
  const time_point now = deadline == at_once ? at_once : clock_->now();
  bool waits = deadline > now && ready.empty();
  (waits ? counters().waits : counters().polls).add();
  waits = waits && permit_.prepare_to_sleep();
  int count = 0;
  if (waits || waiting_ > 0 || watch_ != nullptr) {
    count = wait_for_events(waits ? deadline : at_once, now);
  }
  permit_.woke_up();
  for (int index = 0; index < count; ++index) {
    handle_event(events_[static_cast<std::size_t>(index)], ready);
  }
  if (stale_calls_ > waiting_) {
    rebuild(ready);
  }
  drain_inbox(ready);
  ready.append(cancelled_);
}

int epoll_driver::wait_for_events(time_point deadline, time_point now) noexcept {
  timespec timeout{};
  if (deadline != at_once && deadline != never) {
    const duration left = std::max(deadline - now, duration::zero());
    timeout.tv_sec = left.count() / 1'000'000'000;
    timeout.tv_nsec = left.count() % 1'000'000'000;
  }
  counters().system_calls.add();
  const int capacity = static_cast<int>(events_.size());
  // Nanoseconds: with epoll_wait()'s milliseconds timers come late or the loop spins.
  int count = epoll_pwait2(epoll_.get(), events_.data(), capacity,
                           deadline == never ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) {  // An old kernel, or a filter that does not know the call.
    const auto left_ms =
        deadline == never
            ? -1
            : static_cast<int>(timeout.tv_sec * 1000 + (timeout.tv_nsec + 999'999) / 1'000'000);
    counters().system_calls.add();
    count = epoll_wait(epoll_.get(), events_.data(), capacity, left_ms);
  }
  return std::max(count, 0);  // EINTR: early and with nothing, which park() may do.
}

void epoll_driver::handle_event(const epoll_event& event, work_list& ready) noexcept {
  if (event.data.u64 == wake_mark) {
    return;
  }
  if (event.data.u64 == watch_mark) {
    if (watch_ != nullptr) {
      hand_over(*watch_, ready);
    }
    return;
  }
  const auto descriptor = static_cast<int>(event.data.u64 & 0xFFFF'FFFFU);
  interest& entry = interests_[static_cast<std::size_t>(descriptor)];
  if (event.data.u64 != mark_of(descriptor, entry.ticket)) {
    handle_stale_event(descriptor, entry);
    return;
  }
  std::uint32_t asked = 0;
  std::uint32_t wanted = 0;
  operation** link = &entry.waiting;
  while (*link != nullptr) {
    operation& candidate = **link;
    const std::uint32_t events = events_of(candidate);
    asked |= events;
    // An error or a hang-up ends every wait: the system call tells which it is.
    int result = -EAGAIN;
    if ((event.events & (events | EPOLLERR | EPOLLHUP)) != 0) {
      counters().system_calls.add();
      result = perform_and_learn(candidate, as_span(scratch_));
    }
    if (result == -EAGAIN) {
      wanted |= events;
      link = &candidate.next;
      continue;
    }
    *link = std::exchange(candidate.next, nullptr);
    --waiting_;
    counters().completions.add();
    complete(candidate, result, ready);
  }
  // Level-triggered: an event that nobody asked for would be reported for ever.
  const bool hung_up = asked == 0 && (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  if (hung_up || (event.events & entry.registered & ~asked) != 0) {
    withdraw_unasked(descriptor, entry, wanted);
  }
}

void epoll_driver::withdraw_unasked(int descriptor, interest& entry,
                                    std::uint32_t wanted) noexcept {
  if (wanted != 0) {
    static_cast<void>(register_interest(descriptor, entry, wanted, entry.generation));
    return;
  }
  // If the number is closed, or another file's by now, nothing is withdrawn; should the file live on,
  // its next event is a stale one.
  static_cast<void>(withdraw(descriptor));
  entry.ticket = 0;
  entry.registered = 0;
}

// See "Registrations that outlive their number".
void epoll_driver::handle_stale_event(int descriptor, const interest& entry) noexcept {
  // The file may have come back to its number (dup2). With a ticket the number is that of a live one.
  if (entry.ticket != 0) {
    stale_calls_ += 1;
  } else if (!withdraw(descriptor)) {
    stale_calls_ += 2;
  }
}

void epoll_driver::rebuild(work_list& ready) noexcept {
  stale_calls_ = 0;
  counters().system_calls.add();
  file_descriptor fresh(epoll_create1(EPOLL_CLOEXEC));
  if (!fresh || watch_permit(fresh.get(), permit_.descriptor()) != 0 ||
      (watch_ != nullptr && watch_level(fresh.get(), watch_->descriptor) != 0)) {
    return;  // No descriptor is left: until there is one, stale events cost what they cost.
  }
  epoll_ = std::move(fresh);
  ++rebuilds_;
  for (std::size_t index = 0; index < interests_.size(); ++index) {
    interests_[index].ticket = 0;
    interests_[index].registered = 0;
    if (interests_[index].waiting != nullptr) {
      register_again(static_cast<int>(index), interests_[index], ready);
    }
  }
}

void epoll_driver::register_again(int descriptor, interest& entry, work_list& ready) noexcept {
  std::uint32_t events = 0;
  for (const operation* each = entry.waiting; each != nullptr; each = each->next) {
    events |= events_of(*each);
  }
  const int status = register_interest(descriptor, entry, events, entry.generation);
  while (status != 0 && entry.waiting != nullptr) {  // Whoever waits for it has to know.
    operation& refused = *entry.waiting;
    entry.waiting = std::exchange(refused.next, nullptr);
    --waiting_;
    counters().completions.add();
    complete(refused, status, ready);
  }
}

void epoll_driver::watch(standing_watch& added) {
  JACKDAW_ASSERT(watch_ == nullptr);
  counters().system_calls.add();
  if (const int status = watch_level(epoll_.get(), added.descriptor); status != 0) {
    throw error(-status, "epoll_ctl");
  }
  watch_ = &added;
}

void epoll_driver::end_watch() noexcept {
  static_cast<void>(withdraw(std::exchange(watch_, nullptr)->descriptor));
}

void epoll_driver::cancel(operation& pending_one) noexcept {
  interest& entry = interests_[static_cast<std::size_t>(pending_one.wanted().descriptor)];
  operation** link = &entry.waiting;
  while (*link != &pending_one) {
    link = &(*link)->next;
  }
  *link = std::exchange(pending_one.next, nullptr);
  --waiting_;
  counters().completions.add();
  complete(pending_one, -ECANCELED, cancelled_);
}
}  // namespace jackdaw::io
