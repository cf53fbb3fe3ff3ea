// The table, the registry of rings, and the way to a plain descriptor.
#include <jackdaw/io/direct_ring.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/runtime/current.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <mutex>
#include <utility>

namespace jackdaw::io {
namespace {

// Kernel ABI that liburing 2.3 does not name yet.
constexpr int install_opcode = 54;  // IORING_OP_FIXED_FD_INSTALL, 6.8

constexpr std::array<int, 12> opcodes_used = {
    IORING_OP_RECV,     IORING_OP_SEND,         IORING_OP_ACCEPT, IORING_OP_RECVMSG,
    IORING_OP_SENDMSG,  IORING_OP_READ,         IORING_OP_WRITE,  IORING_OP_CONNECT,
    IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_CLOSE,  install_opcode,
};

// More would be a table of a megabyte for a process whose limit is far away.
constexpr unsigned slots_max = 32768;

struct registry {
  std::mutex lock;
  std::array<std::atomic<direct_ring*>, direct_names_max> rings{};
  std::array<bool, direct_names_max> used{};  // Under the lock: also by rings that ended too early.
};

registry& all_rings() noexcept {
  static auto* const instance = new registry;  // Streams may be closed while statics are destroyed.
  return *instance;
}

unsigned enroll(direct_ring& added) {
  registry& all = all_rings();
  const std::lock_guard guard(all.lock);
  const auto free = std::find(all.used.begin(), all.used.end(), false);
  if (free == all.used.end()) {
    throw error(ENFILE, "io_uring: names of rings");
  }
  *free = true;
  const auto name = static_cast<unsigned>(free - all.used.begin());
  all.rings[name].store(&added, std::memory_order_release);  // K1
  return name;
}

unsigned table_size(unsigned wanted) noexcept {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<unsigned>(std::min<rlim_t>({wanted, limit.rlim_cur, rlim_t{slots_max}}));
}

bool on_own_thread(const direct_ring& asked) noexcept {
  return current_context().driver == &asked.owner();
}

void check(int status, const char* what) {
  if (status < 0) {
    throw error(-status, what);
  }
}

}  // namespace

std::unique_ptr<direct_ring> direct_ring::make(io_driver& owner, ring_sizes sizes, int event,
                                               unsigned slots) noexcept {
  try {
    return std::make_unique<direct_ring>(owner, sizes, event, slots);
  } catch (const std::exception&) {
    return nullptr;  // The caller does without; an accept says what is missing.
  }
}

direct_ring::direct_ring(io_driver& owner, ring_sizes sizes, int event, unsigned slots)
    : owner_(&owner),
      queue_(sizes, ring_start::later),
      lent_(queue_),
      size_(table_size(slots)),
      next_closing_(size_, -1) {
  // Without this flag nobody tells, but a system call, that there is something to collect.
  if ((queue_.setup_flags() & IORING_SETUP_DEFER_TASKRUN) == 0 || !lent_.usable()) {
    throw error(EOPNOTSUPP, "io_uring_setup");
  }
  check(io_uring_register_files_sparse(&queue_.raw(), size_), "io_uring_register");
  check(io_uring_register_eventfd(&queue_.raw(), event), "io_uring_register");
  queue_.start_restricted(opcodes_used, IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE);
  name_ = enroll(*this);
}

direct_ring::~direct_ring() {
  registry& all = all_rings();
  {
    const std::lock_guard guard(all.lock);
    all.rings[name_].store(nullptr, std::memory_order_release);  // K1
  }
  collect_closing();
  while (queue_.unfinished()) {  // Completions may be more than fit at a time.
    queue_.enter(at_once, at_once);
    while (const io_uring_cqe* const each = queue_.completion()) {
      taken_ -= each->user_data == close_mark ? 1 : 0;
      queue_.seen();
    }
  }
  const std::lock_guard guard(all.lock);
  all.used[name_] = taken_ > 0;
}

bool direct_ring::take() noexcept {
  if (taken_ == size_) {
    return false;
  }
  ++taken_;
  return true;
}

void direct_ring::give_back() noexcept { --taken_; }

void direct_ring::turn() {
  if (any_closing_.load(std::memory_order_relaxed)) {  // K2
    collect_closing();
  }
  queue_.enter(at_once, at_once);
}

void direct_ring::close(int slot) noexcept {
  io_uring_sqe& sqe = queue_.entry();
  io_uring_prep_close(&sqe, 0);
  sqe.file_index = static_cast<unsigned>(slot) + 1;
  io_uring_sqe_set_data64(&sqe, close_mark);
}

void direct_ring::close_from_elsewhere(int slot) noexcept {
  next_closing_[static_cast<std::size_t>(slot)] = std::exchange(closing_, slot);
  any_closing_.store(true, std::memory_order_relaxed);  // K2
}

void direct_ring::collect_closing() noexcept {
  int first = -1;
  {
    const std::lock_guard guard(all_rings().lock);
    first = std::exchange(closing_, -1);
    any_closing_.store(false, std::memory_order_relaxed);  // K2
  }
  // A slot that is linked is not in use, and nobody links it again before it has been closed.
  while (first >= 0) {
    close(std::exchange(first, next_closing_[static_cast<std::size_t>(first)]));
  }
}

// The kernel does it while it takes the entry, so the completion is there when the call returns: behind
// those of others, which stay where they are until the driver comes to them.
int direct_ring::install(int slot) {
  io_uring_sqe& sqe = queue_.entry();
  io_uring_prep_nop(&sqe);
  sqe.opcode = install_opcode;
  sqe.fd = slot;
  sqe.flags = IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(&sqe, install_mark);
  queue_.enter(at_once, at_once);
  const io_uring_cq& ended = queue_.raw().cq;
  const unsigned tail = io_uring_smp_load_acquire(ended.ktail);
  for (unsigned position = *ended.khead; position != tail; ++position) {
    io_uring_cqe& each = ended.cqes[position & ended.ring_mask];
    if (each.user_data == install_mark) {
      each.user_data = cancel_mark;  // Not to be closed as one that nobody fetched.
      return each.res;
    }
  }
  return -EBUSY;
}

direct_ring* direct_ring_of(int number) noexcept {
  return all_rings().rings[direct_name(number)].load(std::memory_order_acquire);  // K1
}

io_driver* direct_owner(int number) noexcept {
  const direct_ring* const found = direct_ring_of(number);
  return found != nullptr ? &found->owner() : nullptr;
}

void close_direct(int number) noexcept {
  {
    const std::lock_guard guard(all_rings().lock);
    direct_ring* const found = direct_ring_of(number);
    if (found == nullptr) {
      return;
    }
    if (!on_own_thread(*found)) {
      found->close_from_elsewhere(direct_slot(number));
      found->owner().wake();
      return;
    }
  }
  // On its own thread: it does not end meanwhile.
  direct_ring_of(number)->close(direct_slot(number));
}

plain_descriptor::plain_descriptor(int number) noexcept : number_(number) {
  if (!is_direct(number)) {
    return;
  }
  direct_ring* const found = direct_ring_of(number);
  if (found == nullptr) {
    error_number_ = EBADF;
  } else if (!on_own_thread(*found)) {
    error_number_ = EXDEV;
  } else {
    number_ = found->install(direct_slot(number));
    ours_ = number_ >= 0;
    error_number_ = ours_ ? 0 : -number_;
  }
}

plain_descriptor::~plain_descriptor() {
  if (ours_) {
    const int before = errno;  // Of the call that was made on it.
    ::close(number_);
    errno = before;
  }
}

}  // namespace jackdaw::io
