// The driver on epoll: where io_uring is refused, with the same promises.
//
// Interest outlives a wait
// ------------------------
// Registering costs a system call, and a server waits for the same descriptor again and again. So
// interest, once registered (level-triggered), is left in place when an operation has ended; it is
// withdrawn when an event comes that nobody waited for. For descriptors that we close ourselves the table
// remembers the generation (file_descriptor.hpp): a number that came back is registered anew. Foreign
// descriptors are registered for each wait, since nobody tells us when they are closed.
//
// Registrations that outlive their number
// ---------------------------------------
// The kernel forgets a registration with its file, not with its number. A file that lives on after its
// number was closed (a duplicate, a forked child) goes on reporting, level-triggered, and EPOLL_CTL_DEL
// cannot name it any more: every wait would return at once. So each registration has a ticket in its
// event's data; an event whose ticket is not that of its number is stale. If withdrawing by the number
// does not help either, the driver makes a new epoll instance, registers there what is waited for, and
// closes the old one. That costs a system call per waiter, and is done when stale events have cost as
// much: so it at most doubles what they cost.
//
// An operation is tried first, and waits only if it would block (but see must_give_way()). Not so a read
// that waits for a peer's next request, which nearly always would: receive_lent, and a receive after one
// that got less than it asked for (file_descriptor::drained()); nor a wait for
// readiness, whose end belongs after what is runnable already (asyncio's S3), and which an unread byte
// would end again and again.
#pragma once

#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/wake_permit.hpp>

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace jackdaw::io {

class epoll_driver final : public io_driver {
 public:
  /// Throws io::error if a descriptor cannot be had.
  explicit epoll_driver(const clock& clock);
  epoll_driver(const epoll_driver&) = delete;
  epoll_driver& operator=(const epoll_driver&) = delete;
  ~epoll_driver() override;

  void park(time_point deadline, work_list& ready) override;
  void wake() noexcept override;

  [[nodiscard]] int start(operation& starting) override;
  void cancel(operation& pending_one) noexcept override;

  void watch(standing_watch& added) override;
  void end_watch() noexcept override;

  /// How often a stale registration made a new epoll instance necessary.
  [[nodiscard]] std::uint64_t rebuilds() const noexcept { return rebuilds_; }

 private:
  struct interest {
    operation* waiting = nullptr;  // A list, oldest first.
    std::uint32_t registered = 0;  // Events that the kernel watches, as far as we know.
    std::uint32_t generation = 0;  // Of the number, when it was registered.
    std::uint32_t ticket = 0;  // Of the registration; 0: the kernel has none, as far as we know.
  };

  [[nodiscard]] interest& interest_in(int descriptor);
  [[nodiscard]] int register_interest(int descriptor, interest& entry, std::uint32_t events,
                                      std::uint32_t generation) noexcept;
  [[nodiscard]] int wait_for_events(time_point deadline, time_point now) noexcept;
  void handle_event(const epoll_event& event, work_list& ready) noexcept;
  void handle_stale_event(int descriptor, const interest& entry) noexcept;
  void withdraw_unasked(int descriptor, interest& entry, std::uint32_t wanted) noexcept;
  [[nodiscard]] bool withdraw(int descriptor) noexcept;
  [[nodiscard]] int control(int command, int descriptor, epoll_event* event) noexcept;
  void rebuild(work_list& ready) noexcept;
  void register_again(int descriptor, interest& entry, work_list& ready) noexcept;

  const clock* clock_;
  file_descriptor epoll_;
  wake_permit permit_;
  std::vector<interest> interests_;
  std::uint64_t waiting_ = 0;
  standing_watch* watch_ = nullptr;
  std::uint32_t last_ticket_ = 0;
  std::uint64_t stale_calls_ = 0;  // What stale events have cost since the last rebuild.
  std::uint64_t rebuilds_ = 0;
  work_list cancelled_;  // Tasks whose operation was cancelled on this thread: for the next park().
  std::unique_ptr<std::byte[]> scratch_;
  std::vector<epoll_event> events_;
};

}  // namespace jackdaw::io
