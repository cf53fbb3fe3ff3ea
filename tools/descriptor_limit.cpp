// setrlimit(2).

#include <jackdaw/tools/descriptor_limit.hpp>

#include <sys/resource.h>

namespace jackdaw::tools {

std::size_t raise_descriptor_limit() noexcept {
  // The soft limit is 1024 only for the sake of select(), which nothing here uses.
  rlimit bounds{};
  if (getrlimit(RLIMIT_NOFILE, &bounds) != 0) {
    return 0;
  }
  const rlim_t before = bounds.rlim_cur;
  bounds.rlim_cur = bounds.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &bounds) == 0 ? bounds.rlim_max : before;
}

}  // namespace jackdaw::tools
