// Counting, and waiting for a count.
#include <jackdaw/io/event_descriptor.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/readiness.hpp>

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>

namespace jackdaw::io {

event_descriptor::event_descriptor(std::uint32_t initial) {
  io_driver::prepare();
  descriptor_ = file_descriptor(eventfd(initial, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!descriptor_) {
    throw error(errno, "eventfd");
  }
}

void event_descriptor::signal(std::uint64_t count) {
  if (eventfd_write(descriptor_.get(), count) != 0) {
    throw error(errno, "write to an eventfd");
  }
}

task<result<std::uint64_t>> event_descriptor::try_wait() {
  while (true) {
    const result<int> ready = co_await readiness_operation(descriptor_, POLLIN);
    if (!ready.ok()) {
      co_return ready.cause();
    }
    eventfd_t count = 0;
    if (eventfd_read(native_handle(), &count) == 0) {
      co_return std::uint64_t{count};
    }
    // Another waiter may have been faster.
    if (errno != EAGAIN && errno != EINTR) {
      co_return failure_cause{errno, "read from an eventfd"};
    }
  }
}

task<std::uint64_t> event_descriptor::wait() {
  result<std::uint64_t> count = co_await try_wait();
  co_return count.value();
}

}  // namespace jackdaw::io
