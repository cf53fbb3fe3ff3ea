// Headers that point into their operation.
#include <jackdaw/io/message_operation.hpp>

#include <cstring>

namespace jackdaw::io {
namespace {

request message_request(opcode code, file_descriptor& descriptor) noexcept {
  request wanted;
  wanted.code = code;
  wanted.descriptor = descriptor.get();
  wanted.owner = &descriptor;
  return wanted;
}

}  // namespace

message_operation::message_operation(opcode code, file_descriptor& descriptor,
                                     std::span<std::byte> memory) noexcept
    : operation(message_request(code, descriptor)) {
  piece_.iov_base = memory.data();
  piece_.iov_len = memory.size();
  header_.msg_iovlen = 1;
  point_at_members();
}

message_operation::message_operation(message_operation&& other) noexcept
    : operation(static_cast<operation&&>(other)),
      name_(other.name_),
      piece_(other.piece_),
      header_(other.header_) {
  point_at_members();
}

void message_operation::point_at_members() noexcept {
  header_.msg_iov = &piece_;
  header_.msg_name = header_.msg_namelen > 0 ? &name_ : nullptr;
  request_.memory = &header_;
}

void message_operation::set_name(const void* name, std::size_t length) noexcept {
  if (name != nullptr) {
    std::memcpy(&name_, name, length);
  }
  header_.msg_namelen = static_cast<socklen_t>(length);
  point_at_members();
}

void message_operation::set_control(void* memory, std::size_t length) noexcept {
  header_.msg_control = memory;
  header_.msg_controllen = length;
}

}  // namespace jackdaw::io
