// The errno table, and messages.
#include <jackdaw/io/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <iterator>

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

struct entry {
  int number;
  meaning means;
};

constexpr entry meanings[] = {
    {ECONNRESET, meaning::peer_gone},
    {EPIPE, meaning::peer_gone},
    {ENOTCONN, meaning::peer_gone},
    {ECONNABORTED, meaning::peer_gone},
    {ETIMEDOUT, meaning::peer_gone},
    {ESHUTDOWN, meaning::peer_gone},
    {ENETRESET, meaning::peer_gone},
    {ECONNREFUSED, meaning::refused},
    {EHOSTUNREACH, meaning::refused},
    {ENETUNREACH, meaning::refused},
    {EHOSTDOWN, meaning::refused},
    {ENETDOWN, meaning::refused},
    {EADDRNOTAVAIL, meaning::refused},
    {EADDRINUSE, meaning::refused},
    {EAGAIN, meaning::retry},
    {EINTR, meaning::retry},
    {EPROTO, meaning::retry},
    {EMFILE, meaning::out_of_limits},
    {ENFILE, meaning::out_of_limits},
    {ENOBUFS, meaning::out_of_limits},
    {ENOMEM, meaning::out_of_limits},
    {EMLINK, meaning::out_of_limits},
    {ENOLCK, meaning::out_of_limits},
    {EUSERS, meaning::out_of_limits},
    {ETOOMANYREFS, meaning::out_of_limits},
    {EPERM, meaning::not_permitted},
    {EACCES, meaning::not_permitted},
    {ENOSYS, meaning::not_permitted},
    {EROFS, meaning::not_permitted},
    {EBADF, meaning::bad_argument},
    {EINVAL, meaning::bad_argument},
    {EFAULT, meaning::bad_argument},
    {ENOTSOCK, meaning::bad_argument},
    {EISCONN, meaning::bad_argument},
    {EDESTADDRREQ, meaning::bad_argument},
    {EALREADY, meaning::bad_argument},
    {EINPROGRESS, meaning::bad_argument},
    {ESPIPE, meaning::bad_argument},
    {EDOM, meaning::bad_argument},
    {EILSEQ, meaning::bad_argument},
    {ENOTTY, meaning::bad_argument},
    {ENOENT, meaning::not_found},
    {ENXIO, meaning::not_found},
    {ENODEV, meaning::not_found},
    {ESRCH, meaning::not_found},
    {ESTALE, meaning::not_found},
    {ENODATA, meaning::not_found},
    {EEXIST, meaning::exists},
    {ENOTEMPTY, meaning::exists},
    {EISDIR, meaning::wrong_kind},
    {ENOTDIR, meaning::wrong_kind},
    {ELOOP, meaning::wrong_kind},
    {ENOTBLK, meaning::wrong_kind},
    {ENOSPC, meaning::no_space},
    {EDQUOT, meaning::no_space},
    {EFBIG, meaning::too_large},
    {EMSGSIZE, meaning::too_large},
    {ENAMETOOLONG, meaning::too_large},
    {E2BIG, meaning::too_large},
    {EOVERFLOW, meaning::too_large},
    {ERANGE, meaning::too_large},
    {EBUSY, meaning::busy},
    {ETXTBSY, meaning::busy},
    {EDEADLK, meaning::busy},
    {EOPNOTSUPP, meaning::unsupported},
    {EXDEV, meaning::unsupported},
    {EAFNOSUPPORT, meaning::unsupported},
    {EPROTONOSUPPORT, meaning::unsupported},
    {EPROTOTYPE, meaning::unsupported},
    {ENOPROTOOPT, meaning::unsupported},
    {ESOCKTNOSUPPORT, meaning::unsupported},
    {EPFNOSUPPORT, meaning::unsupported},
    {EIO, meaning::device_failed},
    {EREMOTEIO, meaning::device_failed},
    {ECANCELED, meaning::cancelled},
};

}  // namespace

error::error(int number, std::string_view call, std::string_view subject)
    : std::system_error(number, std::generic_category(), context(call, subject)) {}

meaning meaning_of(int error_number) noexcept {
  const auto* const found =
      std::find_if(std::begin(meanings), std::end(meanings),
                   [error_number](const entry& each) { return each.number == error_number; });
  return found == std::end(meanings) ? meaning::other : found->means;
}

std::string_view to_string(meaning found) noexcept {
  constexpr std::array<std::string_view, 16> names = {
      "peer_gone",     "refused",       "retry",     "out_of_limits",
      "not_permitted", "bad_argument",  "not_found", "exists",
      "wrong_kind",    "no_space",      "too_large", "busy",
      "unsupported",   "device_failed", "cancelled", "other"};
  const auto index = static_cast<std::size_t>(found);
  return names[std::min(index, names.size() - 1)];
}

}  // namespace jackdaw::io
