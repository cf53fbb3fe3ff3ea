// Polling through the driver.
#include <jackdaw/io/readiness.hpp>

#include <poll.h>

namespace jackdaw::io {
namespace {

request poll_request(int descriptor, int events, file_descriptor* owner) noexcept {
  request wanted;
  wanted.code = opcode::poll;
  wanted.descriptor = descriptor;
  wanted.flags = events;
  wanted.owner = owner;
  return wanted;
}

}  // namespace

readiness_operation::readiness_operation(int descriptor, int events) noexcept
    : operation(poll_request(descriptor, events, nullptr)) {}

readiness_operation::readiness_operation(file_descriptor& descriptor, int events) noexcept
    : operation(poll_request(descriptor.get(), events, &descriptor)) {}

result<int> readiness_operation::await_resume() {
  const int events = finish();
  if (events < 0) {
    return failure_cause{-events, "poll"};
  }
  return events;
}

throwing<readiness_operation> readable(int descriptor) noexcept {
  return throwing<readiness_operation>(descriptor, POLLIN);
}

readiness_operation try_readable(int descriptor) noexcept { return {descriptor, POLLIN}; }

throwing<readiness_operation> writable(int descriptor) noexcept {
  return throwing<readiness_operation>(descriptor, POLLOUT);
}

readiness_operation try_writable(int descriptor) noexcept { return {descriptor, POLLOUT}; }

}  // namespace jackdaw::io
