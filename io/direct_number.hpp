// The numbers of direct descriptors (direct_ring.hpp), for those who only have to tell them from others.
#pragma once

#include <cerrno>

namespace jackdaw::io {

class io_driver;

inline constexpr int direct_first = 1 << 30;
inline constexpr unsigned direct_slot_bits = 20;
inline constexpr unsigned direct_names_max = 1U << 10;

/// Whether the number names a slot of a ring: no system call takes it.
[[nodiscard]] constexpr bool is_direct(int number) noexcept { return number >= direct_first; }

[[nodiscard]] constexpr int direct_number(unsigned name, int slot) noexcept {
  return direct_first | static_cast<int>(name << direct_slot_bits) | slot;
}
[[nodiscard]] constexpr int direct_slot(int number) noexcept {
  return number & ((1 << direct_slot_bits) - 1);
}
[[nodiscard]] constexpr unsigned direct_name(int number) noexcept {
  return static_cast<unsigned>(number - direct_first) >> direct_slot_bits;
}

/// The driver that has to be asked for operations on it; null if it ended. Threads: the runtime's workers.
[[nodiscard]] io_driver* direct_owner(int number) noexcept;

/// Closes it, now or when its driver comes to it. Nothing if that ended. Threads: any.
void close_direct(int number) noexcept;

/// What system calls take: the descriptor itself, or for a direct one a plain one to the same socket, which
/// lives as long as this.
///
/// Errors        error_number(), for a direct descriptor: EBADF if its runtime ended; EXDEV on a worker that is not
///               its own; EMFILE if there is none to be had; EINVAL before Linux 6.8.
/// Cost          A system call more for direct descriptors.
class plain_descriptor {
 public:
  explicit plain_descriptor(int number) noexcept;
  plain_descriptor(const plain_descriptor&) = delete;
  plain_descriptor& operator=(const plain_descriptor&) = delete;
  ~plain_descriptor();

  [[nodiscard]] int get() const noexcept { return number_; }
  /// 0: get() may be used.
  [[nodiscard]] int error_number() const noexcept { return error_number_; }

 private:
  int number_;
  bool ours_ = false;
  int error_number_ = 0;
};

/// `call(plain descriptor)`, a system call: what it returns, or -1 and errno.
template <class F>
int with_plain_descriptor(int number, F&& call) noexcept {
  const plain_descriptor plain(number);
  if (plain.error_number() != 0) {
    errno = plain.error_number();
    return -1;
  }
  return call(plain.get());
}

}  // namespace jackdaw::io
