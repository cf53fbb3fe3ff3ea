// The driver on io_uring: a ring per worker, one system call per tick.
//
// Who owns what
// -------------
// An operation's address is the user data of its completion, so it must stay until that completion
// (operation.hpp). The ring belongs to its worker's thread; others reach it through the permit's eventfd
// (armed as a read on the ring itself) and the inbox of cancellations.
//
// Lent memory: receive_lent lets the kernel pick one of lent_count buffers when data is there. The bytes
// are copied into the operation's byte_buffer when the completion is reaped, and the buffer goes back at
// once: no buffer outlives a tick, and an idle connection holds none. When a burst uses them all up the
// kernel says ENOBUFS without losing data; the operation is submitted again, with buffers given back.
#pragma once

#include <jackdaw/io/io_driver.hpp>
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
  explicit uring_driver(const clock& clock, ring_sizes sizes = {});
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
  struct unmap {
    std::size_t bytes;
    void operator()(void* memory) const noexcept;
  };

  void prepare(operation& starting, io_uring_sqe& sqe) const noexcept;
  void reap(work_list& ready);
  void reap_operation(const io_uring_cqe& completion, work_list& ready);
  void reap_lent(operation& ended, int result, unsigned flags, work_list& ready);
  void resubmit(operation& again);
  void arm_wake_read();
  void arm_watch();
  void lend_all();
  void give_back(unsigned buffer) noexcept;

  const clock* clock_;
  ring ring_;
  wake_permit permit_;
  std::uint64_t wake_count_ = 0;  // What the read of the eventfd fills.
  bool wake_read_armed_ = false;
  bool closing_ = false;
  standing_watch* watch_ = nullptr;
  bool watch_armed_ = false;  // The kernel polls its descriptor; so may it after end_watch().
  std::uint64_t in_flight_ = 0;
  std::unique_ptr<io_uring_buf_ring, unmap> lent_ring_;
  std::unique_ptr<std::byte[]> lent_memory_;  // Null if the kernel cannot lend (before 5.19).
};

}  // namespace jackdaw::io
