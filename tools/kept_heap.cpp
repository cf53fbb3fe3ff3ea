// mallopt(3).

#include <jackdaw/tools/kept_heap.hpp>

#include <malloc.h>

namespace jackdaw::tools {

void keep_freed_heap() noexcept {
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(heap_bytes_kept));
  // To set one ends the adapting of both: blocks of 128 KiB would be mapped and unmapped each time from now on.
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(heap_bytes_kept));
}

}  // namespace jackdaw::tools
