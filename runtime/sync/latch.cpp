// Counting down.
#include <jackdaw/runtime/sync/latch.hpp>

#include <mutex>

namespace jackdaw {

void latch::count_down(std::size_t count) {
  bool last = false;
  {
    const std::lock_guard guard(lock_);
    if (count > left_) {
      throw std::logic_error("latch: counted down below zero");
    }
    left_ -= count;
    last = left_ == 0 && count > 0;
  }
  if (last) {
    reached_.set();
  }
}

}  // namespace jackdaw
