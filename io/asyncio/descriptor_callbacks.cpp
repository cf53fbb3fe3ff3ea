// Functions as callbacks of the selector, which keeps them.
#include <jackdaw/io/asyncio/descriptor_callbacks.hpp>
#include <jackdaw/io/asyncio/selector.hpp>

#include <memory>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

class function_callback final : public ready_callback, public kept_callback {
 public:
  explicit function_callback(descriptor_callback given)
      : ready_callback(&function_callback::call), function_(std::move(given)) {}

 private:
  static void call(ready_callback& self) {
    const std::shared_ptr<kept_callback> keep =
        static_cast<function_callback&>(self).shared_from_this();
    static_cast<function_callback&>(self).function_();
  }

  descriptor_callback function_;
};

}  // namespace

void add_reader(event_loop& loop, int descriptor, descriptor_callback callback) {
  const auto made = std::make_shared<function_callback>(std::move(callback));
  selector::of(loop).add_reader(descriptor, *made, made);
}

void add_writer(event_loop& loop, int descriptor, descriptor_callback callback) {
  const auto made = std::make_shared<function_callback>(std::move(callback));
  selector::of(loop).add_writer(descriptor, *made, made);
}

bool remove_reader(event_loop& loop, int descriptor) {
  return selector::of(loop).remove_reader(descriptor);
}

bool remove_writer(event_loop& loop, int descriptor) {
  return selector::of(loop).remove_writer(descriptor);
}

}  // namespace jackdaw::io::asyncio
