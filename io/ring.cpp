// Setting up and entering.
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/ring.hpp>
#include <jackdaw/runtime/base/assert.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <vector>

namespace jackdaw::io {
namespace {

// Kernel ABI that liburing 2.3 does not name yet.
constexpr unsigned feature_no_iowait = 1U << 17;
constexpr unsigned enter_no_iowait = 1U << 7;

constexpr std::array<unsigned, 3> flag_sets = {
    // 6.1: completions are handled when the owner asks, not by interrupting it.
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
        IORING_SETUP_TASKRUN_FLAG,
    // 5.19: no interrupts between processors at least.
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};

// Ring memory counts against RLIMIT_MEMLOCK per user, over processes, and is given back some time
// after a ring was closed: hence smaller rings, and patience before giving up.
constexpr std::array<ring_sizes, 2> smaller_sizes = {ring_sizes{128, 512}, ring_sizes{64, 128}};
// Threads that the kernel may start for a ring, for what can neither be polled nor be done at once: its own
// bound for the second kind is the number of processes. Nothing here should ever need one.
constexpr unsigned kernel_threads_max[2] = {2, 4};

constexpr std::array<int, 7> patience_ms = {0, 1, 2, 5, 20, 50, 200};

int try_setup(io_uring& ring, ring_sizes sizes, unsigned flags) noexcept {
  io_uring_params parameters{};
  parameters.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  parameters.cq_entries = sizes.completions;
  return io_uring_queue_init_params(sizes.submissions, &ring, &parameters);
}

int setup(io_uring& ring, ring_sizes sizes, unsigned more_flags) noexcept {
  int status = -EINVAL;
  for (const unsigned flags : flag_sets) {
    status = try_setup(ring, sizes, flags | more_flags);
    for (std::size_t index = 0; status == -ENOMEM && index < smaller_sizes.size(); ++index) {
      status = try_setup(ring, smaller_sizes[index], flags | more_flags);
    }
    if (status != -EINVAL) {
      return status;
    }
  }
  return status;
}

}  // namespace

ring::ring(ring_sizes sizes, ring_start start) {
  const unsigned more_flags = start == ring_start::later ? IORING_SETUP_R_DISABLED : 0;
  int status = -ENOMEM;
  for (const int wait_ms : patience_ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    status = setup(ring_, sizes, more_flags);
    if (status != -ENOMEM) {
      break;
    }
  }
  if (status < 0) {
    throw error(-status, "io_uring_setup");
  }
  // A forked child that touched the queues would corrupt ours.
  io_uring_ring_dontfork(&ring_);
  registered_descriptor_ = io_uring_register_ring_fd(&ring_) == 1;
  unsigned threads_max[2] = {kernel_threads_max[0],
                             kernel_threads_max[1]};  // Out: what was before.
  static_cast<void>(io_uring_register_iowq_max_workers(&ring_, threads_max));
}

void ring::start_restricted(std::span<const int> opcodes, unsigned entry_flags) {
  std::vector<io_uring_restriction> allowed;
  for (const int each : opcodes) {
    allowed.emplace_back().opcode = IORING_RESTRICTION_SQE_OP;
    allowed.back().sqe_op = static_cast<__u8>(each);
  }
  allowed.emplace_back().opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  allowed.back().sqe_flags = static_cast<__u8>(entry_flags);
  // The end of the ring takes its registered descriptor back: else it would live on.
  allowed.emplace_back().opcode = IORING_RESTRICTION_REGISTER_OP;
  allowed.back().register_op = IORING_UNREGISTER_RING_FDS;
  // By the bare call: liburing 2.3 declares functions for these two, and does not export them.
  const auto call = [this](unsigned opcode, void* argument, std::size_t count) {
    return io_uring_register(static_cast<unsigned>(ring_.ring_fd), opcode, argument,
                             static_cast<unsigned>(count));
  };
  static_cast<void>(call(IORING_REGISTER_RESTRICTIONS, allowed.data(), allowed.size()));
  if (const int status = call(IORING_REGISTER_ENABLE_RINGS, nullptr, 0); status < 0) {
    throw error(-status, "io_uring_register");
  }
}

ring::~ring() { io_uring_queue_exit(&ring_); }

io_uring_sqe& ring::entry() {
  // As io_uring_get_sqe(), which is a call into a shared library.
  io_uring_sq& queue = ring_.sq;
  const unsigned tail = queue.sqe_tail;
  if (tail - io_uring_smp_load_acquire(queue.khead) < queue.ring_entries) [[likely]] {
    queue.sqe_tail = tail + 1;
    return queue.sqes[tail & queue.ring_mask];
  }
  return entry_of_full_queue();
}

io_uring_sqe& ring::entry_of_full_queue() {
  io_uring_sqe* sqe = nullptr;
  for (int attempts = 0; sqe == nullptr; ++attempts) {
    // Full: the kernel takes them now. EAGAIN and EBUSY mean that completions must be collected first,
    // which the next enter() does; a few attempts bridge a signal.
    const int status = call_enter(flush(), 0, IORING_ENTER_GETEVENTS, at_once, at_once);
    if (status < 0 && status != -EINTR && status != -EAGAIN && status != -EBUSY) {
      throw error(-status, "io_uring_enter");
    }
    JACKDAW_ASSERT(attempts < 1000);
    sqe = io_uring_get_sqe(&ring_);
  }
  return *sqe;
}

// Shows the kernel the entries that were prepared. liburing does this inside of io_uring_submit() only.
unsigned ring::flush() noexcept {
  io_uring_sq& queue = ring_.sq;
  const unsigned tail = queue.sqe_tail;
  if (queue.sqe_head != tail) {
    queue.sqe_head = tail;
    io_uring_smp_store_release(queue.ktail, tail);
  }
  return tail - io_uring_smp_load_acquire(queue.khead);
}

int ring::call_enter(unsigned submit, unsigned wait, unsigned flags, time_point deadline,
                     time_point now) {
  __kernel_timespec timeout{};
  io_uring_getevents_arg argument{};
  argument.sigmask_sz = _NSIG / 8;
  flags |= IORING_ENTER_EXT_ARG;
  if (wait > 0 && deadline != never) {
    const duration left = std::max(deadline - now, duration::zero());
    timeout.tv_sec = left.count() / 1'000'000'000;
    timeout.tv_nsec = left.count() % 1'000'000'000;
    argument.ts = reinterpret_cast<std::uint64_t>(&timeout);
  }
  if (has_features(feature_no_iowait)) {
    flags |= enter_no_iowait;  // Else an idle server shows up as 100 % iowait.
  }
  if (registered_descriptor_) {
    flags |= IORING_ENTER_REGISTERED_RING;
  }
  ++system_calls_;
  return io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), submit, wait, flags,
                         reinterpret_cast<sigset_t*>(&argument), sizeof(argument));
}

