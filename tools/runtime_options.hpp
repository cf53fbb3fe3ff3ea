// The options that every command which runs a runtime understands, spelled the same everywhere:
//
//   --mode multi|asyncio   --backend auto|io_uring|epoll   --workers N
#pragma once

#include <jackdaw/io/run.hpp>

#include <string>

namespace jackdaw::tools {

struct runtime_options {
  std::string mode = "multi";
  std::string backend = "auto";
  unsigned workers = 0;  ///< 0: what the affinity mask and the cgroup's quota allow.
};

/// Translates the words. Throws std::invalid_argument whose text names the option and what it takes,
/// also for what does not fit together: asyncio mode has one worker.
[[nodiscard]] io::options to_io_options(const runtime_options& chosen);

}  // namespace jackdaw::tools
