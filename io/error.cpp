// The errno table, and messages.
#include <jackdaw/io/error.hpp>

#include <cerrno>

namespace jackdaw::io {
namespace {

std::string context(std::string_view call, std::string_view subject) {
  std::string text(call);
  if (!subject.empty()) {
    text += ' ';
    text += subject;
  }
  return text;
}

}  // namespace

error::error(int number, std::string_view call, std::string_view subject)
    : std::system_error(number, std::generic_category(), context(call, subject)) {}

meaning meaning_of(int error_number) noexcept {
  switch (error_number) {
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case ECONNABORTED:
    case ETIMEDOUT:
    case ESHUTDOWN:
      return meaning::peer_gone;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return meaning::refused;
    case EAGAIN:
    case EINTR:
    case EPROTO:
      return meaning::retry;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return meaning::out_of_limits;
    case EPERM:
    case EACCES:
    case ENOSYS:
      return meaning::not_permitted;
    case EBADF:
    case EINVAL:
    case EFAULT:
    case ENOTSOCK:
    case EISCONN:
      return meaning::bad_argument;
    default:
      return meaning::other;
  }
}

}  // namespace jackdaw::io