bool ring::kernel_has_work() const noexcept {
  const unsigned queue_flags = io_uring_smp_load_acquire(ring_.sq.kflags);
  return (queue_flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

bool ring::unfinished() noexcept {
  return kernel_has_work() || ring_.sq.sqe_tail != io_uring_smp_load_acquire(ring_.sq.khead) ||
         completion() != nullptr;
}

void ring::enter(time_point deadline, time_point now) {
  const unsigned submit = flush();
  const bool ready = completion() != nullptr;
  const bool waits = deadline > now && !ready;
  if (!waits && submit == 0 && !kernel_has_work()) {
    return;
  }
  // GETEVENTS always: with DEFER_TASKRUN a call that only submits makes no progress on completions,
  // and an overflown completion queue is emptied by such a call alone.
  const int status = call_enter(submit, waits ? 1 : 0, IORING_ENTER_GETEVENTS, deadline, now);
  const bool harmless =
      status >= 0 || status == -ETIME || status == -EINTR || status == -EAGAIN || status == -EBUSY;
  if (!harmless) {
    throw error(-status, "io_uring_enter");
  }
}

io_uring_cqe* ring::completion() noexcept {
  const unsigned head = *ring_.cq.khead;
  if (head == io_uring_smp_load_acquire(ring_.cq.ktail)) {
    return nullptr;
  }
  return &ring_.cq.cqes[head & ring_.cq.ring_mask];
}

void ring::seen() noexcept { io_uring_cq_advance(&ring_, 1); }

}  // namespace jackdaw::io
