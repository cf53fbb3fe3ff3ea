// Memory that a server has freed and will want again: some of it stays in the process.
#pragma once

#include <cstddef>

namespace jackdaw::tools {

/// What the heap keeps of freed memory at its end, per arena. As much as a few dozen connections that are sent large
/// bodies over TLS have at a time, and little beside what a process takes to start.
constexpr std::size_t heap_bytes_kept = std::size_t{4} << 20;

/// To be called once, before there are other threads. glibc gives memory at the heap's end back to the kernel beyond
/// 128 KiB, and gets it page by page again for the next body: a fifth of what a body over TLS costs. Another malloc()
/// than glibc's takes no notice.
void keep_freed_heap() noexcept;

}  // namespace jackdaw::tools
