// SCM_RIGHTS.
#include <jackdaw/io/passed_descriptors.hpp>

#include <algorithm>
#include <cstring>

namespace jackdaw::io {

control_memory control_to_pass(std::span<const int> descriptors) {
  control_memory control;
  if (descriptors.empty()) {
    return control;
  }
  descriptors = descriptors.first(std::min(descriptors.size(), passed_descriptors_max + 1));
  control.length = CMSG_SPACE(descriptors.size_bytes());
  control.memory = std::make_unique<std::byte[]>(control.length);
  auto* const header = reinterpret_cast<cmsghdr*>(control.memory.get());
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  return control;
}

control_memory control_to_receive(std::size_t count) {
  control_memory control;
  count = std::min(count, passed_descriptors_max);
  if (count > 0) {
    // Not CMSG_SPACE: its padding has room for one more than was asked for.
    control.length = CMSG_LEN(count * sizeof(int));
    control.memory = std::make_unique<std::byte[]>(control.length);
  }
  return control;
}

void take_passed(msghdr& received, std::vector<file_descriptor>& into) noexcept {
  for (cmsghdr* each = CMSG_FIRSTHDR(&received); each != nullptr;
       each = CMSG_NXTHDR(&received, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(each) + index * sizeof(int), sizeof(int));
      into.emplace_back(number);
    }
  }
}

}  // namespace jackdaw::io
