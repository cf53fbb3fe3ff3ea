// One message in one piece: recvmsg(2) and sendmsg(2) with header, address and memory in the operation.
//
// The kernel reads and writes the header, which points into the operation itself: so a move, which is
// possible while the operation is idle only, points it at its new place.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/io/operation.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <span>

namespace jackdaw::io {

class [[nodiscard]] message_operation : public operation {
 public:
  message_operation(message_operation&& other) noexcept;
  message_operation& operator=(message_operation&&) = delete;

 protected:
  message_operation(opcode code, file_descriptor& descriptor, std::span<std::byte> memory) noexcept;
  ~message_operation() = default;

  /// Whom it is sent to, or memory for who sent it. Null is nobody; it moves with the operation.
  void set_name(const void* name, std::size_t length) noexcept;
  [[nodiscard]] const sockaddr_storage& name() const noexcept { return name_; }
  [[nodiscard]] const msghdr& header() const noexcept { return header_; }
  [[nodiscard]] msghdr& header() noexcept { return header_; }
  /// Memory for what travels beside the bytes. It is the derived class's to move.
  void set_control(void* memory, std::size_t length) noexcept;

 private:
  void point_at_members() noexcept;

  sockaddr_storage name_{};
  iovec piece_{};
  msghdr header_{};
};

}  // namespace jackdaw::io
