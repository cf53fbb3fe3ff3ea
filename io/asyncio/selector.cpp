// Registering, collecting, calling.
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

constexpr std::uint64_t mark_of(int descriptor, std::uint32_t ticket) noexcept {
  return static_cast<std::uint64_t>(ticket) << 32 | static_cast<std::uint32_t>(descriptor);
}

file_descriptor make_epoll() {
  file_descriptor made(epoll_create1(EPOLL_CLOEXEC));
  if (!made) {
    throw error(errno, "epoll_create1");
  }
  return made;
}

}  // namespace

selector& selector::of(event_loop& loop) {
  if (loop.extension() == nullptr) {
    loop.set_extension(std::make_unique<selector>(loop));
  }
  // The only extension that there is.
  return static_cast<selector&>(*loop.extension());
}

selector::selector(event_loop& loop)
    : loop_(&loop), epoll_(make_epoll()), watch_(*this, epoll_.get()), attachment_(*this) {}

selector::~selector() {
  // First all, then what they hold: the destructor of a protocol may close another one's transport.
  auto left = std::exchange(kept_, {});
  for (const auto& each : left) {
    each->abandon();
  }
  for (; !left.empty(); left.pop_front()) {
    left.front()->let_go();
  }
  if (driver_ != nullptr) {
    driver_->end_watch();
  }
}

void selector::attachment::run_work(work& self) {
  selector& owner = *static_cast<attachment&>(self).owner;
  owner.attaching_ = false;
  if (owner.loop_->is_running()) {  // Else it is being closed, and drops what is queued.
    owner.attach_to_driver();
  }
}

// Before a loop runs it may have no driver: that is looked for in its first turn.
void selector::attach_to_driver() {
  if (driver_ != nullptr) {
    return;
  }
  if (loop_->is_running()) {
    io_driver& found = io_driver::current();
    found.watch(watch_);
    driver_ = &found;
  } else if (!attaching_) {
    attaching_ = true;
    loop_->schedule(attachment_);
  }
}

void selector::add_reader(int descriptor, ready_callback& callback,
                          std::shared_ptr<kept_callback> keep) {
  add(descriptor, &interest::reader,
      {&callback, 0, context_slot::copy_of_current(), std::move(keep)});
}

void selector::add_writer(int descriptor, ready_callback& callback,
                          std::shared_ptr<kept_callback> keep) {
  add(descriptor, &interest::writer,
      {&callback, 0, context_slot::copy_of_current(), std::move(keep)});
}

bool selector::remove_reader(int descriptor, const ready_callback* only) noexcept {
  return remove(descriptor, &interest::reader, only);
}

bool selector::remove_writer(int descriptor, const ready_callback* only) noexcept {
  return remove(descriptor, &interest::writer, only);
}

void selector::add(int descriptor, registration interest::* which, registration added) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (descriptor < 0 || (index >= interests_.size() && fcntl(descriptor, F_GETFD) < 0)) {
    throw error(EBADF, "epoll_ctl");
  }
  attach_to_driver();
  if (index >= interests_.size()) {
    interests_.resize(std::max(index + 1, 2 * interests_.size()));
  }
  interest& changed = interests_[index];
  added.number = ++last_number_;
  // What was there goes when the table is in order: it may hold whatever its function holds.
  registration before = std::exchange(changed.*which, std::move(added));
  if (const int status = update(descriptor, changed); status != 0) {
    changed.*which = std::move(before);
    throw error(-status, "epoll_ctl");
  }
}

bool selector::remove(int descriptor, registration interest::* which,
                      const ready_callback* only) noexcept {
  const auto index = static_cast<std::size_t>(descriptor);
  if (descriptor < 0 || index >= interests_.size()) {
    return false;
  }
  const ready_callback* const found = (interests_[index].*which).callback;
  if (found == nullptr || (only != nullptr && found != only)) {
    return false;
  }
  const registration before = std::exchange(interests_[index].*which, registration{});
  // If its descriptor is closed already the kernel has forgotten it: nothing is left to do.
  static_cast<void>(update(descriptor, interests_[index]));
  return true;
}

