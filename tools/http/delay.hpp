// Whether requests wait too long for their turn, and which of them have.
//
// Late for a while, not late once
// -------------------------------
// A server that gets more work than it can do makes all who ask wait, longer and longer, until they give up; what is
// answered then is answered for nobody. So beyond a limit requests are told to come again. That one of them waited
// proves nothing: a long computation makes those behind it wait once, and turning them away would help nobody. What
// proves it is a queue that stands (CoDel: Nichols and Jacobson, ACM Queue 2012):
//
//             a wait >= limit                     100 ms later, still
//     in time ───────────────────► late ────────────────────────────────► standing
//        ▲                          │                                        │
//        └───── a wait < limit/2 ◄──┴────────────────────────────────────────┘     nothing measured for a second
//
// While it stands, a request whose last byte came more than the limit ago is refused; so the queue becomes as short as
// the limit, and stays so.
//
// How long a request has waited the kernel knows (TCP_INFO), wherever that was: to be accepted, to be read, to be run.
// Its clock ticks in milliseconds. It is asked once in a millisecond, and for each request while the queue stands.
#pragma once

#include <jackdaw/runtime/clock.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace jackdaw::http {

/// The state above. Threads: any.
class delay_watch {
 public:
  static constexpr duration standing_after = std::chrono::milliseconds(100);
  static constexpr duration forgotten_after = std::chrono::seconds(1);
  static constexpr duration measured_every = std::chrono::milliseconds(1);

  /// `limit` 0: never late.
  explicit delay_watch(duration limit) noexcept : limit_(limit) {}

  /// True for one of those whose turn it is, when it is time to measure again: then the caller owes a note().
  [[nodiscard]] bool wants_measurement(time_point now) noexcept;
  /// One that has its turn now has waited for so long.
  void note(duration waited, time_point now) noexcept;
  [[nodiscard]] bool stands(time_point now) const noexcept;
  [[nodiscard]] duration limit() const noexcept { return limit_; }

 private:
  const duration limit_;
  // Of the clock, in ns; 0: not late. All relaxed (W1): whoever sees an older state refuses one more or one less.
  std::atomic<std::int64_t> late_since_{0};
  std::atomic<std::int64_t> noted_at_{0};
  std::atomic<std::int64_t> next_measurement_{0};
};

/// How long ago the last byte came to this TCP socket; 0 if the kernel does not say. Cost: a system call.
[[nodiscard]] duration age_of_last_byte(int descriptor) noexcept;

}  // namespace jackdaw::http
