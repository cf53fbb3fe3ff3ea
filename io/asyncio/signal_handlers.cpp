// Signals as callbacks of the selector.
//
// The selector keeps each handler, so that they go with the loop; a table says whose a signal is. It
// holds no handler alive: one that went with its loop leaves an expired entry.
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/signal_handlers.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/signal_set.hpp>

#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

class signal_callback final : public ready_callback, public kept_callback {
 public:
  signal_callback(event_loop& loop, int number)
      : ready_callback(&signal_callback::notice), loop_(&loop), arrivals_{number} {}

  [[nodiscard]] bool belongs_to(const event_loop& loop) const noexcept { return loop_ == &loop; }
  [[nodiscard]] int descriptor() const noexcept { return arrivals_.descriptor(); }
  void replace(descriptor_callback function) {
    function_ = std::make_shared<descriptor_callback>(std::move(function));
  }

 private:
  static void notice(ready_callback& noticed) {
    auto& self = static_cast<signal_callback&>(noticed);
    if (self.arrivals_.poll() != 0) {
      self.loop_->call_soon([function = self.function_] { (*function)(); });
    }
  }

  event_loop* loop_;
  signal_set arrivals_;
  std::shared_ptr<descriptor_callback> function_;
};

struct handler_table {
  std::mutex lock;
  std::map<int, std::weak_ptr<signal_callback>> handlers;
};

handler_table& table() {
  static handler_table instance;
  return instance;
}

std::shared_ptr<signal_callback> find(const event_loop& loop, int number) {
  const std::lock_guard guard(table().lock);
  const auto found = table().handlers.find(number);
  auto handler = found == table().handlers.end() ? nullptr : found->second.lock();
  return handler != nullptr && handler->belongs_to(loop) ? handler : nullptr;
}

std::shared_ptr<signal_callback> make(event_loop& loop, int number) {
  try {
    auto made = std::make_shared<signal_callback>(loop, number);
    const std::lock_guard guard(table().lock);
    table().handlers[number] = made;
    return made;
  } catch (const error& failure) {
    if (failure.code().value() != EINVAL) {
      throw;
    }
    throw std::runtime_error("sig " + std::to_string(number) + " cannot be caught");
  }
}

}  // namespace

void add_signal_handler(event_loop& loop, int number, descriptor_callback callback) {
  selector& watching = selector::of(loop);
  // The old one's set of signals stays: without it the signal would have its default effect for a while.
  std::shared_ptr<signal_callback> handler = find(loop, number);
  if (handler == nullptr) {
    handler = make(loop, number);
  }
  handler->replace(std::move(callback));
  watching.add_reader(handler->descriptor(), *handler, handler);
}

bool remove_signal_handler(event_loop& loop, int number) {
  const std::shared_ptr<signal_callback> handler = find(loop, number);
  return handler != nullptr && selector::of(loop).remove_reader(handler->descriptor());
}

}  // namespace jackdaw::io::asyncio
