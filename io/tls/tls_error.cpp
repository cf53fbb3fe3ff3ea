// Kinds to numbers.
#include <jackdaw/io/tls/tls_error.hpp>

#include <cerrno>

namespace jackdaw::io {

tls_error::tls_error(const tls_problem& problem)
    : error(problem.number, "TLS", problem.text), kind_(problem.kind), text_(problem.text) {}

int error_number_of(tls_failure kind) noexcept {
  switch (kind) {
    case tls_failure::configuration:
      return EINVAL;
    case tls_failure::certificate:
      return EKEYREJECTED;
    case tls_failure::handshake:
    case tls_failure::protocol:
      return EBADMSG;
    case tls_failure::truncated:
      return ECONNABORTED;
    case tls_failure::finished:
      return EPIPE;
    case tls_failure::none:
    case tls_failure::lower:
      break;
  }
  return 0;
}

}  // namespace jackdaw::io
