// Trying a ring, step by step.
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/probe.hpp>
#include <jackdaw/io/ring.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace jackdaw::io {
namespace {

constexpr std::array<int, 8> opcodes_needed = {
    IORING_OP_NOP,  IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_ACCEPT,
    IORING_OP_RECV, IORING_OP_SEND,     IORING_OP_CONNECT,      IORING_OP_READ,
};

// Those of the steps below.
constexpr std::array<int, 3> opcodes_tried = {IORING_OP_NOP, IORING_OP_SEND, IORING_OP_RECV};

// Registering the opcodes' list is the cheapest use of io_uring_register().
int probe_register(ring& tried) {
  // Not io_uring_get_probe_ring(), which keeps the reason of a refusal to itself.
  constexpr unsigned opcodes_asked = 256;
  constexpr std::size_t bytes = sizeof(io_uring_probe) + opcodes_asked * sizeof(io_uring_probe_op);
  const std::unique_ptr<void, void (*)(void*)> memory(std::calloc(1, bytes), &std::free);
  if (memory == nullptr) {
    return ENOMEM;
  }
  auto* const supported = static_cast<io_uring_probe*>(memory.get());
  const int status = io_uring_register_probe(&tried.raw(), supported, opcodes_asked);
  if (status < 0) {
    return -status;
  }
  const bool all = std::all_of(opcodes_needed.begin(), opcodes_needed.end(), [&](int code) {
    return io_uring_opcode_supported(supported, code) != 0;
  });
  if (!all) {
    return EOPNOTSUPP;
  }
  tried.start_restricted(opcodes_tried, 0);  // As a driver's ring; throws what it is refused with.
  return 0;
}

// Submits one entry and waits for its completion; gives the result.
template <class Prepare>
int round_trip(ring& tried, Prepare prepare) {
  prepare(tried.entry());
  const auto now = std::chrono::steady_clock::now();
  for (int attempts = 0; attempts < 100 && tried.completion() == nullptr; ++attempts) {
    tried.enter(now + std::chrono::milliseconds(100), now);
  }
  const io_uring_cqe* const completion = tried.completion();
  if (completion == nullptr) {
    return -ETIME;
  }
  const int result = completion->res;
  tried.seen();
  return result;
}

int probe_nop(ring& tried) {
  return -round_trip(tried, [](io_uring_sqe& sqe) { io_uring_prep_nop(&sqe); });
}

int probe_wait(ring& tried) {
  // Nothing is in flight: only the time can end it.
  const auto now = std::chrono::steady_clock::now();
  tried.enter(now + std::chrono::microseconds(50), now);
  return 0;
}

int probe_socket(ring& tried) {
  int pair[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return errno;
  }
  const file_descriptor first(pair[0]);
  const file_descriptor second(pair[1]);
  const char byte = 'j';
  const int sent = round_trip(tried, [&](io_uring_sqe& sqe) {
    io_uring_prep_send(&sqe, first.get(), &byte, 1, MSG_NOSIGNAL);
  });
  if (sent != 1) {
    return sent < 0 ? -sent : EIO;
  }
  char received = 0;
  const int count = round_trip(
      tried, [&](io_uring_sqe& sqe) { io_uring_prep_recv(&sqe, second.get(), &received, 1, 0); });
  if (count != 1 || received != byte) {
    return count < 0 ? -count : EIO;
  }
  return 0;
}

// True if it works.
template <class Step>
bool record(probe_result& result, std::string what, Step step) {
  int number = 0;
  try {
    number = step();
  } catch (const error& refused) {
    number = refused.number();
  }
  result.steps.push_back({std::move(what), number});
  return number == 0;
}

}  // namespace

int probe_result::error_number() const noexcept {
  return steps.empty() ? 0 : steps.back().error_number;
}

probe_result probe() {
  probe_result result;
  std::unique_ptr<ring> tried;
  const bool made = record(result, "io_uring_setup", [&] {
    tried = std::make_unique<ring>(ring_sizes{}, ring_start::later);
    return 0;
  });
  if (!made) {
    return result;
  }
  result.setup_flags = tried->setup_flags();
  result.features = tried->raw().features;
  result.usable = record(result, "extended arguments (kernel 5.11)",
                         [&] { return tried->has_features(IORING_FEAT_EXT_ARG) ? 0 : ENOSYS; }) &&
                  record(result, "io_uring_register", [&] { return probe_register(*tried); }) &&
                  record(result, "io_uring_enter", [&] { return probe_nop(*tried); }) &&
                  record(result, "timed wait", [&] { return probe_wait(*tried); }) &&
                  record(result, "send and receive", [&] { return probe_socket(*tried); });
  return result;
}

std::string_view remedy(int error_number) noexcept {
  switch (error_number) {
    case EPERM:
    case EACCES:
      return "allow it: docker run --security-opt seccomp=deploy/seccomp-io_uring.json, or check "
             "sysctl kernel.io_uring_disabled";
    case ENOSYS:
      return "a seccomp profile hides it, or the kernel is older than 5.11: use "
             "deploy/seccomp-io_uring.json or a newer kernel";
    case ENOMEM:
      return "raise the locked-memory limit: ulimit -l unlimited, or docker run --ulimit "
             "memlock=-1";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files: ulimit -n";
    case EINVAL:
    case EOPNOTSUPP:
      return "the kernel is too old: 5.11 or newer is needed";
    default:
      return "run `jackdaw doctor` for details";
  }
}

std::string backend_line(bool io_uring, bool forced, const probe_result& probed) {
  if (io_uring) {
    return forced ? "backend io_uring (as asked)" : "backend io_uring (the kernel allows it)";
  }
  if (forced) {
    return "backend epoll (as asked)";
  }
  const int number = probed.error_number();
  const std::string step = probed.steps.empty() ? "io_uring" : probed.steps.back().what;
  const char* const name = strerrorname_np(number);
  return "backend epoll: " + step + " was refused with " + (name != nullptr ? name : "errno") +
         " (" + std::to_string(number) + ", " + std::generic_category().message(number) + "); " +
         std::string(remedy(number));
}

}  // namespace jackdaw::io
