// Watches: one coroutine per descriptor.
#include <jackdaw/io/asyncio/descriptor_callbacks.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/this_task.hpp>

#include <poll.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using jackdaw::asyncio::event_loop;

constexpr int read_events = POLLIN;
constexpr int write_events = POLLOUT;

struct registered_callback {
  explicit registered_callback(descriptor_callback given) : function(std::move(given)) {}

  descriptor_callback function;
  context_slot context = context_slot::copy_of_current();  // S194
};

struct watch {
  int descriptor = -1;
  // Shared, so that a callback may replace or remove itself while it runs.
  std::shared_ptr<registered_callback> reader;
  std::shared_ptr<registered_callback> writer;
  join_handle<void> runner;
  bool waits = false;
  bool asks_anew = false;  // The set of events changed while the runner waited.

  [[nodiscard]] int events() const noexcept {
    return (reader != nullptr ? read_events : 0) | (writer != nullptr ? write_events : 0);
  }
};

struct watch_table : jackdaw::asyncio::loop_extension {
  std::map<int, std::shared_ptr<watch>> watches;
};

watch_table& table_of(event_loop& loop) {
  if (loop.extension() == nullptr) {
    loop.set_extension(std::make_unique<watch_table>());
  }
  return static_cast<watch_table&>(*loop.extension());
}

// A callback is no task: current_task() is nobody inside of it (S53). False: it tore out of the loop.
[[nodiscard]] bool call(event_loop& loop, const std::shared_ptr<registered_callback>& callback) {
  task_record* const runner = std::exchange(current_context().task, nullptr);
  const context_scope scope(callback->context);
  bool returned = true;
  try {
    callback->function();
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    returned = !is_order_to_end(error);
    if (returned) {
      loop.report({"Exception in callback", {}, error, failure_source::handle});
    } else {
      loop.tear_out(error);  // The watch goes on in the next run.
    }
  }
  current_context().task = runner;
  return returned;
}

task<void> run_watch(event_loop& loop, std::shared_ptr<watch> watched) {
  while (watched->events() != 0) {
    const int asked = watched->events();
    int arrived = 0;
    try {
      watched->waits = true;
      arrived = co_await readiness_operation(watched->descriptor, asked);
      watched->waits = false;
    } catch (const cancelled_error&) {
      // Our own request is taken back; one that came besides is meant for the watch.
      if (!std::exchange(watched->asks_anew, false) || this_task::uncancel() > 0) {
        throw;
      }
      continue;
    }
    const bool failed = (arrived & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    const auto reader = watched->reader;
    if (reader != nullptr && (failed || (arrived & read_events) != 0)) {
      const bool returned = call(loop, reader);
      if (!returned) {
        // The writer is called in the next run, as CPython's, which is a handle of its own.
        co_await yield();
      }
    }
    const auto writer = watched->writer;
    if (writer != nullptr && (failed || (arrived & write_events) != 0)) {
      static_cast<void>(call(loop, writer));
    }
  }
}

void change(event_loop& loop, int descriptor, std::shared_ptr<registered_callback> watch::* which,
            std::shared_ptr<registered_callback> callback) {
  auto& watches = table_of(loop).watches;
  auto& found = watches[descriptor];
  if (found == nullptr) {
    found = std::make_shared<watch>();
    found->descriptor = descriptor;
  }
  const std::shared_ptr<watch> changed = found;
  const int before = changed->events();
  (*changed).*which = std::move(callback);
  const int after = changed->events();
  if (after == 0) {
    watches.erase(descriptor);
  }
  if (before == 0 && after != 0) {
    changed->runner =
        spawn_on(loop, run_watch(loop, changed), "watch of " + std::to_string(descriptor));
    changed->runner.record().set_reports_destruction(false);
  } else if (before != after && changed->waits) {
    changed->waits = false;
    changed->asks_anew = true;
    changed->runner.cancel();
  }
}

bool has(event_loop& loop, int descriptor, std::shared_ptr<registered_callback> watch::* which) {
  const auto& watches = table_of(loop).watches;
  const auto found = watches.find(descriptor);
  return found != watches.end() && (*found->second).*which != nullptr;
}

}  // namespace

void add_reader(event_loop& loop, int descriptor, descriptor_callback callback) {
  change(loop, descriptor, &watch::reader,
         std::make_shared<registered_callback>(std::move(callback)));
}

void add_writer(event_loop& loop, int descriptor, descriptor_callback callback) {
  change(loop, descriptor, &watch::writer,
         std::make_shared<registered_callback>(std::move(callback)));
}

bool remove_reader(event_loop& loop, int descriptor) {
  const bool had = has(loop, descriptor, &watch::reader);
  if (had) {
    change(loop, descriptor, &watch::reader, nullptr);
  }
  return had;
}

bool remove_writer(event_loop& loop, int descriptor) {
  const bool had = has(loop, descriptor, &watch::writer);
  if (had) {
    change(loop, descriptor, &watch::writer, nullptr);
  }
  return had;
}

}  // namespace jackdaw::io::asyncio
