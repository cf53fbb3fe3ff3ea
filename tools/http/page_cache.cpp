// cachestat(2), which the C library's headers may not have yet.

#include <jackdaw/tools/http/page_cache.hpp>

#include <unistd.h>

namespace jackdaw::http {

namespace {

// The same on every architecture, as of all calls since 2019 (but on Alpha, which has no io_uring here either).
constexpr long cachestat_number = 451;

// As in linux/mman.h.
struct cachestat_range {
  std::uint64_t offset;
  std::uint64_t length;
};
struct cachestat_answer {
  std::uint64_t cached;
  std::uint64_t dirty;
  std::uint64_t in_writeback;
  std::uint64_t evicted;
  std::uint64_t recently_evicted;
};

}  // namespace

bool is_cached(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept {
  if (count == 0) {
    return true;
  }
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  cachestat_range range{.offset = offset, .length = count};
  cachestat_answer answer{};
  const std::uint64_t pages = (offset + count - 1) / page_bytes - offset / page_bytes + 1;
  return syscall(cachestat_number, descriptor, &range, &answer, 0U) == 0 && answer.cached >= pages;
}

}  // namespace jackdaw::http
