// Sleeping in one of two places, and changing from one to the other.
#include <jackdaw/io/lazy_driver.hpp>
#include <jackdaw/runtime/current.hpp>

#include <utility>

namespace jackdaw::io {
namespace {

const char lazy_family = 0;

}  // namespace

lazy_driver::lazy_driver(io_driver_factory make) : driver(&lazy_family), make_(std::move(make)) {
  parker_.count_into(counters());
}

void lazy_driver::count_into(driver_counters& where) noexcept {
  driver::count_into(where);
  parker_.count_into(where);
}

lazy_driver* lazy_driver::from(driver* candidate) noexcept {
  const bool is_one = candidate != nullptr && candidate->family() == &lazy_family;
  return is_one ? static_cast<lazy_driver*>(candidate) : nullptr;
}

void lazy_driver::park(time_point deadline, work_list& ready) {
  if (made_ != nullptr) {
    made_->park(deadline, ready);
  } else {
    parker_.park(deadline, ready);
  }
}

void lazy_driver::wake() noexcept {
  if (io_driver* const real = real_.load(std::memory_order_acquire)) {  // L1
    real->wake();
    return;
  }
  parker_.wake();
  if (io_driver* const real = real_.load(std::memory_order_acquire)) {  // L1, after the lock.
    real->wake();
  }
}

io_driver& lazy_driver::real() {
  if (made_ == nullptr) {
    auto making = make_();
    making->count_into(counters());
    made_ = std::move(making);
    real_.store(made_.get(), std::memory_order_release);  // L1
    if (parker_.take_permit()) {
      made_->wake();
    }
  }
  current_context().driver = made_.get();
  return *made_;
}

}  // namespace jackdaw::io
