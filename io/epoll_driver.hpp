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
// An operation is tried first, and waits only if it would block. Not so a read that waits for a peer's
// next request (receive_lent), which nearly always would; nor a wait for readiness, whose end belongs
// after what is runnable already (asyncio's S3), and which an unread byte would end again and again.
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

 private:
  struct interest {
    operation* waiting = nullptr;  // A list, oldest first.
    std::uint32_t registered = 0;  // Events that the kernel watches, as far as we know.
    std::uint32_t generation = 0;
    bool known = false;            // The kernel has an entry for this number, as far as we know.
  };

  [[nodiscard]] interest& interest_in(int descriptor);
  [[nodiscard]] int register_interest(int descriptor, interest& entry, std::uint32_t events,
                                      std::uint32_t generation) noexcept;
  [[nodiscard]] int wait_for_events(time_point deadline, time_point now) noexcept;
  void handle_event(const epoll_event& event, work_list& ready) noexcept;
  void withdraw_unasked(int descriptor, interest& entry, std::uint32_t wanted) noexcept;

  const clock* clock_;
  file_descriptor epoll_;
  wake_permit permit_;
  std::vector<interest> interests_;
  std::uint64_t waiting_ = 0;
  work_list cancelled_;  // Tasks whose operation was cancelled on this thread: for the next park().
  std::unique_ptr<std::byte[]> scratch_;
  std::vector<epoll_event> events_;
};

}  // namespace jackdaw::io
