// Starting a program by posix_spawn(3).
#pragma once

#include <jackdaw/io/child_process.hpp>
#include <jackdaw/io/process_options.hpp>

#include <memory>

namespace jackdaw::io {

/// Starts it, in the calling thread, and makes the pipes that are wanted. Throws io::error that names the program:
/// then there is no child, and of what was opened for it nothing is left.
[[nodiscard]] std::unique_ptr<child_process> launch_process(const process_options& options);

}  // namespace jackdaw::io
