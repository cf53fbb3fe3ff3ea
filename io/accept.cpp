// One table of errors for all listeners.
#include <jackdaw/io/accept.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace jackdaw::io {
namespace {

constexpr duration back_off_max = std::chrono::milliseconds(100);

// The connection is gone, or never was: the next one may be fine.
bool concerns_one_connection(int number) noexcept {
  return number == ECONNABORTED || number == EPROTO || number == EPERM || number == EINTR ||
         number == EAGAIN || number == ENETDOWN || number == ENETUNREACH ||
         number == EHOSTUNREACH || number == EHOSTDOWN || number == ENOPROTOOPT ||
         number == EOPNOTSUPP || number == ETIMEDOUT;
}

}  // namespace

request accept_request(file_descriptor& listening, accepted_as kind) noexcept {
  request wanted;
  wanted.flags = kind == accepted_as::direct ? 1 : 0;
  wanted.code = opcode::accept;
  wanted.descriptor = listening.get();
  wanted.owner = &listening;
  return wanted;
}

duration accept_back_off::after(int error_number) {
  if (meaning_of(error_number) == meaning::out_of_limits) {
    // The kernel fails at once, with no connection to wait for: trying in a loop would burn the CPU.
    return std::exchange(next_, std::min(2 * next_, back_off_max));
  }
  if (!concerns_one_connection(error_number)) {
    throw error(error_number, "accept");
  }
  return duration::zero();
}

}  // namespace jackdaw::io
