// Direct descriptors: sockets that have a slot in a ring's table instead of a number in the process's.
//
// Why rings of their own
// ----------------------
// The kernel takes a table of at most RLIMIT_NOFILE slots, and one per ring; a process may have many rings.
// So a driver whose listeners ask for direct descriptors makes such a ring when the last one is full, up to
// options::direct_descriptors_max slots. What completes in one of them is announced through the eventfd that
// wakes the driver. The driver's first ring does without a table: who does not ask pays nothing.
//
// Numbers
// -------
//   bit 30 set │ bits 20..29: the ring │ bits 0..19: the slot
//
// Above every number that the kernel gives, so a system call that gets one says EBADF and touches nobody.
// The name of a ring is given anew only when it ended without a slot in use: a stream that outlives its
// runtime closes nothing of another's.
//
// Who may do what
// ---------------
// A ring belongs to its worker. Operations of another worker go through that worker's inbox, and the task
// goes on there (operation::await_suspend). Closing is possible from any thread: slots to close are linked in
// `next_closing_`, under the registry's lock, which also keeps the ring alive meanwhile. What needs a plain
// descriptor (options, addresses, shutdown) installs one for the moment: on the ring's worker only.
//
// Slots in use
// ------------
//   taken_ = accepts in flight + connections held + closes in flight, and <= size. An accept reserves its slot
//   when it is started, so one that the kernel completes always finds room.
//
// K1: the registry's entries are published with release and read with acquire; a task of the same runtime
// reads while all its rings live. K2 relaxed: a hint that spares the lock; a wake() follows the write.
#pragma once

#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/lent_buffers.hpp>
#include <jackdaw/io/ring.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace jackdaw::io {

class io_driver;

/// Threads       The owner's, but for close_direct().
class direct_ring {
 public:
  /// User data that are no addresses of operations.
  static constexpr std::uint64_t close_mark = 1;
  static constexpr std::uint64_t cancel_mark = 2;  // As in the driver's own ring.
  static constexpr std::uint64_t install_mark = 3;

  /// A ring with a table of `slots` or what the limit of descriptors allows. It announces completions in
  /// `event`. Null if the kernel cannot (before 6.1) or will not.
  static std::unique_ptr<direct_ring> make(io_driver& owner, ring_sizes sizes, int event,
                                           unsigned slots) noexcept;
  direct_ring(io_driver& owner, ring_sizes sizes, int event, unsigned slots);
  direct_ring(const direct_ring&) = delete;
  direct_ring& operator=(const direct_ring&) = delete;
  /// Nothing may be in flight. What is still held is closed.
  ~direct_ring();

  [[nodiscard]] ring& queue() noexcept { return queue_; }
  [[nodiscard]] lent_buffers& lent() noexcept { return lent_; }
  [[nodiscard]] unsigned size() const noexcept { return size_; }
  [[nodiscard]] int number_of(int slot) const noexcept { return direct_number(name_, slot); }
  [[nodiscard]] io_driver& owner() const noexcept { return *owner_; }

  /// Reserves a slot for an accept. False: none is left.
  [[nodiscard]] bool take() noexcept;
  /// An accept failed, or a slot is closed.
  void give_back() noexcept;

  /// Submits what is queued and what others closed, and collects what is ready. Never waits.
  void turn();
  /// Closes a slot: soon, and together with others.
  void close(int slot) noexcept;
  void close_from_elsewhere(int slot) noexcept;
  /// A plain descriptor to the same socket, which is the caller's to close, or a negative errno.
  [[nodiscard]] int install(int slot);

 private:
  void collect_closing() noexcept;

  io_driver* owner_;
  ring queue_;
  lent_buffers lent_;
  unsigned size_ = 0;
  unsigned taken_ = 0;
  unsigned name_ = 0;
  std::vector<int> next_closing_;  // By slot; under the registry's lock.
  int closing_ = -1;               // The first of them; under the lock.
  std::atomic<bool> any_closing_{false};
};

/// The ring that a number names, or null if it ended. Threads: workers of the ring's runtime.
[[nodiscard]] direct_ring* direct_ring_of(int number) noexcept;

}  // namespace jackdaw::io
