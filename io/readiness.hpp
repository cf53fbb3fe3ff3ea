// Waiting for descriptors that belong to somebody else: the seam for foreign libraries.
#pragma once

#include <jackdaw/io/operation.hpp>

namespace jackdaw::io {

/// The await of try_readable() and try_writable(): the events of poll(2) that are there, POLLIN or POLLOUT,
/// POLLERR, POLLHUP.
class [[nodiscard]] readiness_operation : public operation {
 public:
  readiness_operation(int descriptor, int events) noexcept;
  /// Of a descriptor of ours: it is noticed if that is closed meanwhile.
  readiness_operation(file_descriptor& descriptor, int events) noexcept;
  result<int> await_resume();
};

/// Waits until `descriptor` can be read, or has an error or a hang-up to report.
///
/// Suspends      Always; on epoll a file or directory, which is always ready, ends it at once.
/// Lifetime      The descriptor stays open until the await returns.
/// Errors        io::error, EBADF for instance.
/// Cancellation  Loses nothing.
/// Source        poll(2). asyncio: loop.add_reader.
throwing<readiness_operation> readable(int descriptor) noexcept;
readiness_operation try_readable(int descriptor) noexcept;
/// The same for writing.
throwing<readiness_operation> writable(int descriptor) noexcept;
readiness_operation try_writable(int descriptor) noexcept;

}  // namespace jackdaw::io
