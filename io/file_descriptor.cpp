// Closing, and the table of generations.
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/base/assert.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

namespace jackdaw::io {
namespace {

// Address space only: the kernel backs a page when a descriptor in its range is taken over.
constexpr std::size_t generations_max = std::size_t{1} << 20;

std::atomic<std::uint32_t>* generation_table() noexcept {
  static auto* const table = [] {
    void* const memory =
        mmap(nullptr, generations_max * sizeof(std::uint32_t), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<std::atomic<std::uint32_t>*>(memory);
  }();
  return table;
}

}  // namespace

std::uint32_t descriptor_generation(int descriptor) noexcept {
  auto* const table = generation_table();
  if (table == nullptr || descriptor < 0 ||
      static_cast<std::size_t>(descriptor) >= generations_max) {
    return 0;
  }
  return table[descriptor].load(std::memory_order_acquire);  // Y1: pairs with Y2.
}

file_descriptor::file_descriptor(int descriptor) noexcept : number_(descriptor) {
  auto* const table = generation_table();
  if (table != nullptr && descriptor >= 0 &&
      static_cast<std::size_t>(descriptor) < generations_max) {
    // Y2: release; whoever waits for the descriptor has it from here.
    table[descriptor].fetch_add(1, std::memory_order_release);
  }
}

int file_descriptor::release() noexcept {
  JACKDAW_ASSERT(pending_.load(std::memory_order_acquire) == 0);  // Z3: pairs with Z2.
  return std::exchange(number_, -1);
}

void file_descriptor::close() noexcept {
  if (number_ < 0) {
    return;
  }
  if (is_direct(number_)) {
    close_direct(release());
    return;
  }
  ::close(release());
}

}  // namespace jackdaw::io
