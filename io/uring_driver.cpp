// Submitting, reaping, and lending buffers.
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/system_call.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/liveness.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace jackdaw::io {
namespace {

// Those of prepare(), and of the driver's own entries.
constexpr std::array<int, 10> opcodes_used = {
    IORING_OP_RECV,    IORING_OP_SEND, IORING_OP_ACCEPT, IORING_OP_CONNECT,  IORING_OP_RECVMSG,
    IORING_OP_SENDMSG, IORING_OP_READ, IORING_OP_WRITE,  IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL,
};

// What is received into lent memory at a time, so copied; the rest of a long message is received directly.
constexpr std::size_t lent_bytes_max = 4096;

// Who is busy, and so receives into memory of its own: see the header. The notes at the descriptor are how often
// in a row little arrived soon, in the low bits, and above them the last turn.
constexpr unsigned soon_turns = 64;
constexpr int little_bytes = 256;
constexpr std::size_t own_bytes = 512;
constexpr unsigned in_a_row_bits = 2;
constexpr std::uint32_t in_a_row_enough = (1U << in_a_row_bits) - 1;

// How often what is left in direct rings keeps the driver from sleeping while nothing ends, and for how long it sleeps
// from then on: the kernel may announce work again and again that leads to nothing (6.18; 10,000 turns on end
// were seen while others used the machine).
constexpr unsigned turns_for_nothing_max = 1024;
constexpr duration nap = std::chrono::milliseconds(1);

// Where a system call of its own costs less than a turn of the loop and another call of io_uring_enter().
constexpr unsigned few_completions = 4;
constexpr std::size_t small_send_bytes = std::size_t{16} * 1024;

// What read(2) and its like transfer at most; an entry's length has 32 bits.
constexpr std::size_t transfer_bytes_max = 0x7FFF'F000;

// User data that are no addresses of operations.
constexpr std::uint64_t wake_mark = 1;
constexpr std::uint64_t cancel_mark = direct_ring::cancel_mark;
constexpr std::uint64_t watch_mark = 3;

bool accepts_direct(const request& wanted) noexcept {
  return wanted.code == opcode::accept && wanted.flags != 0;
}

// The entry is for a ring with a table: it names a slot, or asks for one.
void by_table(const request& wanted, io_uring_sqe& sqe) noexcept {
  if (wanted.code == opcode::accept) {
    sqe.accept_flags = SOCK_NONBLOCK;  // The other flag is refused for what no exec() passes on.
    sqe.file_index = IORING_FILE_INDEX_ALLOC;
  } else {
    sqe.fd = direct_slot(wanted.descriptor);
    sqe.flags |= IOSQE_FIXED_FILE;
  }
}

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

// The flag is as old as what it is asked for.
uring_driver::uring_driver(const clock& clock, ring_sizes sizes, unsigned direct_descriptors_max)
    : clock_(&clock),
      ring_(sizes, ring_start::later),
      can_poll_first_((ring_.setup_flags() & IORING_SETUP_TASKRUN_FLAG) != 0),
      lent_(ring_),
      sizes_(sizes),
      direct_left_(direct_descriptors_max) {
  ring_.start_restricted(opcodes_used, IOSQE_BUFFER_SELECT);
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
  forget_runner();
  // A turn of a busy loop that waits for nobody: there is nothing to look at, and a permit may stay.
  if (deadline == at_once && in_flight_ == 0 && watch_ == nullptr && !inbox_filled() &&
      direct_.empty()) {
    counters().polls.add();
    return;
  }
  drain_inbox(ready);
  turn_direct(ready);
  const time_point now = deadline == at_once ? at_once : clock_->now();
  bool waits = deadline > now && ready.empty();
  if (!waits || !direct_unfinished()) {
    turns_for_nothing_ = 0;
  } else if (++turns_for_nothing_ < turns_for_nothing_max) {
    waits = false;
  } else {
    deadline = std::min(deadline, now + nap);
  }
  (waits ? counters().waits : counters().polls).add();
  waits = waits && permit_.prepare_to_sleep();
  if (watch_ != nullptr && !watch_armed_) {
    arm_watch();
  }
  ++turn_;
  ring_.enter(waits ? deadline : at_once, waits ? now : at_once);
  permit_.woke_up();
  counters().system_calls.set(system_calls());
  reap(ready);
  if (waits) {
    turn_direct(ready);
  }
  drain_inbox(ready);
}

std::uint64_t uring_driver::system_calls() const noexcept {
  std::uint64_t calls = ring_.system_calls() + sends_at_once_;
  for (const auto& each : direct_) {
    calls += each->queue().system_calls();
  }
  return calls;
}

bool uring_driver::sends_at_once(const request& wanted) const noexcept {
  return wanted.code == opcode::send && reaped_together_ <= few_completions &&
         wanted.length <= small_send_bytes;
}

int uring_driver::start(operation& starting) {
  if (is_direct(starting.wanted().descriptor) || accepts_direct(starting.wanted())) [[unlikely]] {
    return start_direct(starting);
  }
  if (sends_at_once(starting.wanted())) {
    ++sends_at_once_;
    if (const int result = perform(starting, {}); result != -EAGAIN) {
      counters().submissions.add();
      counters().completions.add();
      return result;
    }
  }
  return submit(starting, ring_, lent_);
}

int uring_driver::submit(operation& starting, ring& to, const lent_buffers& lent) {
  if (receives_directly(starting.wanted())) {
    // Here, where it may throw; prepare() finds it there.
    static_cast<void>(static_cast<byte_buffer*>(starting.wanted().memory)->prepare(own_bytes));
  }
  io_uring_sqe& sqe = to.entry();
  prepare(starting, sqe, lent);
  if (&to != &ring_) {
    by_table(starting.wanted(), sqe);
  }
  io_uring_sqe_set_data(&sqe, &starting);
  ++in_flight_;
  counters().submissions.add();
  return pending;
}

void uring_driver::resubmit(operation& again) {
  const int descriptor = again.wanted().descriptor;
  direct_ring* const direct = is_direct(descriptor) ? direct_ring_of(descriptor) : nullptr;
  io_uring_sqe& sqe = direct != nullptr ? direct->queue().entry() : ring_.entry();
  prepare(again, sqe, direct != nullptr ? direct->lent() : lent_);
  if (direct != nullptr) {
    by_table(again.wanted(), sqe);
  }
  io_uring_sqe_set_data(&sqe, &again);
}

direct_ring* uring_driver::ring_with_room() {
  for (const auto& each : direct_) {
    if (each->take()) {
      return each.get();
    }
  }
  if (direct_left_ == 0) {
    return nullptr;
  }
  auto made = direct_ring::make(*this, sizes_, permit_.descriptor(), direct_left_);
  if (made == nullptr) {
    direct_refused_ = direct_.empty();
    return nullptr;
  }
  direct_left_ -= made->size();
  direct_.push_back(std::move(made));
  return direct_.back()->take() ? direct_.back().get() : nullptr;
}

int uring_driver::start_direct(operation& starting) {
  const request& wanted = starting.wanted();
  if (is_direct(wanted.descriptor)) {
    direct_ring& own = *direct_ring_of(wanted.descriptor);
    return submit(starting, own.queue(), own.lent());
  }
  direct_ring* const room = direct_refused_ ? nullptr : ring_with_room();
  if (room != nullptr) {
    return submit(starting, room->queue(), room->lent());
  }
  return direct_refused_ ? submit(starting, ring_, lent_) : -ENFILE;
}

void uring_driver::turn_direct(work_list& ready) {
  for (const auto& each : direct_) {
    each->turn();
    reap_direct(*each, ready);
  }
}

// What is left there wakes nobody (ring::unfinished()): no sleep before it is done. And no loop here until
// it is: peers that read fast enough would keep us from everything else.
bool uring_driver::direct_unfinished() const noexcept {
  return std::any_of(direct_.begin(), direct_.end(),
                     [](const auto& each) { return each->queue().unfinished(); });
}

void uring_driver::reap_direct(direct_ring& from, work_list& ready) {
  while (const io_uring_cqe* const slot = from.queue().completion()) {
    io_uring_cqe completion = *slot;
    from.queue().seen();
    if (completion.user_data == direct_ring::close_mark) {
      from.give_back();
    } else if (completion.user_data == direct_ring::install_mark && completion.res >= 0) {
      ::close(completion.res);  // Whoever asked has been told that it was too late.
    } else if (completion.user_data > direct_ring::install_mark) {
      const auto& ended = *static_cast<operation*>(io_uring_cqe_get_data(&completion));
      if (accepts_direct(ended.wanted())) {
        if (completion.res < 0) {
          from.give_back();
        } else {
          completion.res = from.number_of(completion.res);
        }
      }
      reap_operation(completion, from.lent(), ready);
    }
  }
}

bool uring_driver::polls_first(const request& wanted) const noexcept {
  return can_poll_first_ && wanted.flags == 0 && wanted.owner != nullptr && wanted.owner->drained();
}

bool uring_driver::receives_directly(const request& wanted) const noexcept {
  return wanted.code == opcode::receive_lent && lent_.usable() && wanted.owner != nullptr &&
         (wanted.owner->arrivals() & in_a_row_enough) == in_a_row_enough;
}

void uring_driver::note_arrival(file_descriptor& owner, int result) const noexcept {
  const std::uint32_t before = owner.arrivals();
  const std::uint32_t last_turn = before & ~in_a_row_enough;
  const bool soon = (turn_ << in_a_row_bits) - last_turn <= soon_turns << in_a_row_bits;
  const bool little = result > 0 && result <= little_bytes && owner.drained();
  const std::uint32_t in_a_row = before & in_a_row_enough;
  const std::uint32_t now = soon && little ? std::min(in_a_row + 1, in_a_row_enough) : 0;
  owner.note_arrivals(turn_ << in_a_row_bits | now);
}

void uring_driver::prepare(operation& starting, io_uring_sqe& sqe,
                           const lent_buffers& lent) const noexcept {
  const request& wanted = starting.wanted();
  const auto length = static_cast<unsigned>(std::min(wanted.length, transfer_bytes_max));
  switch (wanted.code) {
    case opcode::receive:
      io_uring_prep_recv(&sqe, wanted.descriptor, wanted.memory, length, wanted.flags);
      sqe.ioprio = polls_first(wanted) ? IORING_RECVSEND_POLL_FIRST : 0;
      break;
    case opcode::receive_lent:
      if (receives_directly(wanted)) {
        const auto room = static_cast<byte_buffer*>(wanted.memory)->prepare(own_bytes);
        io_uring_prep_recv(&sqe, wanted.descriptor, room.data(), room.size(), 0);
        sqe.ioprio = polls_first(wanted) ? IORING_RECVSEND_POLL_FIRST : 0;
      } else if (lent.usable()) {
        io_uring_prep_recv(&sqe, wanted.descriptor, nullptr, lent_bytes_max, 0);
        sqe.ioprio = polls_first(wanted) ? IORING_RECVSEND_POLL_FIRST : 0;
        sqe.flags |= IOSQE_BUFFER_SELECT;
        sqe.buf_group = lent_buffers::group;
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
  const auto ask = [&pending_one](ring& where) {
    io_uring_sqe& sqe = where.entry();
    io_uring_prep_cancel(&sqe, &pending_one, 0);
    // Only the operation's own completion counts; this one's result says nothing that we need.
    io_uring_sqe_set_data64(&sqe, cancel_mark);
  };
  const request& wanted = pending_one.wanted();
  if (is_direct(wanted.descriptor)) [[unlikely]] {
    ask(direct_ring_of(wanted.descriptor)->queue());
    return;
  }
  ask(ring_);
  if (accepts_direct(wanted)) [[unlikely]] {
    // One of them has it; the others find nothing.
    for (const auto& each : direct_) {
      ask(each->queue());
    }
  }
}

void uring_driver::reap(work_list& ready) {
  unsigned operations = 0;
  while (const io_uring_cqe* const slot = ring_.completion()) {
    const io_uring_cqe completion = *slot;
    ring_.seen();
    if (completion.user_data > watch_mark) {
      ++operations;
      reap_operation(completion, lent_, ready);
    } else if (completion.user_data == watch_mark) {
      watch_armed_ = false;
      if (watch_ != nullptr) {
        hand_over(*watch_, ready);
      }
    } else if (completion.user_data == wake_mark) {
      wake_read_armed_ = false;
      if (!closing_) {
        arm_wake_read();
      }
    }
  }
  reaped_together_ = operations > 0 ? operations : reaped_together_;
}

void uring_driver::reap_operation(const io_uring_cqe& completion, lent_buffers& lent,
                                  work_list& ready) {
  auto& ended = *static_cast<operation*>(io_uring_cqe_get_data(&completion));
  const request& wanted = ended.wanted();
  JACKDAW_ASSERT(in_flight_ > 0);
  JACKDAW_ASSERT(!is_known_dead(&ended, sizeof(ended)));
  JACKDAW_ASSERT(!is_known_dead(wanted.memory, lent_to_kernel(wanted)));
  const bool was_lent = wanted.code == opcode::receive_lent;
  if ((was_lent || wanted.code == opcode::receive) && wanted.owner != nullptr) {
    wanted.owner->set_drained(completion.res > 0 &&
                              (completion.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0);
  }
  if (was_lent) {
    reap_lent(ended, completion.res, completion.flags, lent, ready);
    return;
  }
  --in_flight_;
  counters().completions.add();
  complete(ended, completion.res, ready);
}

void uring_driver::reap_lent(operation& ended, int result, unsigned flags, lent_buffers& lent,
                             work_list& ready) {
  auto& into = *static_cast<byte_buffer*>(ended.wanted().memory);
  if (!lent.usable() && result > 0) {
    std::byte scratch[lent_bytes_max];
    result = perform(ended, scratch);
  } else if ((flags & IORING_CQE_F_BUFFER) != 0) {
    lent.take(flags >> IORING_CQE_BUFFER_SHIFT, result, into);
  } else if (result > 0) {
    into.commit(static_cast<std::size_t>(result));
  } else {
    into.release_if_empty();
  }
  // Without lent memory nobody becomes busy: a result is then that of a poll, and says nothing of bytes.
  if (lent.usable() && ended.wanted().owner != nullptr) {
    note_arrival(*ended.wanted().owner, result);
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