int selector::update(int descriptor, interest& changed) noexcept {
  const std::uint32_t wanted = (changed.reader.callback != nullptr ? EPOLLIN : 0U) |
                               (changed.writer.callback != nullptr ? EPOLLOUT : 0U);
  const std::uint32_t before = changed.registered;
  epoll_event event{};
  event.events = wanted;
  if (wanted == 0) {
    changed.registered = 0;
    interested_ -= before != 0 ? 1 : 0;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr) == 0 ? 0 : -errno;
  }
  // An equal set is told to the kernel too: the number may be another file's by now.
  event.data.u64 = mark_of(descriptor, changed.ticket);
  if (before == 0 || epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) != 0) {
    if (before != 0 && errno != ENOENT) {
      return -errno;
    }
    changed.ticket = ++last_ticket_;
    event.data.u64 = mark_of(descriptor, changed.ticket);
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0 &&
        (errno != EEXIST || epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) != 0)) {
      return -errno;
    }
  }
  interested_ += before == 0 ? 1 : 0;
  changed.registered = wanted;
  return 0;
}

void selector::watch::run_work(work& self) {
  auto& own = static_cast<watch&>(self);
  own.queued = false;
  if (own.owner->loop_->is_running()) {  // Else it is being closed, and drops what is queued.
    own.owner->run();
  }
}

void selector::collect() {
  calls_.clear();
  if (interested_ > events_.size()) {
    events_.resize(std::max(interested_, 2 * events_.size()));
  }
  const int count = events_.empty() ? 0
                                    : epoll_wait(epoll_.get(), events_.data(),
                                                 static_cast<int>(events_.size()), 0);
  for (int index = 0; index < count; ++index) {
    const epoll_event& event = events_[static_cast<std::size_t>(index)];
    const auto descriptor = static_cast<int>(event.data.u64 & 0xFFFF'FFFFU);
    const interest& found = interests_[static_cast<std::size_t>(descriptor)];
    if (event.data.u64 != mark_of(descriptor, found.ticket)) {
      continue;
    }
    // An error or a hang-up is told to both: their system calls say which it is.
    if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0 && found.reader.callback != nullptr) {
      calls_.push_back({descriptor, &interest::reader, found.reader.number});
    }
    if ((event.events & ~std::uint32_t{EPOLLIN}) != 0 && found.writer.callback != nullptr) {
      calls_.push_back({descriptor, &interest::writer, found.writer.number});
    }
  }
}

void selector::run() {
  collect();
  for (std::size_t index = 0; index < calls_.size(); ++index) {
    call(calls_[index]);
  }
}

void selector::call(const event_call& due) {
  const auto find = [&]() -> registration* {
    registration& found = interests_[static_cast<std::size_t>(due.descriptor)].*due.which;
    return found.callback != nullptr && found.number == due.number ? &found : nullptr;
  };
  registration* const found = find();
  if (found == nullptr) {
    return;
  }
  // What is called may remove or replace itself, and move the table.
  ready_callback& callback = *found->callback;
  context_slot context = std::move(found->context);
  std::exception_ptr error;
  {
    const context_scope scope(context);
    try {
      callback.call_(callback);
    } catch (...) {
      error = std::current_exception();
    }
    if (error != nullptr && !is_order_to_end(error)) {
      loop_->report({"Exception in callback", {}, error, failure_source::handle});
      error = nullptr;
    }
  }
  if (registration* const again = find()) {
    again->context = std::move(context);
  }
  if (error != nullptr) {
    std::rethrow_exception(error);
  }
}

std::span<std::byte> selector::scratch() {
  if (scratch_ == nullptr) {
    scratch_ = std::make_unique_for_overwrite<std::byte[]>(scratch_bytes);
  }
  return {scratch_.get(), scratch_bytes};
}

selector::keeper selector::keep(std::shared_ptr<kept_open> object) {
  return kept_.insert(kept_.end(), std::move(object));
}

}  // namespace jackdaw::io::asyncio
