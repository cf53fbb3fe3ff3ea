// loop.sendfile() and loop.sock_sendfile(): a file goes through a connection without coming through this process.
//
// That is the kernel's sendfile(2), which knows sockets only: over TLS, and for files that it cannot send (of
// /proc, for instance), the file is read and written in pieces instead, unless `fallback` says no.
#pragma once

#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

namespace jackdaw::io::asyncio {

/// Source        asyncio.SendfileNotAvailableError.
class sendfile_not_available_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct sendfile_options {
  sendfile_options() = default;

  std::uint64_t offset = 0;
  /// All up to the end, if nothing is said; never 0.
  std::optional<std::uint64_t> count = {};
  /// Whether to read and write what the kernel cannot send.
  bool fallback = true;
};

/// Sends what has been written before, and then the file; gives the number of bytes, less than `count` only if
/// the file ends. A file has no position here, so none is moved.
///
/// Suspends      Until the kernel has taken all of it. Nobody can write meanwhile (std::runtime_error), and
///               reading is paused.
/// Threads       The loop's. It waits for the disk if the file is not in memory.
/// Lifetime      The file outlives the await.
/// Errors        std::invalid_argument for a count of 0; std::runtime_error if the transport is closing, is
///               none of a connection, or would need the fallback that it may not use;
///               sendfile_not_available_error if the kernel cannot send this file, and must; io::error,
///               ECONNRESET if the connection ends here.
/// Cancellation  A part may have been sent.
/// Source        loop.sendfile.
task<std::uint64_t> sendfile(std::shared_ptr<transport> through, file& from,
                             sendfile_options options = {});

/// The same over a socket that has no transport.
///
/// Lifetime      Socket and file outlive the await.
/// Errors        std::invalid_argument if it is no stream socket, or for a count of 0; as above.
/// Source        loop.sock_sendfile.
task<std::uint64_t> sock_sendfile(jackdaw::io::socket& to, file& from,
                                  sendfile_options options = {});

}  // namespace jackdaw::io::asyncio
