// Submitting, reaping, and lending buffers.
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/system_call.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/liveness.hpp>

#include <poll.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

namespace jackdaw::io {
namespace {

constexpr unsigned lent_count = 256;
constexpr std::size_t lent_bytes = 4096;
constexpr int lent_group = 0;

// What read(2) and its like transfer at most; an entry's length has 32 bits.
constexpr std::size_t transfer_bytes_max = 0x7FFF'F000;

// User data that are no addresses of operations.
constexpr std::uint64_t wake_mark = 1;
constexpr std::uint64_t cancel_mark = 2;
constexpr std::uint64_t watch_mark = 3;

// How much memory the operation's own must be there when the kernel has ended it (B39): whoever freed it
// before has had something else overwritten.
std::size_t lent_to_kernel(const request& wanted) noexcept {
  switch (wanted.code) {
    case opcode::receive_lent:
      return sizeof(byte_buffer);
    case opcode::receive_message:
    case opcode::send_message:
      return sizeof(msghdr);
    default:
      return wanted.memory != nullptr ? wanted.length : 0;
  }
}

}  // namespace

void uring_driver::unmap::operator()(void* memory) const noexcept { munmap(memory, bytes); }

uring_driver::uring_driver(const clock& clock, ring_sizes sizes) : clock_(&clock), ring_(sizes) {
  lend_all();
  arm_wake_read();
}

uring_driver::~uring_driver() {
  JACKDAW_ASSERT(in_flight_ == 0);
  // The kernel may still write the eventfd's count into this object.
  closing_ = true;
  for (const std::uint64_t mark : {wake_mark, watch_mark}) {
    io_uring_sqe& sqe = ring_.entry();
    io_uring_prep_cancel64(&sqe, mark, 0);
    io_uring_sqe_set_data64(&sqe, cancel_mark);
  }
  work_list nobody;
  while (wake_read_armed_ || watch_armed_) {
    ring_.enter(never, at_once);
    reap(nobody);
  }
}

void uring_driver::lend_all() {
  const std::size_t ring_bytes = lent_count * sizeof(io_uring_buf);
  void* const memory =
      mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return;
  }
  lent_ring_ = {static_cast<io_uring_buf_ring*>(memory), unmap{ring_bytes}};
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
  registration.ring_entries = lent_count;
  registration.bgid = lent_group;
  if (io_uring_register_buf_ring(&ring_.raw(), &registration, 0) != 0) {
    return;  // Then receive_lent waits for readiness and receives by itself.
  }
  lent_memory_ = std::make_unique_for_overwrite<std::byte[]>(lent_count * lent_bytes);
  io_uring_buf_ring_init(lent_ring_.get());
  for (unsigned buffer = 0; buffer < lent_count; ++buffer) {
    give_back(buffer);
  }
}

void uring_driver::give_back(unsigned buffer) noexcept {
  io_uring_buf_ring_add(lent_ring_.get(), lent_memory_.get() + buffer * lent_bytes, lent_bytes,
                        static_cast<unsigned short>(buffer), lent_count - 1, 0);
  io_uring_buf_ring_advance(lent_ring_.get(), 1);
}

void uring_driver::arm_wake_read() {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_read(&sqe, permit_.descriptor(), &wake_count_, sizeof(wake_count_), 0);
  io_uring_sqe_set_data64(&sqe, wake_mark);
  wake_read_armed_ = true;
}

// One shot, asked anew each time: the kernel's multishot poll reports edges only.
void uring_driver::arm_watch() {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_poll_add(&sqe, watch_->descriptor, POLLIN);
  io_uring_sqe_set_data64(&sqe, watch_mark);
  watch_armed_ = true;
}

void uring_driver::watch(standing_watch& added) {
  JACKDAW_ASSERT(watch_ == nullptr);
  watch_ = &added;
}

void uring_driver::end_watch() noexcept { watch_ = nullptr; }

void uring_driver::wake() noexcept {
  if (permit_.wake()) {
    counters().wakes.add_shared();
  }
}

void uring_driver::park(time_point deadline, work_list& ready) {
  // A turn of a busy loop that waits for nobody: there is nothing to look at, and a permit may stay.
  if (deadline == at_once && in_flight_ == 0 && watch_ == nullptr && !inbox_filled()) {
    counters().polls.add();
    return;
  }
  drain_inbox(ready);
  const time_point now = deadline == at_once ? at_once : clock_->now();
  bool waits = deadline > now && ready.empty();
  (waits ? counters().waits : counters().polls).add();
  waits = waits && permit_.prepare_to_sleep();
  if (watch_ != nullptr && !watch_armed_) {
    arm_watch();
  }
  ring_.enter(waits ? deadline : at_once, waits ? now : at_once);
  permit_.woke_up();
  counters().system_calls.set(ring_.system_calls());
  reap(ready);
  drain_inbox(ready);
}

int uring_driver::start(operation& starting) {
  io_uring_sqe& sqe = ring_.entry();
  prepare(starting, sqe);
  io_uring_sqe_set_data(&sqe, &starting);
  ++in_flight_;
  counters().submissions.add();
  return pending;
}

