// Room for connections: the soft limit on descriptors is raised to the hard one.
#pragma once

#include <cstddef>

namespace jackdaw::tools {

/// Never fails: what cannot be raised stays as it is. Returns how many descriptors there may be.
std::size_t raise_descriptor_limit() noexcept;

}  // namespace jackdaw::tools
