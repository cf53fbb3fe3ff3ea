// Reading and cutting inotify's records.
#include <jackdaw/io/file_watcher.hpp>
#include <jackdaw/io/operation.hpp>

#include <poll.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>

namespace jackdaw::io {
namespace {

constexpr std::uint32_t bit(file_change kind) noexcept { return static_cast<std::uint32_t>(kind); }

static_assert(bit(file_change::modified) == IN_MODIFY);
static_assert(bit(file_change::attributes) == IN_ATTRIB);
static_assert(bit(file_change::written) == IN_CLOSE_WRITE);
static_assert(bit(file_change::moved_from) == IN_MOVED_FROM);
static_assert(bit(file_change::moved_to) == IN_MOVED_TO);
static_assert(bit(file_change::created) == IN_CREATE);
static_assert(bit(file_change::deleted) == IN_DELETE);
static_assert(bit(file_change::self_deleted) == IN_DELETE_SELF);
static_assert(bit(file_change::self_moved) == IN_MOVE_SELF);
static_assert(bit(file_change::unmounted) == IN_UNMOUNT);
static_assert(bit(file_change::overflow) == IN_Q_OVERFLOW);
static_assert(bit(file_change::unwatched) == IN_IGNORED);
static_assert(bit(file_change::any) == (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVE |
                                        IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF));

// At least one record fits, whatever its name.
constexpr std::size_t buffer_bytes = std::size_t{4} * 1024;
static_assert(buffer_bytes >= sizeof(inotify_event) + NAME_MAX + 1);

request request_of(opcode code, file_descriptor& descriptor, std::span<std::byte> into) noexcept {
  request wanted;
  wanted.code = code;
  wanted.descriptor = descriptor.get();
  wanted.memory = into.data();
  wanted.length = into.size();
  wanted.flags = code == opcode::poll ? POLLIN : 0;
  wanted.owner = &descriptor;
  return wanted;
}

}  // namespace

file_watcher::file_watcher() : inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_) {
    throw error(errno, "inotify_init1");
  }
}

void file_watcher::watch(const std::string& path, file_change kinds) {
  try_watch(path, kinds).value_about(path);
}

result<void> file_watcher::try_watch(const std::string& path, file_change kinds) {
  const std::lock_guard held(lock_);
  // Under the lock, or an event of the new watch could be taken before its path is known.
  const int watch =
      inotify_add_watch(inotify_.get(), path.c_str(), bit(kinds) & bit(file_change::any));
  if (watch < 0) {
    return failure_cause{errno, "inotify_add_watch"};
  }
  paths_[watch] = path;
  return nothing{};
}

bool file_watcher::unwatch(const std::string& path) {
  const std::lock_guard held(lock_);
  const auto found =
      std::ranges::find_if(paths_, [&](const auto& entry) { return entry.second == path; });
  if (found == paths_.end()) {
    return false;
  }
  const int watch = found->first;
  paths_.erase(found);
  std::erase_if(events_, [watch](const pending& each) { return each.watch == watch; });
  // It fails if the file is gone, and the watch with it.
  static_cast<void>(inotify_rm_watch(inotify_.get(), watch));
  return true;
}

void file_watcher::take_one(int watch, std::uint32_t mask, std::uint32_t cookie, const char* name) {
  std::string path;
  if ((mask & IN_Q_OVERFLOW) == 0) {
    const auto found = paths_.find(watch);
    if (found == paths_.end()) {
      return;  // unwatch() came between.
    }
    path = found->second;
    if (*name != '\0') {
      path += path.ends_with('/') ? "" : "/";
      path += name;
    }
    if ((mask & IN_IGNORED) != 0) {
      paths_.erase(found);
    }
  }
  const auto kinds = static_cast<file_change>(mask & ~std::uint32_t{IN_ISDIR});
  events_.push_back({watch, file_event(std::move(path), kinds, cookie, (mask & IN_ISDIR) != 0)});
}

void file_watcher::take(std::span<const std::byte> records) {
  const std::lock_guard held(lock_);
  while (!records.empty()) {
    inotify_event header{};
    std::memcpy(&header, records.data(), sizeof(header));
    const auto* const name =
        header.len == 0 ? "" : reinterpret_cast<const char*>(records.data() + sizeof(header));
    take_one(header.wd, header.mask, header.cookie, name);
    records = records.subspan(sizeof(header) + header.len);
  }
}

task<file_event> file_watcher::next() {
  result<file_event> event = co_await try_next();
  co_return event.value_about("inotify");
}

task<result<file_event>> file_watcher::try_next() {
  while (true) {
    std::optional<file_event> first;
    {
      const std::lock_guard held(lock_);
      if (!events_.empty()) {
        first.emplace(std::move(events_.front().event));
        events_.pop_front();
      }
    }
    if (first.has_value()) {
      co_return std::move(*first);
    }
    std::array<std::byte, buffer_bytes> buffer;
    const result<std::size_t> count =
        co_await transfer_operation(request_of(opcode::read, inotify_, buffer), "read");
    if (count.ok()) {
      take(std::span(buffer).first(*count));
    } else if (count.error_number() == EAGAIN) {
      // The ring does not wait for a non-blocking descriptor; epoll's driver does.
      const request wanted = request_of(opcode::poll, inotify_, {});
      const result<std::size_t> ready = co_await transfer_operation(wanted, "poll");
      if (!ready.ok()) {
        co_return ready.cause();
      }
    } else {
      co_return count.cause();
    }
  }
}

}  // namespace jackdaw::io
