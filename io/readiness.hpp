// Waiting for descriptors that belong to somebody else: the seam for foreign libraries.
#pragma once

#include <jackdaw/io/operation.hpp>

namespace jackdaw::io {

/// The await of readable() and writable().
class [[nodiscard]] readiness_operation final : public operation {
 public:
  readiness_operation(int descriptor, int events) noexcept;
  /// The events of poll(2) that are there: POLLIN or POLLOUT, POLLERR, POLLHUP.
  int await_resume();
};

/// Waits until `descriptor` can be read, or has an error or a hang-up to report.
///
/// Suspends      Always; on epoll a file or directory, which is always ready, ends it at once.
/// Lifetime      The descriptor stays open until the await returns.
/// Errors        io::error, EBADF for instance.
/// Cancellation  Loses nothing.
/// Source        poll(2). asyncio: loop.add_reader.
readiness_operation readable(int descriptor) noexcept;
/// The same for writing.
readiness_operation writable(int descriptor) noexcept;

}  // namespace jackdaw::io
