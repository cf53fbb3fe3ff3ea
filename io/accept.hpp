// What listeners share: asking for a connection, and what to do when there is none to be had.
#pragma once

#include <jackdaw/io/operation.hpp>
#include <jackdaw/runtime/clock.hpp>

namespace jackdaw::io {

/// Whether the connection becomes a number of the process or a slot of a ring (direct_ring.hpp).
enum class accepted_as { plain, direct };

[[nodiscard]] request accept_request(file_descriptor& listening,
                                     accepted_as wanted = accepted_as::plain) noexcept;

/// Between two attempts to accept.
class accept_back_off {
 public:
  /// How long to wait after that error: nothing if it concerned one connection only, 10 to 100 ms while
  /// descriptors or memory are used up. Throws io::error if the listener itself is broken.
  [[nodiscard]] duration after(int error_number);

 private:
  duration next_ = std::chrono::milliseconds(10);
};

}  // namespace jackdaw::io
