// Names to addresses.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/task.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::io {

/// The name could not be resolved: what() names it and gives the resolver's reason.
class resolve_error : public std::runtime_error {
 public:
  resolve_error(const std::string& host, const std::string& service, int status);
  /// EAI_NONAME and so on.
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

/// The addresses of `host` and `service` ("http", "8080") for TCP, in the system's order of preference.
///
/// Suspends      Always: getaddrinfo() runs in the blocking pool, so that no worker waits for a name
///               server.
/// Errors        resolve_error.
/// Cancellation  Leaves at once; the look-up ends by itself in its thread.
/// Source        getaddrinfo(3). asyncio: loop.getaddrinfo.
task<std::vector<address>> resolve(std::string host, std::string service);
/// Errors        ENOENT: no such host or service. EAGAIN: no answer in time; later there may be one. EIO: the name
///               server refuses, or fails. EINVAL, ENOMEM and what else the system says.
task<result<std::vector<address>>> try_resolve(std::string host, std::string service);

}  // namespace jackdaw::io