void uring_driver::resubmit(operation& again) {
  io_uring_sqe& sqe = ring_.entry();
  prepare(again, sqe);
  io_uring_sqe_set_data(&sqe, &again);
}

void uring_driver::prepare(operation& starting, io_uring_sqe& sqe) const noexcept {
  const request& wanted = starting.wanted();
  const auto length = static_cast<unsigned>(std::min(wanted.length, transfer_bytes_max));
  switch (wanted.code) {
    case opcode::receive:
      io_uring_prep_recv(&sqe, wanted.descriptor, wanted.memory, length, wanted.flags);
      break;
    case opcode::receive_lent:
      if (lent_memory_ != nullptr) {
        io_uring_prep_recv(&sqe, wanted.descriptor, nullptr, lent_bytes, 0);
        sqe.flags |= IOSQE_BUFFER_SELECT;
        sqe.buf_group = lent_group;
      } else {
        io_uring_prep_poll_add(&sqe, wanted.descriptor, POLLIN);
      }
      break;
    case opcode::send:
      // WAITALL: the kernel goes on after a short send, instead of one round trip through us each.
      io_uring_prep_send(&sqe, wanted.descriptor, wanted.memory, length,
                         wanted.flags | MSG_NOSIGNAL | MSG_WAITALL);
      break;
    case opcode::accept:
      io_uring_prep_accept(&sqe, wanted.descriptor, wanted.address, wanted.address_length,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
      break;
    case opcode::connect:
      io_uring_prep_connect(&sqe, wanted.descriptor, wanted.address, *wanted.address_length);
      break;
    case opcode::receive_message:
      io_uring_prep_recvmsg(&sqe, wanted.descriptor, static_cast<msghdr*>(wanted.memory),
                            static_cast<unsigned>(wanted.flags) | MSG_CMSG_CLOEXEC);
      break;
    case opcode::send_message:
      io_uring_prep_sendmsg(&sqe, wanted.descriptor, static_cast<const msghdr*>(wanted.memory),
                            static_cast<unsigned>(wanted.flags) | MSG_NOSIGNAL);
      break;
    case opcode::read:
      io_uring_prep_read(&sqe, wanted.descriptor, wanted.memory, length,
                         static_cast<std::uint64_t>(-1));
      break;
    case opcode::write:
      io_uring_prep_write(&sqe, wanted.descriptor, wanted.memory, length,
                          static_cast<std::uint64_t>(-1));
      break;
    case opcode::poll:
      io_uring_prep_poll_add(&sqe, wanted.descriptor, static_cast<unsigned>(wanted.flags));
      break;
  }
}

void uring_driver::cancel(operation& pending_one) noexcept {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_cancel(&sqe, &pending_one, 0);
  // Only the operation's own completion counts; this one's result says nothing that we need.
  io_uring_sqe_set_data64(&sqe, cancel_mark);
}

void uring_driver::reap(work_list& ready) {
  while (const io_uring_cqe* const slot = ring_.completion()) {
    const io_uring_cqe completion = *slot;
    ring_.seen();
    if (completion.user_data == cancel_mark) {
      continue;
    }
    if (completion.user_data == watch_mark) {
      watch_armed_ = false;
      if (watch_ != nullptr) {
        hand_over(*watch_, ready);
      }
      continue;
    }
    if (completion.user_data == wake_mark) {
      wake_read_armed_ = false;
      if (!closing_) {
        arm_wake_read();
      }
      continue;
    }
    reap_operation(completion, ready);
  }
}

void uring_driver::reap_operation(const io_uring_cqe& completion, work_list& ready) {
  auto& ended = *static_cast<operation*>(io_uring_cqe_get_data(&completion));
  JACKDAW_ASSERT(in_flight_ > 0);
  JACKDAW_ASSERT(!is_known_dead(&ended, sizeof(ended)));
  JACKDAW_ASSERT(!is_known_dead(ended.wanted().memory, lent_to_kernel(ended.wanted())));
  if (ended.wanted().code == opcode::receive_lent) {
    reap_lent(ended, completion.res, completion.flags, ready);
    return;
  }
  --in_flight_;
  counters().completions.add();
  complete(ended, completion.res, ready);
}

void uring_driver::reap_lent(operation& ended, int result, unsigned flags, work_list& ready) {
  if (lent_memory_ == nullptr && result > 0) {
    std::byte scratch[lent_bytes];
    result = perform(ended, scratch);
  } else if ((flags & IORING_CQE_F_BUFFER) != 0) {
    const unsigned buffer = flags >> IORING_CQE_BUFFER_SHIFT;
    if (result > 0) {
      const std::span<const std::byte> lent(lent_memory_.get() + buffer * lent_bytes,
                                            static_cast<std::size_t>(result));
      static_cast<byte_buffer*>(ended.wanted().memory)->append(lent);
    }
    give_back(buffer);
  }
  const bool try_again = result == -ENOBUFS || result == -EAGAIN;
  if (try_again && !ended.cancel_requested()) {
    resubmit(ended);
    return;
  }
  --in_flight_;
  counters().completions.add();
  complete(ended, try_again ? -ECANCELED : result, ready);
}
}  // namespace jackdaw::io
