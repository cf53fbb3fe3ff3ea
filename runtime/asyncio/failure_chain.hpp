// Who is told of a failure, and who is told when that one fails: asyncio's chain of exception handlers.
//
//   failure ──► the handler that was set ──(it throws)──► the default handler ──(it throws)──► stderr
//                        none set ───────────────────────────────▲
//
// keyboard_interrupt and system_exit leave the chain from wherever they are thrown. Warnings go to the
// default handler only, which is the log: loop_options::on_failure, or stderr.
#pragma once

#include <jackdaw/runtime/report.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace jackdaw::asyncio {

class event_loop;

/// What set_exception_handler() takes. Empty is Python's None.
using exception_handler = std::function<void(event_loop&, const failure&)>;

/// Belongs to a loop, and is shared with results that outlive it. Threads: any.
class failure_chain {
 public:
  explicit failure_chain(failure_handler log) : log_(std::move(log)) {}
  failure_chain(const failure_chain&) = delete;
  failure_chain& operator=(const failure_chain&) = delete;

  void set_handler(event_loop& loop, exception_handler handler);
  /// The loop is gone; what fails later goes to the log.
  void forget_loop() noexcept;
  [[nodiscard]] exception_handler handler() const;

  /// Throws keyboard_interrupt and system_exit, nothing else.
  void tell(const failure& failure) const;
  /// The end of the chain before stderr. Throws what the log throws.
  void tell_log(const failure& failure) const;

 private:
  struct installed {
    event_loop* loop;
    exception_handler call;
  };
  [[nodiscard]] std::shared_ptr<const installed> current() const;

  const failure_handler log_;
  mutable std::mutex lock_;
  std::shared_ptr<const installed> handler_;  // Under the lock; called outside of it.
};

}  // namespace jackdaw::asyncio
