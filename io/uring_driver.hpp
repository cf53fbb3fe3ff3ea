// The driver on io_uring: a ring per worker, one system call per tick.
//
// Who owns what
// -------------
// An operation's address is the user data of its completion, so it must stay until that completion
// (operation.hpp). The ring belongs to its worker's thread; others reach it through the permit's eventfd
// (armed as a read on the ring itself) and the inbox of cancellations.
//
// Lent memory: receive_lent lets the kernel pick memory of lent_buffers when data is there. The bytes are
// copied into the operation's byte_buffer when the completion is reaped: no byte stays there for longer
// than a tick, and an idle connection holds none. When a burst uses them all up the kernel says ENOBUFS
// without losing data; the operation is submitted again, with buffers given back.
//
// The busy have memory of their own: that the kernel picks some, and the copy, cost some per cent of a small
// message. So where little arrived, and soon, a few times in a row, the next receive_lent is handed a small
// block of its byte_buffer's own. "Soon" is counted in turns of this driver: only those that are served again
// within a few turns have such a block, so their number is bounded by what these turns can do, and not by the
// number of connections. A longer message comes in two parts, and ends it.
//
// Direct descriptors have rings of their own (direct_ring.hpp), which this driver submits to and collects
// from once per turn; they wake it through the permit's eventfd. It does not sleep while one of them is
// unfinished: an event is announced once, and a turn may do only a part of what it announced. Or it naps, if that
// has led to nothing many times.
//
// What is known beforehand
// ------------------------
// A receive after one that left nothing behind (file_descriptor::drained()) will have to wait: it is told to
// poll first, which spares the attempt.
// A small send nearly always succeeds at once. When few completions came together it is made with a system
// call of its own, and its task goes on without a turn of the loop; when many came, their sends go to the
// kernel together, in one call for all (see sends_at_once()). docs/decisions/0017-io-fast-path.md has the figures.
#pragma once

#include <jackdaw/io/direct_ring.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/lent_buffers.hpp>
#include <jackdaw/io/ring.hpp>
#include <jackdaw/io/wake_permit.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace jackdaw::io {

class uring_driver final : public io_driver {
 public:
  /// Throws io::error if a ring cannot be had.
  explicit uring_driver(const clock& clock, ring_sizes sizes = {},
                        unsigned direct_descriptors_max = 0);
  uring_driver(const uring_driver&) = delete;
  uring_driver& operator=(const uring_driver&) = delete;
  /// Aborts if an operation is in flight; takes its own read back from the kernel first.
  ~uring_driver() override;

  void park(time_point deadline, work_list& ready) override;
  void wake() noexcept override;

  [[nodiscard]] int start(operation& starting) override;
  void cancel(operation& pending_one) noexcept override;

  void watch(standing_watch& added) override;
  void end_watch() noexcept override;

 private:
  [[nodiscard]] bool sends_at_once(const request& wanted) const noexcept;
  [[nodiscard]] bool polls_first(const request& wanted) const noexcept;
  void prepare(operation& starting, io_uring_sqe& sqe, const lent_buffers& lent) const noexcept;
  [[nodiscard]] int start_direct(operation& starting);
  [[nodiscard]] direct_ring* ring_with_room();
  [[nodiscard]] int submit(operation& starting, ring& to, const lent_buffers& lent);
  void turn_direct(work_list& ready);
  [[nodiscard]] bool direct_unfinished() const noexcept;
  void reap_direct(direct_ring& from, work_list& ready);
  void reap(work_list& ready);
  void reap_operation(const io_uring_cqe& completion, lent_buffers& lent, work_list& ready);
  void reap_lent(operation& ended, int result, unsigned flags, lent_buffers& lent,
                 work_list& ready);
  [[nodiscard]] bool receives_directly(const request& wanted) const noexcept;
  void note_arrival(file_descriptor& owner, int result) const noexcept;
  void resubmit(operation& again);
  void arm_wake_read();
  void arm_watch();
  [[nodiscard]] std::uint64_t system_calls() const noexcept;

  const clock* clock_;
  ring ring_;
  wake_permit permit_;
  std::uint64_t wake_count_ = 0;  // What the read of the eventfd fills.
  bool wake_read_armed_ = false;
  bool closing_ = false;
  standing_watch* watch_ = nullptr;
  bool watch_armed_ = false;  // The kernel polls its descriptor; so may it after end_watch().
  std::uint64_t in_flight_ = 0;
  std::uint64_t sends_at_once_ = 0;
  std::uint32_t turn_ = 0;
  unsigned turns_for_nothing_ = 0;
  unsigned reaped_together_ =
      0;                 // Operations, by the last look at the completions that found some.
  bool can_poll_first_;  // Since 5.19.
  lent_buffers lent_;
  ring_sizes sizes_;
  unsigned direct_left_;  // Slots that further rings may have.
  bool direct_refused_ = false;
  std::vector<std::unique_ptr<direct_ring>> direct_;
};

}  // namespace jackdaw::io
